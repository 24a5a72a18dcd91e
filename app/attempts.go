package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
)

// Attempts is sitting an exam: start, answer, take over, submit, review, and the
// work behind it. Make it with NewAttempts.
type Attempts struct {
	store   exam.AttemptStore
	papers  lru[paperName, *exam.Frozen]
	layouts lru[string, layout]
	key     func(ctx context.Context) ([]byte, error)
}

// layout is what never changes about an attempt that has begun.
type layout struct {
	personID string
	seed     []byte
	paperName
	shuffleQuestions, shuffleOptions bool
}

// paperName names a frozen paper and the correction that it is marked under.
type paperName struct{ hash, correction exam.Hash }

// NewAttempts prepares the use case. It keeps at most 64 frozen papers and the
// layout of 50,000 attempts in memory; both are immutable.
func NewAttempts(store exam.AttemptStore) *Attempts {
	u := &Attempts{store: store}
	u.papers.max, u.layouts.max = 64, 50_000
	var mu sync.Mutex
	var key []byte
	u.key = func(ctx context.Context) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if key == nil {
			k, err := store.ReceiptKey(ctx)
			if err != nil {
				return nil, err
			}
			key = k
		}
		return key, nil
	}
	return u
}

// View is an attempt as its learner sees it. Sheet is nil unless the attempt is
// in progress; Epoch of the attempt is only for the device that holds it.
type View struct {
	*exam.Sitting
	Sheet         *exam.Sheet
	HeldElsewhere bool
	Receipt       string // of the submit
}

// MyExams lists the actor's exams, latest opening first.
func (u *Attempts) MyExams(ctx context.Context, who Actor, f exam.MyFilter, p domain.Paging) (domain.Page[exam.MyExam], time.Time, error) {
	return u.store.MyExams(ctx, who.PersonID, f, p)
}

// MyExam reads one exam of the actor: NotFound "exam.not_found" outside the audience.
func (u *Attempts) MyExam(ctx context.Context, who Actor, examID string) (*exam.MyExam, time.Time, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, time.Time{}, err
	}
	return u.store.MyExam(ctx, who.PersonID, id)
}

// Start begins the actor's attempt, or goes on with the one under way. A person
// of the audience who was not minted is minted now. Errors: NotFound
// "exam.not_found"; Conflict "exam.not_open_yet", "exam.closed",
// "exam.cancelled", "exam.no_attempts_left".
func (u *Attempts) Start(ctx context.Context, who Actor, examID, deviceID string) (*View, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, err
	}
	v, err := u.store.Start(ctx, id, who.PersonID, deviceID)
	if err != nil {
		return nil, err
	}
	if v == nil {
		v, err = u.startAnyway(ctx, who, id, deviceID)
	}
	if err != nil {
		return nil, err
	}
	return u.view(ctx, v, deviceID)
}

// startAnyway is for whoever has no ready attempt in an open window.
func (u *Attempts) startAnyway(ctx context.Context, who Actor, examID, deviceID string) (*exam.Sitting, error) {
	v, err := u.store.Current(ctx, examID, who.PersonID)
	switch {
	case err != nil && domain.CodeOf(err) != domain.NotFound:
		return nil, err
	case err == nil && v.Attempt.State == exam.InProgress:
		return v, nil
	case err == nil && v.Attempt.State == exam.Ready:
		if err := v.Exam.MayStart(v.Now); err != nil {
			return nil, err
		}
	default:
		m, err := newMint(who.PersonID)
		if err != nil {
			return nil, err
		}
		if err := u.store.MintNext(ctx, examID, who.PersonID, m); err != nil {
			return nil, err
		}
	}
	if v, err = u.store.Start(ctx, examID, who.PersonID, deviceID); v != nil || err != nil {
		return v, err
	}
	return u.store.Current(ctx, examID, who.PersonID) // another request was faster
}

func newMint(personID string) (exam.Mint, error) {
	m := exam.Mint{AttemptID: NewID(), PersonID: personID, Seed: make([]byte, exam.SeedSize)}
	if _, err := rand.Read(m.Seed); err != nil {
		return m, fmt.Errorf("seed: %w", err)
	}
	return m, nil
}

// Attempt reads the actor's attempt with what counts now.
func (u *Attempts) Attempt(ctx context.Context, who Actor, attemptID, deviceID string) (*View, error) {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return nil, err
	}
	v, err := u.store.Sitting(ctx, id, who.PersonID, true)
	if err != nil {
		return nil, err
	}
	return u.view(ctx, v, deviceID)
}

// TakeOver makes a device the writer of the actor's attempt; the device before
// is refused from now on.
func (u *Attempts) TakeOver(ctx context.Context, who Actor, attemptID, deviceID string) (*View, error) {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return nil, err
	}
	if err := u.store.TakeOver(ctx, id, who.PersonID, deviceID, who.Did("exam.take_over", "attempt", id, "device_id", deviceID)); err != nil {
		return nil, err
	}
	return u.Attempt(ctx, who, id, deviceID)
}

func (u *Attempts) view(ctx context.Context, v *exam.Sitting, deviceID string) (*View, error) {
	out := &View{Sitting: v, HeldElsewhere: v.Attempt.HeldElsewhere(deviceID)}
	if v.Attempt.SubmittedAt != nil {
		r, err := u.submitReceipt(ctx, &v.Attempt)
		out.Receipt = r
		return out, err
	}
	if v.Attempt.State != exam.InProgress {
		return out, nil
	}
	l := layoutOf(v)
	u.layouts.put(v.Attempt.ID, l)
	sheet, err := u.sheet(ctx, l)
	out.Sheet = sheet
	return out, err
}

func layoutOf(v *exam.Sitting) layout {
	return layout{
		personID: v.Attempt.PersonID, seed: v.Attempt.Seed, paperName: paperName{hash: v.Exam.PaperHash},
		shuffleQuestions: v.Exam.ShuffleQuestions, shuffleOptions: v.Exam.ShuffleOptions,
	}
}

func (u *Attempts) sheet(ctx context.Context, l layout) (*exam.Sheet, error) {
	p, err := u.paper(ctx, l.paperName)
	if err != nil {
		return nil, err
	}
	return exam.NewSheet(p, l.seed, l.shuffleQuestions, l.shuffleOptions), nil
}

func (u *Attempts) paper(ctx context.Context, n paperName) (*exam.Frozen, error) {
	if p, ok := u.papers.get(n); ok {
		return p, nil
	}
	p, err := readPaper(ctx, u.store.Frozen, n.hash)
	if err != nil {
		return nil, err
	}
	if p, err = correctPaper(ctx, u.store.Correction, p, n.correction); err != nil {
		return nil, err
	}
	u.papers.put(n, p)
	return p, nil
}

// GivenAnswer is one operation as the browser sends it, in the names of its sheet.
type GivenAnswer struct {
	OpID  string
	Item  string
	Seq   int
	Value []string
}

// SaveAck tells what is durable now.
type SaveAck struct {
	State     exam.AttemptState
	Now       time.Time
	DueAt     time.Time
	ServerSeq int64
	Saved     []string // op ids that count
	Sealed    []string // op ids that came too late: kept as evidence, not graded
	Receipt   string
}

// Save keeps answers of the actor's attempt. It returns after the commit; what
// was kept before is acknowledged again. Errors: Conflict "exam.taken_over" for
// an old epoch, "exam.attempt_not_open" after a submit,
// "exam.operation_reused"; Invalid "exam.operations_not_valid".
func (u *Attempts) Save(ctx context.Context, who Actor, attemptID string, epoch int, given []GivenAnswer) (*SaveAck, error) {
	id, err := uuid.Parse(attemptID)
	if err != nil {
		return nil, domain.E(domain.NotFound, "exam.attempt_not_found")
	}
	in := exam.Save{AttemptID: id.String(), PersonID: who.PersonID, Epoch: epoch}
	if in.Operations, err = u.translate(ctx, in.AttemptID, who.PersonID, given); err != nil {
		return nil, err
	}
	key, err := u.key(ctx)
	if err != nil {
		return nil, err
	}
	in.Seals = make([][]byte, len(in.Operations))
	for i, o := range in.Operations {
		in.Seals[i] = exam.Seal(key, id, epoch, o)
	}
	saved, err := u.store.Save(ctx, in)
	if err != nil {
		return nil, err
	}
	receipt := exam.Receipt{
		Attempt: id, At: saved.Guard.Now, ServerSeq: saved.ServerSeq,
		Digest: exam.DigestOf(slices.Concat(saved.Kept, saved.Sealed)),
	}
	return &SaveAck{
		State: saved.Guard.State, Now: saved.Guard.Now, DueAt: saved.Guard.DueAt, ServerSeq: saved.ServerSeq,
		Saved: uuids(saved.Kept), Sealed: uuids(saved.Sealed), Receipt: receipt.Sign(key),
	}, nil
}

func uuids(ids [][16]byte) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = uuid.UUID(id).String()
	}
	return out
}

// translate resolves the names of a sheet. An attempt that is not the actor's is
// not found.
func (u *Attempts) translate(ctx context.Context, attemptID, personID string, given []GivenAnswer) ([]exam.Operation, error) {
	l, ok := u.layouts.get(attemptID)
	if !ok {
		v, err := u.store.Sitting(ctx, attemptID, personID, false)
		if err != nil {
			return nil, err
		}
		if v.Attempt.State == exam.Ready {
			return nil, exam.NotOpen(exam.Ready)
		}
		l = layoutOf(v)
		u.layouts.put(attemptID, l)
	}
	if l.personID != personID {
		return nil, domain.E(domain.NotFound, "exam.attempt_not_found")
	}
	sheet, err := u.sheet(ctx, l)
	if err != nil {
		return nil, err
	}
	e := domain.E(domain.Invalid, "exam.operations_not_valid")
	ops := make([]exam.Operation, len(given))
	for i, g := range given {
		at := fmt.Sprintf("body.operations[%d]", i)
		if ops[i].ID, err = uuid.Parse(g.OpID); err != nil {
			e = e.At(at+".op_id", "exam.op_id_not_valid")
		}
		item := sheet.Find(g.Item)
		if item < 0 {
			e = e.At(at+".item", "exam.item_unknown")
			continue
		}
		c, ok := sheet.Choose(item, g.Value)
		if !ok || !sheet.Frozen(item).Takes(c) {
			e = e.At(at+".value", "exam.value_not_valid")
		}
		ops[i].Item, ops[i].Seq, ops[i].Choice = sheet.Items[item].Item, g.Seq, c
	}
	if len(e.Fields) > 0 {
		return nil, e
	}
	return ops, exam.CheckBatch(ops)
}

// Submitted is the end of an attempt, the same however often it is asked for.
type Submitted struct {
	Attempt exam.Attempt
	Now     time.Time
	Receipt string
}

// Submit ends the actor's attempt and has it graded. A second submit returns the
// first's receipt, whichever device or clock was first. Errors: Conflict
// "exam.taken_over", "exam.attempt_not_open".
func (u *Attempts) Submit(ctx context.Context, who Actor, attemptID string, epoch int) (*Submitted, error) {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return nil, err
	}
	v, _, err := u.store.Submit(ctx, id, who.PersonID, epoch, job.GradeAttempt{AttemptID: id})
	if err != nil {
		return nil, err
	}
	a := &v.Attempt
	switch {
	case a.State == exam.InProgress && a.Epoch > 1:
		return nil, exam.TakenOver(a.HeldAt)
	case a.State == exam.InProgress:
		return nil, exam.TakenOver(nil)
	case a.SubmittedAt == nil || a.State == exam.Voided:
		return nil, exam.NotOpen(a.State)
	}
	receipt, err := u.submitReceipt(ctx, a)
	return &Submitted{Attempt: *a, Now: v.Now, Receipt: receipt}, err
}

func (u *Attempts) submitReceipt(ctx context.Context, a *exam.Attempt) (string, error) {
	key, err := u.key(ctx)
	if err != nil {
		return "", err
	}
	id, err := uuid.Parse(a.ID)
	if err != nil {
		return "", fmt.Errorf("attempt id: %w", err)
	}
	return exam.Receipt{Submit: true, Attempt: id, At: *a.SubmittedAt}.Sign(key), nil
}
