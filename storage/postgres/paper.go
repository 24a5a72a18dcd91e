package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// PaperStore is exam.PaperStore.
type PaperStore struct{ base }

// Papers returns the store of papers.
func (db *DB) Papers() *PaperStore { return &PaperStore{db.base()} }

var _ exam.PaperStore = (*PaperStore)(nil)

// InTx implements exam.PaperStore.
func (s *PaperStore) InTx(ctx context.Context, fn func(context.Context, exam.PaperStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PaperStore{tx}) })
}

type paperRow struct {
	ID, Title, Partial   string
	Items                []exam.PaperItem
	Blueprint            []exam.BlueprintRow
	DrawSeed             int64
	Version, UsedBy      int
	CreatedBy            *string
	CreatedAt, UpdatedAt time.Time
}

func (r *paperRow) paper() exam.Paper {
	p := exam.Paper{
		ID: r.ID, Title: r.Title, Partial: exam.Partial(r.Partial), Items: r.Items, Blueprint: r.Blueprint,
		DrawSeed: uint64(r.DrawSeed), Version: r.Version, UsedBy: r.UsedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	} //nolint:gosec // the same bits
	if r.CreatedBy != nil {
		p.CreatedBy = *r.CreatedBy
	}
	return p
}

// InsertPaper implements exam.PaperStore.
func (s *PaperStore) InsertPaper(ctx context.Context, p *exam.Paper) error {
	items, blueprint, err := recipe(p)
	if err != nil {
		return err
	}
	_, err = s.db.NewRaw("INSERT INTO papers (id, title, partial, items, blueprint, draw_seed, created_by) VALUES (?, ?, ?, ?::jsonb, ?::jsonb, ?, ?)",
		p.ID, p.Title, p.Partial, items, blueprint, int64(p.DrawSeed), nullable(p.CreatedBy)).Exec(ctx) //nolint:gosec // the same bits
	return fail(err, "insert paper", "")
}

// SavePaper implements exam.PaperStore.
func (s *PaperStore) SavePaper(ctx context.Context, p *exam.Paper) error {
	items, blueprint, err := recipe(p)
	if err != nil {
		return err
	}
	res, err := s.db.NewRaw(`UPDATE papers SET title = ?, partial = ?, items = ?::jsonb, blueprint = ?::jsonb, draw_seed = ?, version = version + 1,
  updated_at = clock_timestamp() WHERE id = ? AND version = ?`,
		p.Title, p.Partial, items, blueprint, int64(p.DrawSeed), p.ID, p.Version).Exec(ctx) //nolint:gosec // the same bits
	if err = mustAffect(res, err, "save paper", "exam.changed_meanwhile"); domain.CodeOf(err) == domain.NotFound && err != nil {
		return domain.E(domain.Conflict, "exam.changed_meanwhile")
	}
	p.Version++
	return err
}

func recipe(p *exam.Paper) (items, blueprint string, err error) {
	if items, err = jsonText(p.Items); err != nil {
		return "", "", err
	}
	blueprint, err = jsonText(p.Blueprint)
	return items, blueprint, err
}

// jsonText encodes a list for a jsonb column; nil is an empty list.
func jsonText[T any](list []T) (string, error) {
	if list == nil {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode list: %w", err)
	}
	return string(b), nil
}

func papers(db bun.IDB) *bun.SelectQuery {
	return db.NewSelect().TableExpr("papers AS p").ColumnExpr("p.*").
		ColumnExpr("(SELECT count(*) FROM exams x WHERE x.paper_id = p.id AND x.state <> 'draft') AS used_by")
}

// Paper implements exam.PaperStore and exam.Store.
func (b base) paper(ctx context.Context, id string) (*exam.Paper, error) {
	var row paperRow
	if err := papers(b.db).Where("p.id = ?", id).Scan(ctx, &row); err != nil {
		return nil, fail(err, "read paper", "exam.paper_not_found")
	}
	p := row.paper()
	return &p, nil
}

// Paper implements exam.PaperStore.
func (s *PaperStore) Paper(ctx context.Context, id string) (*exam.Paper, error) {
	return s.paper(ctx, id)
}

// Papers implements exam.PaperStore: newest first.
func (s *PaperStore) Papers(ctx context.Context, query string, p domain.Paging) (domain.Page[exam.Paper], error) {
	var page domain.Page[exam.Paper]
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return page, err
	}
	q := papers(s.db).OrderExpr("p.id DESC").Limit(int64(p.Size() + 1))
	if query != "" {
		q = q.Where("p.title ILIKE ?", likeInside(query))
	}
	if key != nil {
		q = q.Where("p.id < ?", key[0])
	}
	var rows []paperRow
	if err := q.Scan(ctx, &rows); err != nil {
		return page, fmt.Errorf("list papers: %w", err)
	}
	list := make([]exam.Paper, len(rows))
	for i := range rows {
		list[i] = rows[i].paper()
	}
	return domain.Cut(list, p.Size(), func(p exam.Paper) []string { return []string{p.ID} }), nil
}

// Pool implements exam.Source.
func (s *PaperStore) Pool(ctx context.Context, r exam.BlueprintRow) ([]string, error) {
	return s.drawPool(ctx, r)
}

// QuestionsByID implements exam.Source.
func (s *PaperStore) QuestionsByID(ctx context.Context, ids []string) (map[string]question.Question, error) {
	return s.questionsByID(ctx, ids)
}

func (b base) drawPool(ctx context.Context, r exam.BlueprintRow) ([]string, error) {
	q := b.db.NewSelect().TableExpr("questions AS q").ColumnExpr("q.id").Where("q.bank_id = ? AND q.state = 'active'", r.BankID)
	if r.Kind != "" {
		q = q.Where("q.kind = ?", r.Kind)
	}
	if r.Tag != "" {
		q = q.Where("q.tags @> ?", pgdialect.Array([]string{r.Tag}))
	}
	var ids []string
	err := q.OrderExpr("q.id").Limit(exam.MaxPool).Scan(ctx, &ids)
	return ids, fail(err, "read what can be drawn", "")
}

func (b base) questionsByID(ctx context.Context, ids []string) (map[string]question.Question, error) {
	out := make(map[string]question.Question, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []questionRow
	err := (&QuestionStore{b}).questions().Where("q.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	for i := range rows {
		out[rows[i].ID] = rows[i].question()
	}
	for _, id := range ids {
		if _, ok := out[id]; !ok {
			return nil, domain.E(domain.NotFound, "question.not_found")
		}
	}
	return out, nil
}
