package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"zhixing/domain"
	"zhixing/domain/exam"
)

// AmendStore is exam.AmendStore: late answers, voids and, in regrade.go, regrades.
type AmendStore struct{ base }

// Amends returns the store of amendments.
func (db *DB) Amends() *AmendStore { return &AmendStore{db.base()} }

var _ exam.AmendStore = (*AmendStore)(nil)

// InTx implements exam.AmendStore.
func (s *AmendStore) InTx(ctx context.Context, fn func(context.Context, exam.AmendStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &AmendStore{tx}) })
}

// Frozen implements exam.AmendStore.
func (s *AmendStore) Frozen(ctx context.Context, h exam.Hash) ([]byte, error) {
	var content string
	err := s.db.NewRaw("SELECT content FROM frozen_papers WHERE hash = ?", h[:]).Scan(ctx, &content)
	return []byte(content), fail(err, "read frozen paper", "exam.paper_not_found")
}

// CorrectionContent implements exam.AmendStore.
func (s *AmendStore) CorrectionContent(ctx context.Context, h exam.Hash) ([]byte, error) {
	var content string
	err := s.db.NewRaw("SELECT content FROM paper_corrections WHERE hash = ?", h[:]).Scan(ctx, &content)
	return []byte(content), fail(err, "read correction", "exam.paper_not_found")
}

// KeepCorrection implements exam.AmendStore.
func (s *AmendStore) KeepCorrection(ctx context.Context, c *exam.Correction, content []byte) error {
	_, err := s.db.NewRaw("INSERT INTO paper_corrections (hash, paper_hash, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		c.Hash[:], c.Paper[:], string(content)).Exec(ctx)
	return fail(err, "keep correction", "")
}

// AttemptToAmend implements exam.AmendStore. The lock is the attempt's own, so
// that whatever amends it stands in one line with the sweep and the graders.
func (s *AmendStore) AttemptToAmend(ctx context.Context, scope domain.Scope, attemptID string) (*exam.Amendable, error) {
	var a exam.Amendable
	var state string
	err := s.db.QueryRowContext(ctx, `SELECT a.id, a.exam_id, a.person_id, a.number, a.state, a.grading_version, a.score_milli, a.passed
FROM attempts a WHERE a.id = ? AND ? FOR UPDATE OF a`, attemptID, scopePeople(scope, "a.person_id")).
		Scan(&a.ID, &a.ExamID, &a.PersonID, &a.Number, &state, &a.GradingVersion, &a.ScoreMilli, &a.Passed)
	if err != nil {
		return nil, fail(err, "lock attempt", "exam.attempt_not_found")
	}
	a.State = exam.AttemptState(state)
	x, err := s.Exam(ctx, a.ExamID)
	if err != nil {
		return nil, err
	}
	a.Exam = *x
	err = s.eachRow(ctx, "read answers", func(r scanner) error {
		var v exam.Answer
		var choice int32
		err := r.Scan(&v.Item, &v.Seq, &choice)
		v.Choice = exam.Choice(choice)
		a.Counts = append(a.Counts, v)
		return err
	}, `SELECT DISTINCT ON (o.item) o.item, o.seq, o.choice FROM attempt_operations o WHERE o.attempt_id = ? ORDER BY o.item, o.seq DESC, o.server_seq DESC`, attemptID)
	if err != nil {
		return nil, err
	}
	return &a, s.eachRow(ctx, "read late answers", func(r scanner) error {
		k := exam.Kept{Late: true}
		var id string
		var choice int32
		if err := r.Scan(&id, &k.Item, &k.Seq, &choice, &k.ServerSeq, &k.ReceivedAt, &k.Included); err != nil {
			return err
		}
		var err error
		k.ID, err = parseUUID(id)
		k.Choice = exam.Choice(choice)
		a.Late = append(a.Late, k)
		return err
	}, `SELECT l.op_id, l.item, l.seq, l.choice, l.server_seq, l.received_at, `+includedColumn+`
FROM attempt_late_operations l WHERE l.attempt_id = ? ORDER BY l.server_seq`, attemptID)
}

// includedColumn says of a late operation (l) whether two persons included it.
const includedColumn = `EXISTS (SELECT 1 FROM late_inclusions li JOIN late_decisions ld ON ld.inclusion_id = li.id AND ld.approved
  WHERE li.attempt_id = l.attempt_id AND l.op_id = ANY (li.op_ids))`

type gradeInsert struct {
	bun.BaseModel  `bun:"table:grades"`
	AttemptID      string
	GradingVersion int
	ScoreMilli     int
	TotalMilli     int
	Passed         bool
	Marks          []int `bun:",array"`
	Choices        []int `bun:",array"`
	Cause          string
	CorrectionHash []byte  `bun:",nullzero"`
	RegradeID      *string `bun:",nullzero"`
	InclusionID    *string `bun:",nullzero"`
}

func rowOfGrade(attemptID string, g *exam.Grade) gradeInsert {
	r := gradeInsert{
		AttemptID: attemptID, GradingVersion: g.Version, ScoreMilli: g.ScoreMilli, TotalMilli: g.TotalMilli, Passed: g.Passed,
		Marks: g.Marks, Choices: make([]int, len(g.Choices)), Cause: string(g.Cause), CorrectionHash: hashOrNil(g.Correction),
	}
	for i, c := range g.Choices {
		r.Choices[i] = int(c)
	}
	return r
}

// hashOrNil is the hash for a column that is NULL without one.
func hashOrNil(h exam.Hash) []byte {
	if h == (exam.Hash{}) {
		return nil
	}
	return h[:]
}

// AddGrade implements exam.AmendStore.
func (s *AmendStore) AddGrade(ctx context.Context, attemptID string, g exam.Grade, inclusionID string) error {
	row := rowOfGrade(attemptID, &g)
	row.InclusionID = &inclusionID
	if _, err := s.db.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fail(err, "add grade", "")
	}
	return s.putInForce(ctx, "g.inclusion_id = ?", inclusionID)
}

// putInForce makes the new grades that where finds those of their attempts.
func (s *AmendStore) putInForce(ctx context.Context, where string, args ...any) error {
	_, err := s.db.NewRaw(`UPDATE attempts a SET grading_version = g.grading_version, score_milli = g.score_milli, passed = g.passed
FROM grades g WHERE g.attempt_id = a.id AND g.grading_version = a.grading_version + 1 AND a.state = 'graded' AND `+where, args...).Exec(ctx)
	return fail(err, "put grades in force", "")
}

// InsertInclusion implements exam.AmendStore.
func (s *AmendStore) InsertInclusion(ctx context.Context, p *exam.LateInclusion) error {
	_, err := s.db.NewRaw("INSERT INTO late_inclusions (id, attempt_id, op_ids, reason, proposed_by) VALUES (?, ?, ?::uuid[], ?, ?)",
		p.ID, p.AttemptID, pgdialect.Array(p.OpIDs), p.Reason, p.ProposedBy).Exec(ctx)
	return fail(err, "insert proposal", "")
}

// InclusionAttempt implements exam.AmendStore.
func (s *AmendStore) InclusionAttempt(ctx context.Context, scope domain.Scope, inclusionID string) (string, error) {
	var id string
	err := s.db.NewRaw(`SELECT i.attempt_id FROM late_inclusions i JOIN attempts a ON a.id = i.attempt_id WHERE i.id = ? AND ?`,
		inclusionID, scopePeople(scope, "a.person_id")).Scan(ctx, &id)
	return id, fail(err, "read proposal", "exam.proposal_not_found")
}

const inclusionColumns = `i.id, i.attempt_id, i.op_ids::text[], i.reason, i.proposed_by, coalesce(pp.name, ''), i.proposed_at,
  d.approved, d.reason, d.decided_by, dp.name, d.decided_at`

const inclusionTables = ` FROM late_inclusions i LEFT JOIN people pp ON pp.id = i.proposed_by
LEFT JOIN late_decisions d ON d.inclusion_id = i.id LEFT JOIN people dp ON dp.id = d.decided_by `

func scanInclusion(r scanner, p *exam.LateInclusion, more ...any) error {
	var approved *bool
	var reason, by, name *string
	var at *time.Time
	err := r.Scan(append([]any{
		&p.ID, &p.AttemptID, pgdialect.Array(&p.OpIDs), &p.Reason, &p.ProposedBy, &p.ProposerName, &p.ProposedAt,
		&approved, &reason, &by, &name, &at,
	}, more...)...)
	if err == nil && approved != nil {
		p.Decision = &exam.LateDecision{Approved: *approved, Reason: *reason, DecidedBy: *by, DecidedAt: *at}
		if name != nil {
			p.Decision.DeciderName = *name
		}
	}
	return err
}

// Inclusion implements exam.AmendStore.
func (s *AmendStore) Inclusion(ctx context.Context, inclusionID string) (*exam.LateInclusion, error) {
	p := &exam.LateInclusion{}
	err := scanInclusion(s.db.QueryRowContext(ctx, "SELECT "+inclusionColumns+inclusionTables+"WHERE i.id = ?", inclusionID), p)
	return p, fail(err, "read proposal", "exam.proposal_not_found")
}

// OpenInclusion implements exam.AmendStore.
func (s *AmendStore) OpenInclusion(ctx context.Context, attemptID string) (bool, error) {
	var there bool
	err := s.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM late_inclusions i WHERE i.attempt_id = ?
  AND NOT EXISTS (SELECT 1 FROM late_decisions d WHERE d.inclusion_id = i.id))`, attemptID).Scan(ctx, &there)
	return there, fail(err, "look for a proposal", "")
}

// InsertDecision implements exam.AmendStore.
func (s *AmendStore) InsertDecision(ctx context.Context, p *exam.LateInclusion) error {
	_, err := s.db.NewRaw("INSERT INTO late_decisions (inclusion_id, approved, reason, decided_by) VALUES (?, ?, ?, ?)",
		p.ID, p.Decision.Approved, p.Decision.Reason, p.Decision.DecidedBy).Exec(ctx)
	return fail(err, "insert decision", "", "late_decisions_pkey", "exam.proposal_decided")
}

// Inclusions implements exam.AmendStore: newest first.
func (s *AmendStore) Inclusions(ctx context.Context, scope domain.Scope, f exam.InclusionFilter, p domain.Paging) (domain.Page[exam.InclusionRow], error) {
	var page domain.Page[exam.InclusionRow]
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return page, err
	}
	where, args := "WHERE ?", []any{scopePeople(scope, "a.person_id")}
	if f.AttemptID != "" {
		where, args = where+" AND i.attempt_id = ?", append(args, f.AttemptID)
	}
	if f.Open != nil {
		where, args = where+" AND (d.inclusion_id IS NULL) = ?", append(args, *f.Open)
	}
	if key != nil {
		where, args = where+" AND i.id < ?", append(args, key[0])
	}
	var list []exam.InclusionRow
	err = s.eachRow(ctx, "list proposals", func(r scanner) error {
		var v exam.InclusionRow
		err := scanInclusion(r, &v.LateInclusion, &v.ExamID, &v.ExamTitle, &v.PersonID, &v.PersonName, &v.PersonNumber, &v.DueAt, &v.LatestLate)
		list = append(list, v)
		return err
	}, "SELECT "+inclusionColumns+`, x.id, x.title, p.id, p.name, p.number, a.due_at,
  (SELECT max(l.received_at) FROM attempt_late_operations l WHERE l.attempt_id = i.attempt_id AND l.op_id = ANY (i.op_ids))`+inclusionTables+
		"JOIN attempts a ON a.id = i.attempt_id JOIN exams x ON x.id = a.exam_id JOIN people p ON p.id = a.person_id "+where+
		fmt.Sprintf(" ORDER BY i.id DESC LIMIT %d", p.Size()+1), args...)
	return domain.Cut(list, p.Size(), func(v exam.InclusionRow) []string { return []string{v.ID} }), err
}

// KeepVoid implements exam.AmendStore.
func (s *AmendStore) KeepVoid(ctx context.Context, v *exam.Void) error {
	res, err := s.db.NewRaw("UPDATE attempts SET state = 'voided', voided_at = clock_timestamp() WHERE id = ?", v.AttemptID).Exec(ctx)
	if err := mustAffect(res, err, "void attempt", "exam.attempt_not_found"); err != nil {
		return err
	}
	_, err = s.db.NewRaw("INSERT INTO attempt_voids (attempt_id, reason, counts, voided_by) VALUES (?, ?, ?, ?)", v.AttemptID, v.Reason, v.Counts, v.By).Exec(ctx)
	return fail(err, "keep void", "", "attempt_voids_pkey", "exam.attempt_voided")
}

// PeopleInScope implements exam.AmendStore.
func (s *AmendStore) PeopleInScope(ctx context.Context, scope domain.Scope, ids []string) (map[string]exam.PersonLabel, error) {
	out := map[string]exam.PersonLabel{}
	if len(ids) == 0 {
		return out, nil
	}
	return out, s.eachRow(ctx, "read people", func(r scanner) error {
		var id string
		var v exam.PersonLabel
		err := r.Scan(&id, &v.Name, &v.Number)
		out[id] = v
		return err
	}, "SELECT p.id, p.name, p.number FROM people p WHERE p.id IN (?) AND ?", bun.List(ids), scopePeople(scope, "p.id"))
}
