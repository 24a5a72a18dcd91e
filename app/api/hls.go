package api

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/media"
)

// hlsType is the media type of playlists.
const hlsType = "application/vnd.apple.mpegurl"

// playing reads what is played from the path: /lessons/{id}/… or /media/{id}/….
func playing(c *fiber.Ctx) (app.Playing, error) {
	if strings.HasPrefix(c.Path(), apiPrefix+"/lessons/") {
		id, err := app.ParseID(c.Params("id"), "course.lesson_not_found")
		return app.Playing{LessonID: id}, err
	}
	id, err := app.ParseID(c.Params("id"), "media.not_found")
	return app.Playing{MediumID: id}, err
}

// hlsMaster handles GET …/hls/master.m3u8.
func (s *Server) hlsMaster(c *fiber.Ctx, who app.Actor) error {
	p, err := playing(c)
	if err != nil {
		return err
	}
	text, t, err := s.Streams.Master(c.UserContext(), who, p)
	if err != nil {
		return err
	}
	return playlist(c, text, t.RunID+"-master")
}

// hlsVariant handles GET …/hls/{rendition}.m3u8.
func (s *Server) hlsVariant(c *fiber.Ctx, who app.Actor) error {
	p, err := playing(c)
	if err != nil {
		return err
	}
	text, t, err := s.Streams.Variant(c.UserContext(), who, p, c.Params("rendition"), c.Query("v"))
	if err != nil {
		return err
	}
	return playlist(c, text, t.RunID+"-"+c.Params("rendition"))
}

// playlist sends a playlist: browsers ask again each time, and mostly hear that
// nothing changed.
func playlist(c *fiber.Ctx, text, tag string) error {
	etag := `"` + tag + `"`
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderETag, etag)
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, hlsType)
	return c.SendString(text)
}

// hlsBytes handles GET …/hls/{rendition}.m4s: bounded ranges, straight from a
// copy on this machine or from the object store to the socket.
func (s *Server) hlsBytes(c *fiber.Ctx, who app.Actor) error {
	p, err := playing(c)
	if err != nil {
		return err
	}
	key, size, t, err := s.Streams.Bytes(c.UserContext(), who, p, c.Params("rendition"), c.Query("v"))
	if err != nil {
		return err
	}
	etag := `"` + t.RunID + "-" + c.Params("rendition") + `"`
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if c.Query("v") != "" { // the run is part of the address: these bytes never change
		c.Set(fiber.HeaderCacheControl, "private, max-age=86400, immutable")
	}
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		return c.SendStatus(http.StatusNotModified)
	}
	header := c.Get(fiber.HeaderRange)
	if cond := c.Get(fiber.HeaderIfRange); cond != "" && cond != etag {
		header = ""
	}
	from, to, part, err := media.Range(header, size)
	if err != nil {
		c.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(size, 10))
		c.Set(fiber.HeaderCacheControl, "no-store")
		c.Response().Header.Del(fiber.HeaderETag)
		return s.unsatisfiable(c, err)
	}
	body, err := s.Streams.OpenRendition(key, size, from, to)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "video/mp4")
	if part {
		c.Status(http.StatusPartialContent)
		c.Set(fiber.HeaderContentRange, "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to, 10)+"/"+strconv.FormatInt(size, 10))
	}
	return sendBody(c, body, to-from+1)
}

// unsatisfiable is the problem of a range outside the file: 416, which the
// codes of domain do not have.
func (s *Server) unsatisfiable(c *fiber.Ctx, err error) error {
	p := s.problem(c.UserContext(), err)
	p.Status, p.Title = http.StatusRequestedRangeNotSatisfiable, http.StatusText(http.StatusRequestedRangeNotSatisfiable)
	if err := c.Status(p.Status).JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return nil
}

// sendBody streams exactly n bytes; fasthttp closes the body, also when the
// client has gone. A body that is an *os.File goes by sendfile, as long as it
// is handed on as it is: wrapped, it would pass through our memory.
func sendBody(c *fiber.Ctx, body io.ReadCloser, n int64) error {
	if n > 1<<31 {
		_ = body.Close()
		return domain.E(domain.TooLarge, "media.no_range") // players ask for ranges
	}
	return c.SendStream(body, int(n))
}
