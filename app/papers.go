package app

import (
	"context"
	"fmt"
	"math/rand/v2"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// Papers is composing papers by hand or by blueprint.
type Papers struct{ Store exam.PaperStore }

// PaperDraw is what a recipe gives now. Points are per question; Rows tell how a
// blueprint fared.
type PaperDraw struct {
	Seed       uint64
	Questions  []question.Question
	Points     []int
	Rows       []exam.RowDraw
	TotalMilli int
}

// Complete reports whether nothing is missing.
func (d *PaperDraw) Complete() bool { return exam.Shortage(d.Rows) == nil }

// Create keeps a recipe: Invalid "exam.paper_not_valid", NotFound
// "question.not_found" for a question that is not there.
func (u *Papers) Create(ctx context.Context, who Actor, p exam.Paper) (*exam.Paper, error) {
	if err := checkPaper(&p); err != nil {
		return nil, err
	}
	p.ID, p.CreatedBy, p.DrawSeed = NewID(), who.PersonID, newDrawSeed()
	err := u.Store.InTx(ctx, func(ctx context.Context, tx exam.PaperStore) error {
		if _, err := tx.QuestionsByID(ctx, itemIDs(&p)); err != nil {
			return err
		}
		if err := tx.InsertPaper(ctx, &p); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.create_paper", "paper", p.ID, "title", p.Title, "questions", p.Count()))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Paper(ctx, p.ID)
}

// Update changes a recipe. Exams that were published on it keep their frozen
// paper. Conflict "exam.changed_meanwhile" unless p.Version is the newest.
func (u *Papers) Update(ctx context.Context, who Actor, paperID string, p exam.Paper) (*exam.Paper, error) {
	id, err := ParseID(paperID, "exam.paper_not_found")
	if err != nil {
		return nil, err
	}
	if err := checkPaper(&p); err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx exam.PaperStore) error {
		old, err := tx.Paper(ctx, id)
		if err != nil {
			return err
		}
		if _, err := tx.QuestionsByID(ctx, itemIDs(&p)); err != nil {
			return err
		}
		p.ID, p.DrawSeed = id, old.DrawSeed
		if p.Version == 0 {
			p.Version = old.Version
		}
		if err := tx.SavePaper(ctx, &p); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.update_paper", "paper", id, "title", p.Title, "questions", p.Count()))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Paper(ctx, id)
}

// Paper reads a recipe and what it gives now.
func (u *Papers) Paper(ctx context.Context, _ Actor, paperID string) (*exam.Paper, *PaperDraw, error) {
	id, err := ParseID(paperID, "exam.paper_not_found")
	if err != nil {
		return nil, nil, err
	}
	p, err := u.Store.Paper(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	d, err := drawPaper(ctx, u.Store, p)
	return p, d, err
}

// List lists recipes, newest first.
func (u *Papers) List(ctx context.Context, _ Actor, query string, p domain.Paging) (domain.Page[exam.Paper], error) {
	return u.Store.Papers(ctx, query, p)
}

// Draw shows what a recipe gives under another seed; 0 takes a fresh one. With
// keep the paper keeps the seed, so that an exam is published on what was shown.
func (u *Papers) Draw(ctx context.Context, who Actor, paperID string, seed uint64, keep bool) (*PaperDraw, error) {
	id, err := ParseID(paperID, "exam.paper_not_found")
	if err != nil {
		return nil, err
	}
	if seed == 0 {
		seed = newDrawSeed()
	}
	p, err := u.Store.Paper(ctx, id)
	if err != nil {
		return nil, err
	}
	p.DrawSeed = seed
	if keep {
		err := u.Store.InTx(ctx, func(ctx context.Context, tx exam.PaperStore) error {
			if err := tx.SavePaper(ctx, p); err != nil {
				return err
			}
			return tx.Audit(ctx, who.Did("exam.draw_paper", "paper", id, "seed", seed))
		})
		if err != nil {
			return nil, err
		}
	}
	return drawPaper(ctx, u.Store, p)
}

// drawPaper resolves a recipe against the banks of now.
func drawPaper(ctx context.Context, src exam.Source, p *exam.Paper) (*PaperDraw, error) {
	d := &PaperDraw{Seed: p.DrawSeed}
	ids, points := itemIDs(p), make([]int, 0, p.Count())
	for _, it := range p.Items {
		points = append(points, it.PointsMilli)
	}
	if len(p.Blueprint) > 0 {
		pools := make([][]string, len(p.Blueprint))
		for i, r := range p.Blueprint {
			pool, err := src.Pool(ctx, r)
			if err != nil {
				return nil, err
			}
			pools[i] = pool
		}
		var drawn []exam.Drawn
		drawn, d.Rows = exam.Draw(p.Blueprint, pools, p.DrawSeed)
		for _, v := range drawn {
			ids, points = append(ids, v.QuestionID), append(points, p.Blueprint[v.Row].PointsMilli)
		}
	}
	byID, err := src.QuestionsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		q := byID[id]
		if points[i] == 0 {
			points[i] = q.PointsMilli
		}
		d.Questions, d.TotalMilli = append(d.Questions, q), d.TotalMilli+points[i]
	}
	d.Points = points
	return d, nil
}

func checkPaper(p *exam.Paper) error {
	e := domain.E(domain.Invalid, "exam.paper_not_valid")
	for i := range p.Items {
		id, err := ParseID(p.Items[i].QuestionID, "question.not_found")
		if err != nil {
			e = e.At(fmt.Sprintf("body.items[%d].question_id", i), "question.not_found")
		}
		p.Items[i].QuestionID = id
	}
	for i := range p.Blueprint {
		id, err := ParseID(p.Blueprint[i].BankID, "question.bank_not_found")
		if err != nil {
			e = e.At(fmt.Sprintf("body.blueprint[%d].bank_id", i), "question.bank_not_found")
		}
		p.Blueprint[i].BankID = id
	}
	if len(e.Fields) > 0 {
		return e
	}
	return p.Validate()
}

func itemIDs(p *exam.Paper) []string {
	ids := make([]string, 0, p.Count())
	for _, it := range p.Items {
		ids = append(ids, it.QuestionID)
	}
	return ids
}

// newDrawSeed stays within what every JSON reader keeps exact.
func newDrawSeed() uint64 { return uint64(rand.Uint32()) + 1 } //nolint:gosec // no secret: the author sees the draw
