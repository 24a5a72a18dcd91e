package api

import (
	"context"
	"strconv"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
	"zhixing/domain/sheet"

	"github.com/gofiber/fiber/v2"
)

type importBody struct {
	ID        string              `json:"id"`
	State     string              `json:"state" enum:"uploaded,read,mapped,previewed,applying,applied,undoing,undone,failed"`
	Filename  string              `json:"filename"`
	Size      int64               `json:"size"`
	Format    string              `json:"format" enum:",xlsx,csv"`
	Encoding  string              `json:"encoding"`
	Delimiter string              `json:"delimiter"`
	Sheet     string              `json:"sheet" doc:"The page of the workbook that is read"`
	Header    int                 `json:"header_line"`
	Columns   []importColumnBody  `json:"columns"`
	Kind      string              `json:"kind" enum:",staff,student" doc:"Of new people where no column tells it"`
	From      string              `json:"from" doc:"First day of unit, stage and rank where no column tells it; empty is today"`
	Counts    importCountsBody    `json:"counts"`
	Progress  int                 `json:"progress" doc:"Percent of the step under way"`
	Failure   string              `json:"failure" doc:"Reason key, as in problems"`
	Messages  map[string]string   `json:"messages" doc:"Of the failure, by language"`
	Reason    string              `json:"reason"`
	Blockers  []importBlockerBody `json:"blockers" doc:"Why the last undo was refused; at most 200"`
	Mine      bool                `json:"mine" doc:"Only who uploaded a file goes on with it"`
	Kept      bool                `json:"kept" doc:"Whether the file and its rows are still kept"`
	CreatedAt time.Time           `json:"created_at"`
	AppliedAt *time.Time          `json:"applied_at"`
	UndoneAt  *time.Time          `json:"undone_at"`
}

type importColumnBody struct {
	Index   int      `json:"index"`
	Letter  string   `json:"letter"`
	Title   string   `json:"title"`
	Field   string   `json:"field" doc:"Empty: not imported, listed in the report"`
	Samples []string `json:"samples" doc:"Of the first rows, numbers masked"`
}

type importCountsBody struct {
	Total   int `json:"total"`
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
	Refused int `json:"refused"`
	Stale   int `json:"stale" doc:"Changed by somebody else since the preview, and left alone"`
	Blank   int `json:"blank"`
	Applied int `json:"applied"`
	Listed  int `json:"listed" doc:"Lines of the report besides refused rows"`
}

type importBlockerBody struct {
	Line     int               `json:"line"`
	PersonID string            `json:"person_id"`
	Name     string            `json:"name"`
	Number   string            `json:"number"`
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

func (s *Server) importOf(i *org.Import, who app.Actor) importBody {
	b := importBody{
		ID: i.ID, State: string(i.State), Filename: i.Filename, Size: i.Size, Format: i.Format, Encoding: i.Encoding, Delimiter: i.Delimiter, Sheet: i.Sheet,
		Header: i.Header, Kind: i.Options.Kind, From: i.Options.From, Counts: importCountsBody(i.Counts), Progress: i.Progress, Failure: i.Failure,
		Reason: i.Reason, Mine: i.CreatedBy == who.PersonID, Kept: i.ObjectKey != "", CreatedAt: i.CreatedAt.UTC(), AppliedAt: i.AppliedAt, UndoneAt: i.UndoneAt,
		Messages: map[string]string{},
		Columns: bodies(i.Columns, func(c sheet.Column) importColumnBody {
			return importColumnBody{c.Index, sheet.ColumnName(c.Index), c.Title, c.Field, append([]string{}, c.Samples...)}
		}),
		Blockers: bodies(i.Blockers, func(b org.ImportBlocker) importBlockerBody {
			return importBlockerBody{b.Line, b.PersonID, b.Name, b.Number, b.Reason, s.Texts.sentences(b.Reason, nil)}
		}),
	}
	if i.Failure != "" {
		b.Messages = s.Texts.sentences(i.Failure, i.FailureAt)
	}
	return b
}

// uploadImport handles POST /api/v1/imports?filename=: the raw bytes of a
// workbook or a CSV file, at most 20 MiB.
func (s *Server) uploadImport(c *fiber.Ctx, who app.Actor) error {
	i, err := s.Imports.Upload(c.UserContext(), who, c.Query("filename"), c.Request().Body())
	if err != nil {
		return err
	}
	return c.JSON(s.importOf(i, who))
}

type importOutput struct{ Body importBody }

func (s *Server) importOutput(i *org.Import, who app.Actor, err error) (*importOutput, error) {
	if err != nil {
		return nil, err
	}
	return &importOutput{s.importOf(i, who)}, nil
}

type listImportsInput struct {
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type importsOutput struct {
	Body struct {
		Items         []importBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listImports handles GET /api/v1/imports, newest first.
func (s *Server) listImports(ctx context.Context, who app.Actor, in *listImportsInput) (*importsOutput, error) {
	page, err := s.Imports.List(ctx, who, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &importsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, func(i org.Import) importBody { return s.importOf(&i, who) }), page.NextPageToken
	return out, nil
}

// getImport handles GET /api/v1/imports/{id}.
func (s *Server) getImport(ctx context.Context, who app.Actor, in *idInput) (*importOutput, error) {
	i, err := s.Imports.Get(ctx, who, in.ID)
	return s.importOutput(i, who, err)
}

type mapImportInput struct {
	ID   string `path:"id"`
	Body struct {
		Columns []struct {
			Index int    `json:"index" minimum:"0" maximum:"99"`
			Field string `json:"field" maxLength:"40" doc:"Empty: not imported"`
		} `json:"columns" maxItems:"100"`
		Kind string `json:"kind,omitempty" enum:",staff,student"`
		From string `json:"from,omitempty" maxLength:"32" doc:"YYYY-MM-DD"`
	}
}

// mapImport handles POST /api/v1/imports/{id}/map: every row is judged anew.
func (s *Server) mapImport(ctx context.Context, who app.Actor, in *mapImportInput) (*importOutput, error) {
	fields := map[int]string{}
	for _, c := range in.Body.Columns {
		fields[c.Index] = c.Field
	}
	i, err := s.Imports.SetMapping(ctx, who, in.ID, fields, org.ImportOptions{Kind: in.Body.Kind, From: in.Body.From})
	return s.importOutput(i, who, err)
}

type importReasonInput struct {
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

// applyImport handles POST /api/v1/imports/{id}/apply.
func (s *Server) applyImport(ctx context.Context, who app.Actor, in *importReasonInput) (*importOutput, error) {
	i, err := s.Imports.Apply(ctx, who, in.ID, in.Body.Reason)
	return s.importOutput(i, who, err)
}

// undoImport handles POST /api/v1/imports/{id}/undo.
func (s *Server) undoImport(ctx context.Context, who app.Actor, in *importReasonInput) (*importOutput, error) {
	i, err := s.Imports.Undo(ctx, who, in.ID, in.Body.Reason)
	return s.importOutput(i, who, err)
}

type listImportRowsInput struct {
	ID        string `path:"id"`
	Outcome   string `query:"outcome" enum:"new,changed,same,refused,stale"`
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type importRowBody struct {
	Line     int               `json:"line"`
	Outcome  string            `json:"outcome" enum:"new,changed,same,refused,stale"`
	PersonID string            `json:"person_id"`
	Values   map[string]string `json:"values" doc:"What the row says, cleaned; id number and phone masked"`
	Changes  []fieldChangeBody `json:"changes"`
	Refusals []cellFlawBody    `json:"refusals"`
	Notes    []cellFlawBody    `json:"notes" doc:"How cells were taken that did not stand as they are recorded"`
}

type fieldChangeBody struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

type cellFlawBody struct {
	Cell     string            `json:"cell" doc:"Such as D37; empty when the whole row is meant"`
	Column   string            `json:"column"`
	Field    string            `json:"field"`
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

type importRowsOutput struct {
	Body struct {
		Items         []importRowBody `json:"items"`
		NextPageToken string          `json:"next_page_token"`
	}
}

// listImportRows handles GET /api/v1/imports/{id}/rows, in the order of the file.
func (s *Server) listImportRows(ctx context.Context, who app.Actor, in *listImportRowsInput) (*importRowsOutput, error) {
	_, page, err := s.Imports.Rows(ctx, who, in.ID, org.ImportFilter{Outcome: in.Outcome}, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &importRowsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, s.importRowOf), page.NextPageToken
	return out, nil
}

func (s *Server) importRowOf(r org.ImportRow) importRowBody {
	flaws := func(list []org.CellFlaw) []cellFlawBody {
		return bodies(list, func(f org.CellFlaw) cellFlawBody {
			b := cellFlawBody{Column: sheet.ColumnName(f.Column), Field: f.Field, Reason: f.Reason, Messages: s.Texts.sentences(f.Reason, f.Params)}
			if b.Column != "" {
				b.Cell = b.Column + strconv.Itoa(r.Line)
			}
			return b
		})
	}
	v := r.Values
	b := importRowBody{
		Line: r.Line, Outcome: r.Outcome, PersonID: r.PersonID, Refusals: flaws(r.Refusals), Notes: flaws(r.Notes), Values: map[string]string{},
		Changes: bodies(r.Changes, func(c org.FieldChange) fieldChangeBody { return fieldChangeBody(c) }),
	}
	for field, text := range map[string]string{
		org.FieldNumber: v.Number, org.FieldName: v.Name, org.FieldKind: v.Kind, org.FieldGender: v.Gender, org.FieldBornOn: v.BornOn,
		org.FieldIDCard: v.IDCardMask, org.FieldPhone: org.MaskPhone(v.Phone), org.FieldEmail: v.Email, org.FieldPartyUnit: v.PartyUnit,
		org.FieldAdminUnit: v.AdminUnit, org.FieldStage: v.Stage, org.FieldStageOn: v.StageOn, org.FieldRank: v.Rank, org.FieldRankOn: v.RankOn,
	} {
		if text != "" {
			b.Values[field] = text
		}
	}
	return b
}
