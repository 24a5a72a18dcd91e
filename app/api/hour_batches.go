package api

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/url"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/hours"

	"github.com/gofiber/fiber/v2"
)

type hourBatchPersonBody struct {
	PersonID    string `json:"person_id"`
	Name        string `json:"name"`
	Number      string `json:"number"`
	UnitName    string `json:"unit_name"`
	AmountCenti int    `json:"amount_centi"`
	EventID     string `json:"event_id" doc:"The entry of the ledger; empty until approved"`
}

type hourBatchFileBody struct {
	Name   string `json:"name"`
	Type   string `json:"type" enum:"application/pdf,image/jpeg,image/png"`
	Size   int64  `json:"size"`
	Digest string `json:"digest" doc:"SHA-256"`
	URL    string `json:"url"`
}

// hourBatchBody is hours of an offline training, filed on a document.
type hourBatchBody struct {
	ID            string                `json:"id"`
	Title         string                `json:"title"`
	DocumentNo    string                `json:"document_no"`
	DocumentOn    string                `json:"document_on" format:"date"`
	Organiser     string                `json:"organiser"`
	Source        hours.Source          `json:"source" enum:"offline_training,external_platform,live_class,teaching,paper,activity,manual"`
	StartsOn      string                `json:"starts_on" format:"date"`
	EndsOn        string                `json:"ends_on" format:"date"`
	Required      bool                  `json:"required"`
	Note          string                `json:"note"`
	State         hours.BatchState      `json:"state" enum:"draft,filed,approved,rejected,withdrawn,reversed"`
	PersonCount   int                   `json:"person_count"`
	TotalCenti    int                   `json:"total_centi"`
	File          *hourBatchFileBody    `json:"file,omitempty"`
	FiledBy       string                `json:"filed_by"`
	FiledByName   string                `json:"filed_by_name"`
	CreatedAt     time.Time             `json:"created_at"`
	FiledAt       *time.Time            `json:"filed_at,omitempty"`
	DecidedBy     string                `json:"decided_by"`
	DecidedByName string                `json:"decided_by_name"`
	DecidedAt     *time.Time            `json:"decided_at,omitempty"`
	Reason        string                `json:"reason" doc:"Of rejecting, withdrawing or reversing"`
	EndedByName   string                `json:"ended_by_name" doc:"Who withdrew or reversed it"`
	EndedAt       *time.Time            `json:"ended_at,omitempty"`
	Version       int                   `json:"version"`
	People        []hourBatchPersonBody `json:"people,omitempty" doc:"Absent in lists"`
}

func batchOf(b hours.Batch) hourBatchBody {
	out := hourBatchBody{
		ID: b.ID, Title: b.Title, DocumentNo: b.DocumentNo, DocumentOn: b.DocumentOn.String(), Organiser: b.Organiser, Source: b.Source,
		StartsOn: b.StartsOn.String(), EndsOn: b.EndsOn.String(), Required: b.Required, Note: b.Note, State: b.State,
		PersonCount: b.PersonCount, TotalCenti: b.TotalCenti, FiledBy: b.FiledBy, FiledByName: b.FiledByName, CreatedAt: b.CreatedAt.UTC(), FiledAt: utc(b.FiledAt),
		DecidedBy: b.DecidedBy, DecidedByName: b.DecidedByName, DecidedAt: utc(b.DecidedAt), Reason: b.Reason, EndedByName: b.EndedByName, EndedAt: utc(b.EndedAt),
		Version: b.Version,
	}
	if f := b.File; f != nil {
		out.File = &hourBatchFileBody{f.Name, f.Type, f.Size, f.Digest, apiPrefix + "/hour-batches/" + b.ID + "/file"}
	}
	for _, p := range b.People {
		out.People = append(out.People, hourBatchPersonBody{p.PersonID, p.Name, p.Number, p.UnitName, p.AmountCenti, p.EventID})
	}
	return out
}

type hourBatchOutput struct{ Body hourBatchBody }

func batchOut(b *hours.Batch, err error) (*hourBatchOutput, error) {
	if err != nil {
		return nil, err
	}
	return &hourBatchOutput{batchOf(*b)}, nil
}

type listBatchesInput struct {
	PageQuery
	Query string   `query:"q" maxLength:"100"`
	State []string `query:"state" maxItems:"6" enum:"draft,filed,approved,rejected,withdrawn,reversed"`
}

func (in *listBatchesInput) filter() hours.BatchFilter {
	f := hours.BatchFilter{Paging: in.paging(), Query: in.Query}
	for _, s := range in.State {
		f.States = append(f.States, hours.BatchState(s))
	}
	return f
}

type hourBatchesOutput struct {
	Body struct {
		Items         []hourBatchBody `json:"items"`
		NextPageToken string          `json:"next_page_token"`
	}
}

// listBatches handles GET /api/v1/hour-batches.
func (s *Server) listBatches(ctx context.Context, who app.Actor, in *listBatchesInput) (*hourBatchesOutput, error) {
	page, err := s.Batches.List(ctx, who, in.filter())
	if err != nil {
		return nil, err
	}
	out := &hourBatchesOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, batchOf), page.NextPageToken
	return out, nil
}

// HourBatchContentBody is what the filer writes.
type HourBatchContentBody struct {
	Title      string              `json:"title" maxLength:"1000"`
	DocumentNo string              `json:"document_no" maxLength:"500" doc:"Number of the notice"`
	DocumentOn string              `json:"document_on" maxLength:"10" doc:"Civil date, 2026-11-23"`
	Organiser  string              `json:"organiser" maxLength:"500"`
	Source     hours.Source        `json:"source" enum:"offline_training,external_platform,live_class,teaching,paper,activity,manual"`
	StartsOn   string              `json:"starts_on" maxLength:"10"`
	EndsOn     string              `json:"ends_on" maxLength:"10"`
	Required   bool                `json:"required,omitempty"`
	Note       string              `json:"note,omitempty" maxLength:"2000"`
	People     []HourBatchLineBody `json:"people" maxItems:"2000" doc:"By number; at most 500"`
}

// HourBatchLineBody is one line of a roster.
type HourBatchLineBody struct {
	Number      string `json:"number" maxLength:"64"`
	AmountCenti int    `json:"amount_centi" minimum:"-100000" maximum:"100000"`
}

func (b *HourBatchContentBody) content() (hours.BatchContent, []app.RosterLine, error) {
	c := hours.BatchContent{Title: b.Title, DocumentNo: b.DocumentNo, Organiser: b.Organiser, Source: b.Source, Required: b.Required, Note: b.Note}
	e := domain.E(domain.Invalid, "hours.batch_not_valid")
	for _, d := range []struct {
		field, text string
		to          *hours.Date
	}{{"document_on", b.DocumentOn, &c.DocumentOn}, {"starts_on", b.StartsOn, &c.StartsOn}, {"ends_on", b.EndsOn, &c.EndsOn}} {
		date, err := hours.ParseDate(d.text)
		if err != nil {
			e = e.At("body."+d.field, "hours.bad_date", "value", d.text)
		}
		*d.to = date
	}
	if len(e.Fields) > 0 {
		return c, nil, e
	}
	lines := make([]app.RosterLine, len(b.People))
	for i, p := range b.People {
		lines[i] = app.RosterLine{Number: p.Number, AmountCenti: p.AmountCenti}
	}
	return c, lines, nil
}

type createBatchInput struct{ Body HourBatchContentBody }

// createBatch handles POST /api/v1/hour-batches.
func (s *Server) createBatch(ctx context.Context, who app.Actor, in *createBatchInput) (*hourBatchOutput, error) {
	c, lines, err := in.Body.content()
	if err != nil {
		return nil, err
	}
	return batchOut(s.Batches.Create(ctx, who, c, lines))
}

// getBatch handles GET /api/v1/hour-batches/{id}.
func (s *Server) getBatch(ctx context.Context, who app.Actor, in *idInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Get(ctx, who, in.ID))
}

type updateBatchInput struct {
	PathID
	Body struct {
		HourBatchContentBody
		Version int `json:"version" minimum:"1"`
	}
}

// updateBatch handles PUT /api/v1/hour-batches/{id}.
func (s *Server) updateBatch(ctx context.Context, who app.Actor, in *updateBatchInput) (*hourBatchOutput, error) {
	c, lines, err := in.Body.content()
	if err != nil {
		return nil, err
	}
	return batchOut(s.Batches.Change(ctx, who, in.ID, in.Body.Version, c, lines))
}

type batchVersionInput struct {
	PathID
	Body struct {
		Version int `json:"version" minimum:"1" doc:"The version that was read"`
	}
}

type batchReasonInput struct {
	PathID
	Body struct {
		Version int    `json:"version" minimum:"1" doc:"The version that was read"`
		Reason  string `json:"reason" maxLength:"2000"`
	}
}

// submitBatch handles POST /api/v1/hour-batches/{id}/submit.
func (s *Server) submitBatch(ctx context.Context, who app.Actor, in *batchVersionInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Submit(ctx, who, in.ID, in.Body.Version))
}

// approveBatch handles POST /api/v1/hour-batches/{id}/approve.
func (s *Server) approveBatch(ctx context.Context, who app.Actor, in *batchVersionInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Approve(ctx, who, in.ID, in.Body.Version))
}

// withdrawBatch handles POST /api/v1/hour-batches/{id}/withdraw.
func (s *Server) withdrawBatch(ctx context.Context, who app.Actor, in *batchReasonInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Withdraw(ctx, who, in.ID, in.Body.Version, in.Body.Reason))
}

// rejectBatch handles POST /api/v1/hour-batches/{id}/reject.
func (s *Server) rejectBatch(ctx context.Context, who app.Actor, in *batchReasonInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Reject(ctx, who, in.ID, in.Body.Version, in.Body.Reason))
}

// reverseBatch handles POST /api/v1/hour-batches/{id}/reverse.
func (s *Server) reverseBatch(ctx context.Context, who app.Actor, in *batchReasonInput) (*hourBatchOutput, error) {
	return batchOut(s.Batches.Reverse(ctx, who, in.ID, in.Body.Version, in.Body.Reason))
}

// setBatchFile handles POST /api/v1/hour-batches/{id}/file?name=: the raw bytes
// of a PDF, JPEG or PNG, at most 20 MiB.
func (s *Server) setBatchFile(c *fiber.Ctx, who app.Actor) error {
	b, err := s.Batches.SetFile(c.UserContext(), who, c.Params("id"), c.Query("name"), bytes.Clone(c.Request().Body()))
	if err != nil {
		return err
	}
	return c.JSON(batchOf(*b))
}

// getBatchFile handles GET /api/v1/hour-batches/{id}/file. The file is never
// shown inside the page's origin: it is saved.
func (s *Server) getBatchFile(c *fiber.Ctx, who app.Actor) error {
	b, body, err := s.Batches.File(c.UserContext(), who, c.Params("id"))
	if err != nil {
		return err
	}
	f, ids := b.File, make([]string, len(b.People))
	for i, p := range b.People {
		ids[i] = p.PersonID
	}
	if err := s.noteShown(c.UserContext(), who, audit.ReadBatch, ids...); err != nil {
		return errors.Join(err, body.Close())
	}
	c.Set(fiber.HeaderContentType, f.Type)
	ext, _ := mime.ExtensionsByType(f.Type)
	plain := "document"
	if len(ext) > 0 {
		plain += ext[0]
	}
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+plain+`"; filename*=UTF-8''`+url.PathEscape(f.Name))
	return c.SendStream(body, int(f.Size))
}

// getBatchSheet handles GET /api/v1/hour-batches/sheet: the batches of a filter
// as a workbook.
func (s *Server) getBatchSheet(c *fiber.Ctx, who app.Actor) error {
	in := listBatchesInput{Query: c.Query("q")}
	if state := c.Query("state"); state != "" {
		in.State = strings.Split(state, ",")
	}
	var out bytes.Buffer
	if err := s.Batches.Sheet(c.UserContext(), who, in.filter(), &out); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, app.SheetType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="batches.xlsx"; filename*=UTF-8''`+url.PathEscape("线下培训登记.xlsx"))
	return c.Send(out.Bytes())
}
