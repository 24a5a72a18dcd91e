package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// ExamStore is exam.Store.
type ExamStore struct{ base }

// Exams returns the store of exams.
func (db *DB) Exams() *ExamStore { return &ExamStore{db.base()} }

var _ exam.Store = (*ExamStore)(nil)

// InTx implements exam.Store.
func (s *ExamStore) InTx(ctx context.Context, fn func(context.Context, exam.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &ExamStore{tx}) })
}

type examRow struct {
	bun.BaseModel    `bun:"table:exams,alias:x"`
	ID               string `bun:",pk"`
	Title            string
	Description      string
	PaperID          string
	State            string
	OpensAt          time.Time
	ClosesAt         time.Time
	DurationS        int `bun:"duration_s"`
	GraceMs          int `bun:"grace_ms"`
	PassMarkMilli    int
	AttemptsAllowed  int
	ShuffleQuestions bool
	ShuffleOptions   bool
	Audience         json.RawMessage `bun:"type:jsonb"`
	Review           string
	HoursCenti       int
	PaperHash        []byte `bun:",nullzero"`
	QuestionCount    int
	TotalMilli       int
	CorrectionHash   []byte  `bun:",scanonly"` // AmendStore writes these two
	RegradeID        *string `bun:",scanonly"`
	Attempts         int     `bun:",scanonly"`
	CreatedBy        *string `bun:",nullzero"`
	CreatedAt        time.Time
	UpdatedAt        time.Time
	PublishedAt      *time.Time
	CancelledAt      *time.Time
	CancelReason     string
	CancelledBy      *string `bun:",nullzero"`
}

func rowOfExam(x *exam.Exam) (*examRow, error) {
	audience, err := json.Marshal(x.Audience)
	if err != nil {
		return nil, fmt.Errorf("encode audience: %w", err)
	}
	r := &examRow{
		ID: x.ID, Title: x.Title, Description: x.Description, PaperID: x.PaperID, State: string(x.State), OpensAt: x.OpensAt,
		ClosesAt: x.ClosesAt, DurationS: int(x.Duration / time.Second), GraceMs: int(x.Grace / time.Millisecond), PassMarkMilli: x.PassMarkMilli,
		AttemptsAllowed: x.AttemptsAllowed, ShuffleQuestions: x.ShuffleQuestions, ShuffleOptions: x.ShuffleOptions, Audience: audience,
		Review: string(x.Review), HoursCenti: x.HoursCenti, QuestionCount: x.QuestionCount, TotalMilli: x.TotalMilli,
		CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, PublishedAt: x.PublishedAt, CancelledAt: x.CancelledAt, CancelReason: x.CancelReason,
	}
	if x.CreatedBy != "" {
		r.CreatedBy = &x.CreatedBy
	}
	if x.CancelledBy != "" {
		r.CancelledBy = &x.CancelledBy
	}
	if x.PaperHash != (exam.Hash{}) {
		r.PaperHash = x.PaperHash[:]
	}
	return r, nil
}

func (r *examRow) exam() (exam.Exam, error) {
	x := exam.Exam{
		ID: r.ID, Title: r.Title, Description: r.Description, PaperID: r.PaperID, State: exam.State(r.State), OpensAt: r.OpensAt,
		ClosesAt: r.ClosesAt, Duration: time.Duration(r.DurationS) * time.Second, Grace: time.Duration(r.GraceMs) * time.Millisecond,
		PassMarkMilli: r.PassMarkMilli, AttemptsAllowed: r.AttemptsAllowed, ShuffleQuestions: r.ShuffleQuestions, ShuffleOptions: r.ShuffleOptions,
		Review: exam.Review(r.Review), HoursCenti: r.HoursCenti, QuestionCount: r.QuestionCount, TotalMilli: r.TotalMilli, Attempts: r.Attempts,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PublishedAt: r.PublishedAt, CancelledAt: r.CancelledAt, CancelReason: r.CancelReason,
	}
	if r.CreatedBy != nil {
		x.CreatedBy = *r.CreatedBy
	}
	if r.CancelledBy != nil {
		x.CancelledBy = *r.CancelledBy
	}
	if r.RegradeID != nil {
		x.RegradeID = *r.RegradeID
	}
	copy(x.PaperHash[:], r.PaperHash)
	copy(x.Correction[:], r.CorrectionHash)
	if err := json.Unmarshal(r.Audience, &x.Audience); err != nil {
		return x, fmt.Errorf("decode audience of exam %s: %w", r.ID, err)
	}
	return x, nil
}

// InsertExam implements exam.Store.
func (s *ExamStore) InsertExam(ctx context.Context, x *exam.Exam) error {
	row, err := rowOfExam(x)
	if err != nil {
		return err
	}
	_, err = s.db.NewInsert().Model(row).Exec(ctx)
	return fail(err, "insert exam", "", "exams_paper_id_fkey", "exam.paper_not_found")
}

// SaveExam implements exam.Store.
func (s *ExamStore) SaveExam(ctx context.Context, x *exam.Exam) error {
	row, err := rowOfExam(x)
	if err != nil {
		return err
	}
	res, err := s.db.NewUpdate().Model(row).ExcludeColumn("id", "created_by", "created_at").WherePK().Exec(ctx)
	return mustAffect(res, err, "save exam", "exam.not_found", "exams_paper_id_fkey", "exam.paper_not_found")
}

func (s *ExamStore) exams(rows any) *bun.SelectQuery {
	return s.db.NewSelect().Model(rows).ColumnExpr("x.*").
		ColumnExpr("(SELECT count(*) FROM attempts a WHERE a.exam_id = x.id AND a.submitted_at IS NOT NULL) AS attempts")
}

// Exam implements exam.Store.
func (s *ExamStore) Exam(ctx context.Context, id string) (*exam.Exam, error) {
	return s.readExam(ctx, id, false)
}

// ExamForUpdate implements exam.Store.
func (s *ExamStore) ExamForUpdate(ctx context.Context, id string) (*exam.Exam, error) {
	return s.readExam(ctx, id, true)
}

func (s *ExamStore) readExam(ctx context.Context, id string, lock bool) (*exam.Exam, error) {
	var row examRow
	q := s.exams(&row).Where("x.id = ?", id)
	if lock {
		q = q.For("UPDATE OF x")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "read exam", "exam.not_found")
	}
	x, err := row.exam()
	return &x, err
}

// Exams implements exam.Store: newest first.
func (s *ExamStore) Exams(ctx context.Context, f exam.ExamFilter, p domain.Paging) (domain.Page[exam.Exam], error) {
	var page domain.Page[exam.Exam]
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return page, err
	}
	var rows []examRow
	q := s.exams(&rows).OrderExpr("x.id DESC").Limit(int64(p.Size() + 1))
	if f.State != "" {
		q = q.Where("x.state = ?", f.State)
	}
	if f.Query != "" {
		q = q.Where("x.title ILIKE ?", likeInside(f.Query))
	}
	if key != nil {
		q = q.Where("x.id < ?", key[0])
	}
	if err := q.Scan(ctx); err != nil {
		return page, fmt.Errorf("list exams: %w", err)
	}
	list := make([]exam.Exam, len(rows))
	for i := range rows {
		if list[i], err = rows[i].exam(); err != nil {
			return page, err
		}
	}
	return domain.Cut(list, p.Size(), func(x exam.Exam) []string { return []string{x.ID} }), nil
}

// Paper implements exam.Store.
func (s *ExamStore) Paper(ctx context.Context, id string) (*exam.Paper, error) {
	return s.paper(ctx, id)
}

// Pool implements exam.Source.
func (s *ExamStore) Pool(ctx context.Context, r exam.BlueprintRow) ([]string, error) {
	return s.drawPool(ctx, r)
}

// QuestionsByID implements exam.Source.
func (s *ExamStore) QuestionsByID(ctx context.Context, ids []string) (map[string]question.Question, error) {
	return s.questionsByID(ctx, ids)
}

// KeepFrozen implements exam.Store.
func (s *ExamStore) KeepFrozen(ctx context.Context, p *exam.Frozen, content []byte) error {
	_, err := s.db.NewRaw("INSERT INTO frozen_papers (hash, content, item_count, total_milli) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		p.Hash[:], string(content), len(p.Items), p.TotalMilli).Exec(ctx)
	if err != nil {
		return fail(err, "keep frozen paper", "")
	}
	type row struct {
		bun.BaseModel `bun:"table:frozen_paper_questions"`
		Hash          []byte
		QuestionID    string
		Version       int
	}
	rows := make([]row, len(p.Items))
	for i, it := range p.Items {
		rows[i] = row{Hash: p.Hash[:], QuestionID: it.QuestionID, Version: it.Version}
	}
	_, err = s.db.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
	return fail(err, "keep frozen paper", "")
}

// VoidAttempts implements exam.Store.
func (s *ExamStore) VoidAttempts(ctx context.Context, examID string) (int, error) {
	res, err := s.db.NewRaw("UPDATE attempts SET state = 'voided', voided_at = clock_timestamp() WHERE exam_id = ? AND state IN ('ready', 'in_progress')", examID).Exec(ctx)
	if err != nil {
		return 0, fail(err, "void attempts", "")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "void attempts", "")
}

// Unminted implements exam.Store.
func (s *ExamStore) Unminted(ctx context.Context, examID, after string, limit int) ([]string, error) {
	var ids []string
	err := s.db.NewRaw(`SELECT p.id FROM people p JOIN exams x ON x.id = ?
WHERE x.state = 'published' AND x.closes_at > clock_timestamp() AND p.id > ? AND p.merged_into IS NULL AND `+notGone("p.id")+` AND audience_matches(x.audience, p.id, civil_today())
  AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.exam_id = x.id AND a.person_id = p.id) ORDER BY p.id LIMIT ?`,
		examID, after, limit).Scan(ctx, &ids)
	return ids, fail(err, "find people without an attempt", "")
}

// MintAttempts implements exam.Store. The share lock keeps the exam from being
// cancelled meanwhile.
func (s *ExamStore) MintAttempts(ctx context.Context, examID string, mints []exam.Mint) (int, error) {
	ids, people, seeds := make([]string, len(mints)), make([]string, len(mints)), make([][]byte, len(mints))
	for i, m := range mints {
		ids[i], people[i], seeds[i] = m.AttemptID, m.PersonID, m.Seed
	}
	tag, err := s.pool.Exec(ctx, `INSERT INTO attempts (id, exam_id, person_id, number, seed)
SELECT m.id, x.id, m.person, 1, m.seed FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS m (id, person, seed), exams x
WHERE x.id = $1 AND x.state = 'published' FOR SHARE OF x ON CONFLICT DO NOTHING`, examID, ids, people, seeds)
	if err != nil {
		return 0, fail(err, "mint attempts", "")
	}
	return int(tag.RowsAffected()), nil
}

// likeInside makes a pattern that finds s anywhere, taken literally.
func likeInside(s string) string { return "%" + likeEscape.Replace(s) + "%" }

// likePrefix makes a pattern that finds s at the beginning, taken literally.
func likePrefix(s string) string { return likeEscape.Replace(s) + "%" }

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// notGone is SQL: the person neither left nor died. Such people and aliases owe
// nothing, and nothing is opened to them.
func notGone(person string) string {
	return "NOT EXISTS (SELECT 1 FROM status_facts gone WHERE gone.person_id = " + person + " AND gone.status IN ('left', 'deceased') AND gone.period @> civil_today())"
}
