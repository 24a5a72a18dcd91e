package api

import (
	"bytes"
	"errors"
	"maps"
	"net/url"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"zhixing/domain"
)

// No column of text keeps the character NUL or bytes that are not UTF-8, and no
// honest client sends them: such a request is refused before it is understood,
// instead of failing somewhere in the middle.

// refuseNoText looks at the path and the query.
func (s *Server) refuseNoText(c *fiber.Ctx) error {
	uri := c.Request().RequestURI()
	if bytes.IndexByte(uri, '%') < 0 {
		if utf8.Valid(uri) {
			return c.Next()
		}
		return domain.E(domain.Invalid, "input.no_text")
	}
	path, query, _ := bytes.Cut(uri, []byte{'?'})
	for part, unescape := range map[string]func(string) (string, error){string(path): url.PathUnescape, string(query): url.QueryUnescape} {
		text, err := unescape(part)
		if err == nil && (!utf8.ValidString(text) || bytes.IndexByte([]byte(text), 0) >= 0) {
			return domain.E(domain.Invalid, "input.no_text")
		}
	}
	return c.Next()
}

var errNoText = errors.New("a string holds what is no text")

// textFormats are huma's, with JSON that refuses strings no column keeps.
func textFormats(formats map[string]huma.Format) map[string]huma.Format {
	out := maps.Clone(formats)
	for name, f := range out {
		unmarshal := f.Unmarshal
		f.Unmarshal = func(data []byte, v any) error {
			if holdsNUL(data) || !utf8.Valid(data) {
				return errNoText
			}
			return unmarshal(data, v)
		}
		out[name] = f
	}
	return out
}

// holdsNUL reports whether JSON holds the escape of NUL: a backslash that is not
// itself escaped, and u0000.
func holdsNUL(data []byte) bool {
	escape := []byte(`\u0000`)
	for at := 0; ; {
		i := bytes.Index(data[at:], escape)
		if i < 0 {
			return false
		}
		at += i
		before := 0
		for at-1-before >= 0 && data[at-1-before] == '\\' {
			before++
		}
		if before%2 == 0 {
			return true
		}
		at += len(escape)
	}
}
