package question

import (
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Bank is a named collection of questions.
type Bank struct {
	ID          string
	Name        string
	Description string
	Questions   int // active ones
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Validate trims and checks a bank: Invalid "question.bank_not_valid".
func (b *Bank) Validate() error {
	b.Name, b.Description = strings.TrimSpace(b.Name), strings.TrimSpace(b.Description)
	e := domain.E(domain.Invalid, "question.bank_not_valid")
	e = checkText(e, "body.name", b.Name, 1, 80)
	if utf8.RuneCountInString(b.Description) > 500 {
		e = e.At("body.description", "question.text_too_long", "max", 500)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
