package app

import (
	"context"
	"crypto/hmac"
	"fmt"

	"github.com/google/uuid"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/org"
)

// Results lists the attempts of an exam of people within the actor's scope.
func (u *Attempts) Results(ctx context.Context, who Actor, f exam.ResultFilter, p domain.Paging) (domain.Page[exam.Result], *exam.Summary, error) {
	id, err := ParseID(f.ExamID, "exam.not_found")
	if err != nil {
		return domain.Page[exam.Result]{}, nil, err
	}
	f.ExamID = id
	scope := who.Scope(org.PermExamResults)
	page, err := u.store.Results(ctx, scope, f, p)
	if err != nil || p.Token != "" {
		return page, nil, err
	}
	sum, err := u.store.Summary(ctx, scope, id)
	return page, sum, err
}

// Evidence is everything kept about one attempt. Of Operations it holds one page.
type Evidence struct {
	*exam.Evidence
	Sheet      *exam.Sheet
	Operations []EvidentOperation
	NextToken  string
}

// EvidentOperation is one operation with what it is worth as evidence.
type EvidentOperation struct {
	exam.Kept
	Genuine bool // its keyed fingerprint still fits
	Counts  bool // it is the answer that was or will be graded
}

// Evidence opens an attempt of a person within the actor's scope. Opening it is
// audited, because it shows another's answers.
func (u *Attempts) Evidence(ctx context.Context, who Actor, attemptID string, p domain.Paging) (*Evidence, error) {
	id, err := uuid.Parse(attemptID)
	if err != nil {
		return nil, domain.E(domain.NotFound, "exam.attempt_not_found")
	}
	token, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return nil, err
	}
	after := int64(0)
	if token != nil {
		if _, err := fmt.Sscan(token[0], &after); err != nil {
			return nil, domain.E(domain.Invalid, "page.bad_token")
		}
	}
	e, err := u.store.Evidence(ctx, who.Scope(org.PermExamEvidence), id.String())
	if err != nil {
		return nil, err
	}
	out := &Evidence{Evidence: e}
	if e.Exam.PaperHash != (exam.Hash{}) {
		if out.Sheet, err = u.sheet(ctx, layout{
			seed: e.Seed, paperName: paperName{e.Exam.PaperHash, e.Exam.Correction},
			shuffleQuestions: e.Exam.ShuffleQuestions, shuffleOptions: e.Exam.ShuffleOptions,
		}); err != nil {
			return nil, err
		}
	}
	ops, err := u.store.Operations(ctx, id.String(), after, p.Size()+1)
	if err != nil {
		return nil, err
	}
	for i := range ops {
		ops[i].Included = ops[i].Late && exam.IsIncluded(e.Inclusions, exam.OpID(ops[i].ID))
	}
	if len(ops) > p.Size() {
		ops = ops[:p.Size()]
		out.NextToken = domain.EncodeToken(fmt.Sprint(ops[len(ops)-1].ServerSeq))
	}
	if out.Operations, err = u.weigh(ctx, id, ops, e.Answers); err != nil {
		return nil, err
	}
	if after == 0 {
		err = u.store.Audit(ctx, who.Did("exam.open_evidence", "attempt", id.String(), "person_id", e.PersonID))
	}
	return out, err
}

func (u *Attempts) weigh(ctx context.Context, attempt [16]byte, ops []exam.Kept, counts []exam.Answer) ([]EvidentOperation, error) {
	key, err := u.key(ctx)
	if err != nil {
		return nil, err
	}
	won := map[int]exam.Answer{}
	for _, a := range counts {
		won[a.Item] = a
	}
	out := make([]EvidentOperation, len(ops))
	for i, k := range ops {
		a, ok := won[k.Item]
		out[i] = EvidentOperation{
			Kept: k, Genuine: hmac.Equal(k.MAC, exam.Seal(key, attempt, k.Epoch, k.Operation)),
			Counts: ok && (!k.Late || k.Included) && a.Seq == k.Seq && a.Choice == k.Choice,
		}
	}
	return out, nil
}

// CheckReceipt says whether a receipt that a learner shows is ours and of this
// attempt: Invalid "exam.receipt_not_ours" otherwise.
func (u *Attempts) CheckReceipt(ctx context.Context, who Actor, attemptID, receipt string) (*exam.Receipt, error) {
	id, err := uuid.Parse(attemptID)
	if err != nil {
		return nil, domain.E(domain.NotFound, "exam.attempt_not_found")
	}
	if _, err := u.store.Evidence(ctx, who.Scope(org.PermExamEvidence), id.String()); err != nil {
		return nil, err
	}
	key, err := u.key(ctx)
	if err != nil {
		return nil, err
	}
	r, ok := exam.VerifyReceipt(key, receipt)
	if !ok || r.Attempt != id {
		return nil, domain.E(domain.Invalid, "exam.receipt_not_ours")
	}
	return &r, nil
}
