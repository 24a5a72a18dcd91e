package exam

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/question"
)

// Partial says what an incomplete answer to a multiple-choice question earns.
type Partial string

// The partial-credit rules. A wrong choice always earns nothing.
const (
	PartialFull Partial = "full" // all or nothing
	PartialHalf Partial = "half" // half the points when right but incomplete
)

// MaxItems bounds a paper.
const MaxItems = 300

// PaperItem is one question put on a paper by hand. PointsMilli 0 takes the
// question's own points.
type PaperItem struct {
	QuestionID  string `json:"question_id"`
	PointsMilli int    `json:"points_milli"`
}

// BlueprintRow asks for Count questions of a bank. Kind and Tag "" do not limit.
type BlueprintRow struct {
	BankID      string        `json:"bank_id"`
	Kind        question.Kind `json:"kind"`
	Tag         string        `json:"tag"`
	Count       int           `json:"count"`
	PointsMilli int           `json:"points_milli"`
}

// Paper is the recipe of what is asked: questions chosen by hand, or a blueprint
// and the seed of its draw. Publishing an exam turns it into a Frozen.
type Paper struct {
	ID        string
	Title     string
	Partial   Partial
	Items     []PaperItem
	Blueprint []BlueprintRow
	DrawSeed  uint64 // the same seed and the same bank give the same questions
	Version   int    // of the row, to refuse lost updates
	UsedBy    int    // exams on it that are not drafts
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Count is the number of questions that the recipe asks for.
func (p *Paper) Count() int {
	if len(p.Blueprint) == 0 {
		return len(p.Items)
	}
	n := 0
	for _, r := range p.Blueprint {
		n += r.Count
	}
	return n
}

// Validate trims and checks a recipe: Invalid "exam.paper_not_valid" with every
// wrong field.
func (p *Paper) Validate() error {
	p.Title = strings.TrimSpace(p.Title)
	if p.Partial == "" {
		p.Partial = PartialFull
	}
	e := domain.E(domain.Invalid, "exam.paper_not_valid")
	if n := utf8.RuneCountInString(p.Title); n == 0 || n > maxTitle {
		e = e.At("body.title", "exam.title_length", "max", maxTitle)
	}
	if p.Partial != PartialFull && p.Partial != PartialHalf {
		e = e.At("body.partial", "exam.partial_unknown")
	}
	switch {
	case len(p.Items) > 0 && len(p.Blueprint) > 0:
		e = e.At("body.blueprint", "exam.paper_both_ways")
	case p.Count() == 0:
		e = e.At("body.items", "exam.paper_empty")
	case p.Count() > MaxItems:
		e = e.At("body.items", "exam.paper_too_long", "max", MaxItems)
	}
	seen := map[string]bool{}
	for i, it := range p.Items {
		at := fmt.Sprintf("body.items[%d]", i)
		if it.QuestionID == "" || seen[it.QuestionID] {
			e = e.At(at+".question_id", "exam.paper_question_repeated")
		}
		seen[it.QuestionID] = true
		if it.PointsMilli < 0 || it.PointsMilli > question.MaxPointsMilli {
			e = e.At(at+".points_milli", "exam.points_out_of_range", "max", question.MaxPointsMilli/1000)
		}
	}
	for i, r := range p.Blueprint {
		e = r.check(e, fmt.Sprintf("body.blueprint[%d]", i))
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (r BlueprintRow) check(e *domain.Error, at string) *domain.Error {
	if r.BankID == "" {
		e = e.At(at+".bank_id", "exam.row_bank_missing")
	}
	if r.Kind != "" && !r.Kind.Known() {
		e = e.At(at+".kind", "exam.row_kind_unknown")
	}
	if r.Count < 1 || r.Count > MaxItems {
		e = e.At(at+".count", "exam.row_count_out_of_range", "max", MaxItems)
	}
	if r.PointsMilli < 0 || r.PointsMilli > question.MaxPointsMilli {
		e = e.At(at+".points_milli", "exam.points_out_of_range", "max", question.MaxPointsMilli/1000)
	}
	return e
}
