package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"zhixing/domain"
	"zhixing/domain/question"
)

// QuestionStore is question.Store.
type QuestionStore struct{ base }

// Questions returns the store of banks and questions.
func (db *DB) Questions() *QuestionStore { return &QuestionStore{db.base()} }

var _ question.Store = (*QuestionStore)(nil)

// InTx implements question.Store.
func (s *QuestionStore) InTx(ctx context.Context, fn func(context.Context, question.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &QuestionStore{tx}) })
}

type bankRow struct {
	bun.BaseModel `bun:"table:question_banks,alias:b"`
	ID            string `bun:",pk"`
	Name          string
	Description   string
	Questions     int    `bun:",scanonly"`
	CreatedBy     string `bun:",nullzero"`
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func (r *bankRow) bank() question.Bank {
	return question.Bank{
		ID: r.ID, Name: r.Name, Description: r.Description, Questions: r.Questions, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// InsertBank implements question.Store.
func (s *QuestionStore) InsertBank(ctx context.Context, b *question.Bank) error {
	_, err := s.db.NewRaw("INSERT INTO question_banks (id, name, description, created_by) VALUES (?, ?, ?, ?)",
		b.ID, b.Name, b.Description, nullable(b.CreatedBy)).Exec(ctx)
	return fail(err, "insert bank", "", "question_banks_name_key", "question.bank_name_taken")
}

// SaveBank implements question.Store.
func (s *QuestionStore) SaveBank(ctx context.Context, b *question.Bank) error {
	res, err := s.db.NewRaw("UPDATE question_banks SET name = ?, description = ?, updated_at = clock_timestamp() WHERE id = ?",
		b.Name, b.Description, b.ID).Exec(ctx)
	return mustAffect(res, err, "save bank", "question.bank_not_found", "question_banks_name_key", "question.bank_name_taken")
}

func (s *QuestionStore) banks(rows any) *bun.SelectQuery {
	return s.db.NewSelect().Model(rows).ColumnExpr("b.id, b.name, b.description, b.created_by, b.created_at, b.updated_at").
		ColumnExpr("(SELECT count(*) FROM questions q WHERE q.bank_id = b.id AND q.state = 'active') AS questions")
}

// Bank implements question.Store.
func (s *QuestionStore) Bank(ctx context.Context, id string) (*question.Bank, error) {
	var row bankRow
	if err := s.banks(&row).Where("b.id = ?", id).Scan(ctx); err != nil {
		return nil, fail(err, "read bank", "question.bank_not_found")
	}
	b := row.bank()
	return &b, nil
}

// Banks implements question.Store: by name.
func (s *QuestionStore) Banks(ctx context.Context, query string, p domain.Paging) (domain.Page[question.Bank], error) {
	var page domain.Page[question.Bank]
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return page, err
	}
	var rows []bankRow
	q := s.banks(&rows).OrderExpr("b.name, b.id").Limit(int64(p.Size() + 1))
	if query != "" {
		q = q.Where("b.name ILIKE ?", likeInside(query))
	}
	if key != nil {
		q = q.Where("(b.name, b.id) > (?, ?)", key[0], key[1])
	}
	if err := q.Scan(ctx); err != nil {
		return page, fmt.Errorf("list banks: %w", err)
	}
	list := make([]question.Bank, len(rows))
	for i := range rows {
		list[i] = rows[i].bank()
	}
	return domain.Cut(list, p.Size(), func(b question.Bank) []string { return []string{b.Name, b.ID} }), nil
}

// Tags implements question.Store: the most used first.
func (s *QuestionStore) Tags(ctx context.Context, bankID string) ([]question.Tag, error) {
	var out []question.Tag
	err := s.db.NewRaw(`SELECT t AS name, count(*) AS questions FROM questions q, unnest(q.tags) t
WHERE q.bank_id = ? AND q.state = 'active' GROUP BY t ORDER BY count(*) DESC, t LIMIT 200`, bankID).Scan(ctx, &out)
	return out, fail(err, "list tags", "")
}

// questionRow is a question joined with one of its versions.
type questionRow struct {
	ID, BankID, Kind, State, Stem, Explanation, Source string
	Version, PointsMilli, Difficulty, UsedBy           int
	Options                                            []question.Option
	Key                                                []string `bun:",array"`
	Tags                                               []string `bun:",array"`
	CreatedBy                                          *string
	CreatedAt, UpdatedAt                               time.Time
}

const questionColumns = `q.id, q.bank_id, q.kind, q.state, v.number AS version, v.stem, v.options, v.key, v.points_milli, v.explanation, v.source,
  v.tags, v.difficulty, q.created_by, q.created_at, q.updated_at`

const usedByColumn = `(SELECT count(*) FROM exams x JOIN frozen_paper_questions f ON f.hash = x.paper_hash
    WHERE f.question_id = q.id AND x.state = 'published') AS used_by`

func (r *questionRow) content() question.Content {
	return question.Content{
		Kind: question.Kind(r.Kind), Stem: r.Stem, Options: r.Options, Key: r.Key, PointsMilli: r.PointsMilli,
		Explanation: r.Explanation, Source: r.Source, Tags: r.Tags, Difficulty: r.Difficulty,
	}
}

func (r *questionRow) question() question.Question {
	q := question.Question{
		ID: r.ID, BankID: r.BankID, Version: r.Version, State: question.State(r.State), Content: r.content(), UsedBy: r.UsedBy,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.CreatedBy != nil {
		q.CreatedBy = *r.CreatedBy
	}
	return q
}

// InsertQuestion implements question.Store.
func (s *QuestionStore) InsertQuestion(ctx context.Context, q *question.Question) error {
	_, err := s.db.NewRaw("INSERT INTO questions (id, bank_id, kind, version, stem, tags, created_by) VALUES (?, ?, ?, 1, ?, ?, ?)",
		q.ID, q.BankID, q.Kind, q.Stem, pgdialect.Array(q.Tags), nullable(q.CreatedBy)).Exec(ctx)
	if err != nil {
		return fail(err, "insert question", "", "questions_bank_id_fkey", "question.bank_not_found")
	}
	q.Version, q.State = 1, question.Active
	return s.insertVersion(ctx, q, q.CreatedBy)
}

// SaveVersion implements question.Store.
func (s *QuestionStore) SaveVersion(ctx context.Context, q *question.Question, by string) error {
	res, err := s.db.NewRaw(`UPDATE questions SET version = ?, stem = ?, tags = ?, updated_at = clock_timestamp()
WHERE id = ? AND version = ? AND state = 'active'`, q.Version, q.Stem, pgdialect.Array(q.Tags), q.ID, q.Version-1).Exec(ctx)
	if err = mustAffect(res, err, "save question", "question.changed_meanwhile"); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return domain.E(domain.Conflict, "question.changed_meanwhile")
		}
		return err
	}
	return s.insertVersion(ctx, q, by)
}

func (s *QuestionStore) insertVersion(ctx context.Context, q *question.Question, by string) error {
	options, err := jsonText(q.Options)
	if err != nil {
		return err
	}
	_, err = s.db.NewRaw(`INSERT INTO question_versions (question_id, number, stem, options, key, points_milli, explanation, source, tags, difficulty, created_by)
VALUES (?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?)`, q.ID, q.Version, q.Stem, options, pgdialect.Array(q.Key), q.PointsMilli, q.Explanation, q.Source,
		pgdialect.Array(q.Tags), q.Difficulty, nullable(by)).Exec(ctx)
	return fail(err, "insert question version", "")
}

// Retire implements question.Store.
func (s *QuestionStore) Retire(ctx context.Context, id string) error {
	res, err := s.db.NewRaw("UPDATE questions SET state = 'retired', updated_at = clock_timestamp() WHERE id = ?", id).Exec(ctx)
	return mustAffect(res, err, "retire question", "question.not_found")
}

func (s *QuestionStore) questions() *bun.SelectQuery {
	return s.db.NewSelect().TableExpr("questions AS q").Join("JOIN question_versions AS v ON v.question_id = q.id AND v.number = q.version").
		ColumnExpr(questionColumns)
}

// Question implements question.Store.
func (s *QuestionStore) Question(ctx context.Context, id string) (*question.Question, error) {
	var row questionRow
	if err := s.questions().ColumnExpr(usedByColumn).Where("q.id = ?", id).Scan(ctx, &row); err != nil {
		return nil, fail(err, "read question", "question.not_found")
	}
	q := row.question()
	return &q, nil
}

// Questions implements question.Store: newest first.
func (s *QuestionStore) Questions(ctx context.Context, f question.Filter, p domain.Paging) (domain.Page[question.Question], error) {
	var page domain.Page[question.Question]
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return page, err
	}
	q := s.questions().ColumnExpr(usedByColumn).Where("q.bank_id = ?", f.BankID).OrderExpr("q.id DESC").Limit(int64(p.Size() + 1))
	if !f.Retired {
		q = q.Where("q.state = 'active'")
	}
	if f.Kind != "" {
		q = q.Where("q.kind = ?", f.Kind)
	}
	if f.Tag != "" {
		q = q.Where("q.tags @> ?", pgdialect.Array([]string{f.Tag}))
	}
	for i, word := range strings.Fields(f.Query) {
		if i == 8 {
			break
		}
		q = q.Where("q.stem ILIKE ?", likeInside(word))
	}
	if key != nil {
		q = q.Where("q.id < ?", key[0])
	}
	var rows []questionRow
	if err := q.Scan(ctx, &rows); err != nil {
		return page, fmt.Errorf("list questions: %w", err)
	}
	list := make([]question.Question, len(rows))
	for i := range rows {
		list[i] = rows[i].question()
	}
	return domain.Cut(list, p.Size(), func(q question.Question) []string { return []string{q.ID} }), nil
}

// Versions implements question.Store.
func (s *QuestionStore) Versions(ctx context.Context, id string) ([]question.Version, error) {
	var rows []questionRow
	err := s.db.NewSelect().TableExpr("questions AS q").Join("JOIN question_versions AS v ON v.question_id = q.id").
		ColumnExpr("q.id, q.kind, v.number AS version, v.stem, v.options, v.key, v.points_milli, v.explanation, v.source, v.tags, v.difficulty, v.created_by, v.created_at").
		Where("q.id = ?", id).OrderExpr("v.number DESC").Limit(domain.MaxLimit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	out := make([]question.Version, len(rows))
	for i := range rows {
		q := rows[i].question()
		out[i] = question.Version{QuestionID: q.ID, Number: q.Version, Content: q.Content, CreatedBy: q.CreatedBy, CreatedAt: q.CreatedAt}
	}
	return out, nil
}
