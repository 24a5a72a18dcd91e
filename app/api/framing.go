package api

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"zhixing/domain"
)

// refuseAmbiguous answers a request that another program between the browser
// and us could read in another way than fasthttp did: with a refusal, after
// which the connection is closed, so that what follows on it is never taken for
// a request. fasthttp has read the body by its own reading, so nothing of it is left.
func (s *Server) refuseAmbiguous(c *fiber.Ctx) error {
	status := ambiguous(&c.Request().Header)
	if status == 0 {
		return c.Next()
	}
	c.Context().SetConnectionClose()
	if status == http.StatusHTTPVersionNotSupported {
		return s.answer(c, s.body(c.UserContext(), status, domain.E(domain.Invalid, "input.http_version")))
	}
	return s.answer(c, s.body(c.UserContext(), status, domain.E(domain.Invalid, "input.malformed")))
}

// ambiguous is the status of a refusal, 0 when there is one way to read the head.
func ambiguous(h *fasthttp.RequestHeader) int {
	proto := string(h.Protocol())
	if proto != "HTTP/1.1" && proto != "HTTP/1.0" {
		return http.StatusHTTPVersionNotSupported
	}
	length, coding, host, ok := framingOf(h.RawHeaders())
	switch {
	case !ok, length && coding, coding && proto == "HTTP/1.0", !host && proto == "HTTP/1.1":
		return http.StatusBadRequest
	case host && !plainHost(h.Host()), !targetsHost(h.RequestURI(), h.Host()):
		return http.StatusBadRequest
	}
	return 0
}

// framingOf reads the header lines as they came: whether there is a length, a
// coding and a host, and whether every line is whole, has a plain name and, of a
// coding, the one value we know.
func framingOf(raw []byte) (length, coding, host, ok bool) {
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || raw[end-1] != '\r' {
			return false, false, false, false
		}
		line := raw[:end-1]
		raw = raw[end+1:]
		if len(line) == 0 {
			break
		}
		name, value, found := bytes.Cut(line, []byte{':'})
		if !found || !token(name) || bytes.IndexByte(line, '\r') >= 0 {
			return false, false, false, false
		}
		switch {
		case len(name) == len(fiber.HeaderContentLength) && bytes.EqualFold(name, []byte(fiber.HeaderContentLength)):
			length = true
		case len(name) == len(fiber.HeaderTransferEncoding) && bytes.EqualFold(name, []byte(fiber.HeaderTransferEncoding)):
			if coding || !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return false, false, false, false
			}
			coding = true
		case len(name) == len(fiber.HeaderHost) && bytes.EqualFold(name, []byte(fiber.HeaderHost)):
			host = true
		}
	}
	return length, coding, host, true
}

// token is a field name: a continued line begins with a space and is none.
func token(name []byte) bool {
	for _, b := range name {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0:
		default:
			return false
		}
	}
	return len(name) > 0
}

// plainHost is a name or an address with a port or without.
func plainHost(host []byte) bool {
	for _, b := range host {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		case strings.IndexByte(".-_:[]", b) >= 0:
		default:
			return false
		}
	}
	return len(host) > 0
}

// targetsHost refuses a target that names another host than the Host line, and
// one without a path.
func targetsHost(target, host []byte) bool {
	if len(target) > 0 && target[0] == '/' {
		return true
	}
	if len(target) == 1 && target[0] == '*' {
		return true
	}
	scheme, rest, found := bytes.Cut(target, []byte("://"))
	if !found || !bytes.EqualFold(scheme, []byte("http")) && !bytes.EqualFold(scheme, []byte("https")) {
		return false
	}
	if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return bytes.EqualFold(rest, host)
}
