package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/media"
)

type mediumBody struct {
	ID             string            `json:"id"`
	Filename       string            `json:"filename"`
	Size           int64             `json:"size" doc:"Bytes"`
	State          media.State       `json:"state" enum:"uploading,uploaded,probing,transcoding,ready,rejected,cancelled"`
	Progress       int               `json:"progress" doc:"0-100 of the transcoding"`
	Reason         string            `json:"reason" doc:"Why it was rejected, a problem reason; empty otherwise"`
	ReasonMessages map[string]string `json:"reason_messages,omitempty" doc:"The reason as a sentence, by language tag"`
	PartSize       int64             `json:"part_size" doc:"Bytes of every part but the last"`
	PartCount      int               `json:"part_count"`
	PartsDone      []int             `json:"parts_done" doc:"Numbers (from 1) of the parts that are stored, while uploading"`
	Version        int               `json:"version" doc:"Counts the publications; 0 before the first"`
	DurationMs     int64             `json:"duration_ms"`
	Width          int               `json:"width"`
	Height         int               `json:"height"`
	PosterURL      string            `json:"poster_url" doc:"Empty if there is none"`
	MasterURL      string            `json:"master_url" doc:"Empty before it is ready"`
	Renditions     []renditionBody   `json:"renditions"`
	CreatedByID    string            `json:"created_by_id"`
	CreatedByName  string            `json:"created_by_name"`
	CreatedAt      time.Time         `json:"created_at"`
	ExpiresAt      *time.Time        `json:"expires_at,omitempty" doc:"When an unfinished upload is given up"`
	FinishedAt     *time.Time        `json:"finished_at,omitempty"`
}

type renditionBody struct {
	Name   string `json:"name"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
}

func (s *Server) mediumOf(m media.Medium, partsDone []int, rs []media.Rendition) mediumBody {
	b := mediumBody{
		ID: m.ID, Filename: m.Filename, Size: m.Size, State: m.State, Progress: m.Progress, Reason: m.Reason,
		PartSize: m.PartSize, PartCount: m.PartCount, PartsDone: partsDone, Version: m.Version,
		DurationMs: m.DurationMS, Width: m.Width, Height: m.Height, CreatedByID: m.OwnerID, CreatedByName: m.OwnerName,
		CreatedAt: m.CreatedAt.UTC(), FinishedAt: utc(m.FinishedAt), Renditions: make([]renditionBody, len(rs)),
	}
	for i, r := range rs {
		b.Renditions[i] = renditionBody{r.Name, r.Width, r.Height, r.Size}
	}
	if b.PartsDone == nil {
		b.PartsDone = []int{}
	}
	if m.Reason != "" {
		b.ReasonMessages = s.Texts.sentences(m.Reason, m.ReasonParams)
	}
	if m.State == media.Uploading {
		b.ExpiresAt = utc(&m.ExpiresAt)
	}
	if m.State == media.Ready {
		b.MasterURL = apiPrefix + "/media/" + m.ID + "/hls/master.m3u8"
		if m.HasPoster {
			b.PosterURL = apiPrefix + "/media/" + m.ID + "/poster"
		}
	}
	return b
}

type mediumOutput struct{ Body mediumBody }

func (s *Server) mediumOutput(ctx context.Context, up *app.Upload, err error) (*mediumOutput, error) {
	if err != nil {
		return nil, err
	}
	rs, err := s.Media.Renditions(ctx, up.Medium)
	if err != nil {
		return nil, err
	}
	return &mediumOutput{s.mediumOf(up.Medium, up.PartsDone, rs)}, nil
}

type createMediumInput struct {
	Body struct {
		Filename string `json:"filename" maxLength:"1000"`
		Size     int64  `json:"size" doc:"Bytes"`
	}
}

// createMedium handles POST /api/v1/media.
func (s *Server) createMedium(ctx context.Context, who app.Actor, in *createMediumInput) (*mediumOutput, error) {
	up, err := s.Media.Create(ctx, who, in.Body.Filename, in.Body.Size)
	return s.mediumOutput(ctx, up, err)
}

// putPart handles PUT /api/v1/media/{id}/parts/{n}: the raw bytes of one part.
// At most one part is in memory for it.
func (s *Server) putPart(c *fiber.Ctx, who app.Actor) error {
	id, err := app.ParseID(c.Params("id"), "media.not_found")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Params("n"))
	if err != nil {
		return domain.E(domain.Invalid, "media.no_such_part", "part", c.Params("n"), "count", "?")
	}
	// The request's own buffer, neither copied nor decoded: it holds until we return.
	if err := s.Media.PutPart(c.UserContext(), who, id, n, c.Get("X-Content-SHA256"), c.Request().Body()); err != nil {
		return err
	}
	return c.JSON(partBody{n})
}

type partBody struct {
	N int `json:"n"`
}

// completeMedium handles POST /api/v1/media/{id}/complete.
func (s *Server) completeMedium(ctx context.Context, who app.Actor, in *idInput) (*mediumOutput, error) {
	return s.mediumVerb(ctx, who, in, s.Media.Complete)
}

// cancelMedium handles POST /api/v1/media/{id}/cancel.
func (s *Server) cancelMedium(ctx context.Context, who app.Actor, in *idInput) (*mediumOutput, error) {
	return s.mediumVerb(ctx, who, in, s.Media.Cancel)
}

// retryMedium handles POST /api/v1/media/{id}/retry.
func (s *Server) retryMedium(ctx context.Context, who app.Actor, in *idInput) (*mediumOutput, error) {
	return s.mediumVerb(ctx, who, in, s.Media.Retry)
}

func (s *Server) mediumVerb(ctx context.Context, who app.Actor, in *idInput, do func(context.Context, app.Actor, string) (*app.Upload, error)) (*mediumOutput, error) {
	id, err := app.ParseID(in.ID, "media.not_found")
	if err != nil {
		return nil, err
	}
	up, err := do(ctx, who, id)
	return s.mediumOutput(ctx, up, err)
}

// getMedium handles GET /api/v1/media/{id}.
func (s *Server) getMedium(ctx context.Context, who app.Actor, in *idInput) (*mediumOutput, error) {
	return s.mediumVerb(ctx, who, in, func(ctx context.Context, _ app.Actor, id string) (*app.Upload, error) { return s.Media.Medium(ctx, id) })
}

type listMediaInput struct {
	PageQuery
	Query string `query:"q" maxLength:"100" doc:"Part of the file name"`
	State string `query:"state" maxLength:"100" doc:"One state or several, separated by commas"`
	Mine  bool   `query:"mine" doc:"Only what the actor uploaded"`
}

type mediaOutput struct {
	Body struct {
		Items         []mediumBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listMedia handles GET /api/v1/media.
func (s *Server) listMedia(ctx context.Context, who app.Actor, in *listMediaInput) (*mediaOutput, error) {
	f := media.Filter{Paging: in.paging(), Query: in.Query}
	if in.Mine {
		f.OwnerID = who.PersonID
	}
	for _, st := range strings.Split(in.State, ",") {
		if st = strings.TrimSpace(st); st == "" {
			continue
		}
		if !slices.Contains(media.States, media.State(st)) {
			return nil, domain.E(domain.Invalid, "input.invalid").At("query.state", "input.one_of", "arg", "uploading, uploaded, probing, transcoding, ready, rejected, cancelled")
		}
		f.States = append(f.States, media.State(st))
	}
	page, err := s.Media.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &mediaOutput{}
	out.Body.NextPageToken = page.NextPageToken
	out.Body.Items = bodies(page.Items, func(m media.Medium) mediumBody { return s.mediumOf(m, nil, nil) })
	return out, nil
}

// posterMedium handles GET /api/v1/media/{id}/poster.
func (s *Server) posterMedium(c *fiber.Ctx, who app.Actor) error {
	p, err := playing(c)
	if err != nil {
		return err
	}
	key, track, err := s.Streams.Poster(c.UserContext(), who, p)
	if err != nil {
		return err
	}
	return s.picture(c, key, track.RunID, "media.no_poster")
}

// picture sends a small JPEG that browsers may keep for a while and then ask
// about again. missing is the reason when the store has lost it; that answer
// is not to be kept.
func (s *Server) picture(c *fiber.Ctx, key, tag, missing string) error {
	etag := `"` + tag + `"`
	keep := func() {
		c.Set(fiber.HeaderCacheControl, "private, max-age=300")
		c.Set(fiber.HeaderETag, etag)
	}
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		keep()
		return c.SendStatus(http.StatusNotModified)
	}
	body, err := s.Streams.Open(key, 0, -1)
	if errors.Is(err, media.ErrNoObject) {
		slog.ErrorContext(c.UserContext(), "the store lost a picture", "key", key, "request_id", infoOf(c.UserContext()).id)
		return domain.E(domain.NotFound, missing)
	}
	if err != nil {
		return err
	}
	keep()
	c.Set(fiber.HeaderContentType, "image/jpeg")
	return c.SendStream(body)
}

// matches reads If-None-Match.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
