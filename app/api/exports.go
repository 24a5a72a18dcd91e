package api

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"

	"github.com/gofiber/fiber/v2"
)

type exportBody struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"`
	Filter     exportFilterBody `json:"filter"`
	Reason     string           `json:"reason"`
	State      string           `json:"state" enum:"queued,running,ready,failed,expired"`
	Progress   int              `json:"progress" doc:"Percent"`
	RowCount   int              `json:"row_count"`
	Size       int64            `json:"size"`
	Digest     string           `json:"digest" doc:"SHA-256 of the file"`
	Failure    string           `json:"failure" doc:"Reason key, as in problems"`
	Downloads  int              `json:"downloads"`
	FileURL    string           `json:"file_url" doc:"Empty until ready"`
	FileName   string           `json:"file_name"`
	CreatedAt  time.Time        `json:"created_at"`
	FinishedAt *time.Time       `json:"finished_at"`
	ExpiresAt  *time.Time       `json:"expires_at"`
}

type exportFilterBody struct {
	Year     int      `json:"year,omitempty"`
	PolicyID string   `json:"policy_id,omitempty"`
	UnitID   string   `json:"unit_id,omitempty"`
	Kind     string   `json:"kind,omitempty" enum:"staff,student"`
	Stages   []string `json:"stages,omitempty" maxItems:"10"`
	Ranks    []string `json:"ranks,omitempty" maxItems:"10"`
	State    string   `json:"state,omitempty" enum:"done,short,near,late"`
	Query    string   `json:"q,omitempty" maxLength:"100"`
	Sort     string   `json:"sort,omitempty"`
}

func exportOf(e *hours.Export) exportBody {
	b := exportBody{
		ID: e.ID, Kind: e.Kind, Filter: exportFilterBody(e.Filter), Reason: e.Reason, State: e.State, Progress: e.Progress, RowCount: e.RowCount,
		Size: e.Size, Digest: e.Digest, Failure: e.Failure, Downloads: e.Downloads, FileName: exportName(e), CreatedAt: e.CreatedAt.UTC(),
		FinishedAt: e.FinishedAt, ExpiresAt: e.ExpiresAt,
	}
	if e.State == hours.ExportReady {
		b.FileURL = apiPrefix + "/exports/" + e.ID + "/file"
	}
	return b
}

func exportName(e *hours.Export) string {
	_, ending := e.Type()
	made := e.CreatedAt.In(hours.Zone).Format("20060102-1504") + ending
	switch {
	case e.OfPeople():
		return "人员名单-" + made
	case e.OfAudit():
		return "操作日志-" + made
	case e.OfPerson():
		return "个人信息-" + made
	}
	return fmt.Sprintf("学时完成情况-%d-%s", e.Filter.Year, made)
}

type createExportInput struct {
	Body struct {
		Kind   string           `json:"kind" enum:"hours_people"`
		Filter exportFilterBody `json:"filter,omitempty"`
		Reason string           `json:"reason" minLength:"2" maxLength:"500" doc:"Why the data leaves the system"`
	}
}

type createPeopleExportInput struct {
	Body struct {
		Filter  bulkFilterBody `json:"filter,omitempty" doc:"As of the list of people"`
		Columns []string       `json:"columns" maxItems:"20" enum:"number,name,kind,gender,born_on,id_card,phone,email,party_unit,admin_unit,stage,stage_on,rank,rank_on,status" doc:"Number and name are always there. id_card asks for a fresh proof of who one is; who does not keep the data gets it masked, as phone and e-mail"`
		Format  string         `json:"format" enum:"xlsx,csv"`
		Reason  string         `json:"reason" minLength:"2" maxLength:"500" doc:"Why the data leaves the system"`
	}
}

// createPeopleExport handles POST /api/v1/people-exports.
func (s *Server) createPeopleExport(ctx context.Context, who app.Actor, in *createPeopleExportInput) (*exportOutput, error) {
	order := org.PeopleOrder{Filter: org.PersonFilter(in.Body.Filter), Columns: in.Body.Columns}
	e, err := s.Exports.CreatePeople(ctx, who, in.Body.Format, order, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

type createAuditExportInput struct {
	Body struct {
		Filter auditFilterBody `json:"filter,omitempty" doc:"As of the audit log"`
		Format string          `json:"format" enum:"xlsx,csv"`
		Reason string          `json:"reason" minLength:"2" maxLength:"500" doc:"Why the data leaves the system"`
	}
}

// createAuditExport handles POST /api/v1/audit-exports.
func (s *Server) createAuditExport(ctx context.Context, who app.Actor, in *createAuditExportInput) (*exportOutput, error) {
	e, err := s.Exports.CreateAudit(ctx, who, in.Body.Format, in.Body.Filter.filter(), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

// exportMyData handles POST /api/v1/me/data-exports: an archive of all about oneself.
func (s *Server) exportMyData(ctx context.Context, who app.Actor, _ *struct{}) (*exportOutput, error) {
	e, err := s.Exports.CreateArchive(ctx, who, who.PersonID, "本人下载个人信息")
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

// exportPersonData handles POST /api/v1/people/{id}/data-exports.
func (s *Server) exportPersonData(ctx context.Context, who app.Actor, in *reasonInput) (*exportOutput, error) {
	e, err := s.Exports.CreateArchive(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

type exportOutput struct{ Body exportBody }

// createExport handles POST /api/v1/exports.
func (s *Server) createExport(ctx context.Context, who app.Actor, in *createExportInput) (*exportOutput, error) {
	e, err := s.Exports.Create(ctx, who, in.Body.Kind, hours.PeopleFilter(in.Body.Filter), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

type listExportsInput struct {
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	PageToken string `query:"page_token"`
}

type exportsOutput struct {
	Body struct {
		Items         []exportBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listExports handles GET /api/v1/exports: the actor's own, newest first.
func (s *Server) listExports(ctx context.Context, who app.Actor, in *listExportsInput) (*exportsOutput, error) {
	page, err := s.Exports.List(ctx, who, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &exportsOutput{}
	out.Body.Items, out.Body.NextPageToken = []exportBody{}, page.NextPageToken
	for i := range page.Items {
		out.Body.Items = append(out.Body.Items, exportOf(&page.Items[i]))
	}
	return out, nil
}

type exportInput struct {
	ID string `path:"id"`
}

// getExport handles GET /api/v1/exports/{id}.
func (s *Server) getExport(ctx context.Context, who app.Actor, in *exportInput) (*exportOutput, error) {
	e, err := s.Exports.Get(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &exportOutput{Body: exportOf(e)}, nil
}

// getExportFile handles GET /api/v1/exports/{id}/file: the file's bytes.
func (s *Server) getExportFile(c *fiber.Ctx, who app.Actor) error {
	e, body, err := s.Exports.File(c.UserContext(), who, c.Params("id"))
	if err != nil {
		return err
	}
	kind, ending := e.Type()
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="export`+ending+`"; filename*=UTF-8''`+url.PathEscape(exportName(e)))
	return c.SendStream(body, int(e.Size))
}
