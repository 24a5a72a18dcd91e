package api

import (
	"bytes"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// spa serves the built page. A hashed asset is immutable and absent means 404;
// every other path that a browser opens is index.html, never cached.
func (s *Server) spa(c *fiber.Ctx) error {
	if c.Method() != http.MethodGet && c.Method() != http.MethodHead || strings.HasPrefix(c.Path(), "/api/") {
		return fiber.ErrNotFound
	}
	name := strings.TrimPrefix(path.Clean(c.Path()), "/")
	if name == "" || name == "index.html" {
		return s.index(c)
	}
	if enc, body := s.asset(c, name); body != nil {
		if strings.HasPrefix(name, "assets/") {
			c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		} else {
			c.Set(fiber.HeaderCacheControl, "no-cache")
		}
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if enc != "" {
			c.Set(fiber.HeaderContentEncoding, enc)
		}
		if t := mime.TypeByExtension(path.Ext(name)); t != "" {
			c.Set(fiber.HeaderContentType, t)
		}
		return c.Send(body)
	}
	if strings.HasPrefix(name, "assets/") || path.Ext(name) != "" {
		return fiber.ErrNotFound
	}
	return s.index(c)
}

// asset returns a file, compressed at build time where the browser takes it.
func (s *Server) asset(c *fiber.Ctx, name string) (encoding string, body []byte) {
	accepts := c.Get(fiber.HeaderAcceptEncoding)
	for _, v := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if strings.Contains(accepts, v.encoding) {
			if b, err := fs.ReadFile(s.Dist, name+v.suffix); err == nil {
				return v.encoding, b
			}
		}
	}
	b, err := fs.ReadFile(s.Dist, name)
	if err != nil {
		return "", nil
	}
	return "", b
}

func (s *Server) index(c *fiber.Ctx) error {
	b, err := fs.ReadFile(s.Dist, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return fiber.ErrNotFound
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.SendStream(bytes.NewReader(b), len(b))
}
