// Package question holds banks and the versions of their questions: what a
// question must look like to be asked at all. What it is worth, and when it is
// shown, belongs to package exam.
package question

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Kind says how a question is answered.
type Kind string

// The kinds. A judgement is a question of the two fixed options JudgementTrue
// and JudgementFalse.
const (
	Single    Kind = "single"
	Multiple  Kind = "multiple"
	Judgement Kind = "judgement"
)

// Kinds lists every kind in the order that screens show them.
func Kinds() []Kind { return []Kind{Single, Multiple, Judgement} }

// Known reports whether k is one of Kinds.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Option ids of a judgement.
const (
	JudgementTrue  = "true"
	JudgementFalse = "false"
)

// Bounds of a question. MaxOptions keeps an answer inside 31 bits.
const (
	MaxOptions     = 12
	MaxStem        = 4000
	MaxOptionText  = 1000
	MaxExplanation = 4000
	MaxSource      = 300
	MaxTags        = 10
	MaxTag         = 30
	MaxPointsMilli = 100_000
	DefaultPoints  = 1000
)

// State of a question. A retired one is never drawn again; frozen papers that
// hold it keep it.
type State string

// The states of a question.
const (
	Active  State = "active"
	Retired State = "retired"
)

// Option is one choice. ID is the author's ("A", "true"); learners never see it.
type Option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Content is what one version of a question says. It never changes once kept.
type Content struct {
	Kind        Kind
	Stem        string
	Options     []Option
	Key         []string // ids of the right options
	PointsMilli int      // what it is worth when the paper does not say, in thousandths
	Explanation string
	Source      string
	Tags        []string
	Difficulty  int // 1 (easy) to 5
}

// Question is a content with its place and history.
type Question struct {
	ID      string
	BankID  string
	Version int // of the content; starts at 1
	State   State
	Content
	UsedBy    int // published exams whose frozen paper holds any version
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Version is one kept content of a question.
type Version struct {
	QuestionID string
	Number     int
	Content
	CreatedBy string
	CreatedAt time.Time
}

// Normalise trims texts, names options that have no id (A, B, C…), gives a
// judgement its two options, sorts key and tags, and fills the defaults. It
// does not check anything.
func (c Content) Normalise() Content {
	c.Stem, c.Explanation, c.Source = strings.TrimSpace(c.Stem), strings.TrimSpace(c.Explanation), strings.TrimSpace(c.Source)
	options := make([]Option, len(c.Options))
	for i, o := range c.Options {
		options[i] = Option{ID: strings.TrimSpace(o.ID), Text: strings.TrimSpace(o.Text)}
		if options[i].ID == "" {
			options[i].ID = string(rune('A' + i%26))
		}
	}
	c.Options = options
	if c.Kind == Judgement && len(c.Options) == 0 {
		c.Options = []Option{{JudgementTrue, "正确"}, {JudgementFalse, "错误"}}
	}
	c.Key = slices.Clone(c.Key)
	slices.Sort(c.Key)
	tags := make([]string, 0, len(c.Tags))
	for _, t := range c.Tags {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	slices.Sort(tags)
	c.Tags = slices.Compact(tags)
	if c.PointsMilli == 0 {
		c.PointsMilli = DefaultPoints
	}
	if c.Difficulty == 0 {
		c.Difficulty = 3
	}
	return c
}

// Validate checks a normalised content. The error is Invalid
// "question.not_valid" with every wrong field of the body.
func (c Content) Validate() error {
	e := domain.E(domain.Invalid, "question.not_valid")
	if !c.Kind.Known() {
		e = e.At("body.kind", "question.kind_unknown")
	}
	e = checkText(e, "body.stem", c.Stem, 1, MaxStem)
	e = checkText(e, "body.explanation", c.Explanation, 0, MaxExplanation)
	e = checkText(e, "body.source", c.Source, 0, MaxSource)
	e = c.checkOptions(e)
	e = c.checkKey(e)
	if c.PointsMilli < 1 || c.PointsMilli > MaxPointsMilli {
		e = e.At("body.points_milli", "question.points_out_of_range", "max", MaxPointsMilli/1000)
	}
	if c.Difficulty < 1 || c.Difficulty > 5 {
		e = e.At("body.difficulty", "question.difficulty_out_of_range")
	}
	if len(c.Tags) > MaxTags {
		e = e.At("body.tags", "question.too_many_tags", "max", MaxTags)
	}
	for i, t := range c.Tags {
		e = checkText(e, "body.tags["+strconv.Itoa(i)+"]", t, 1, MaxTag)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (c Content) checkOptions(e *domain.Error) *domain.Error {
	minimum := 2
	if c.Kind == Multiple {
		minimum = 3
	}
	switch {
	case c.Kind == Judgement:
		if len(c.Options) != 2 || c.Options[0].ID != JudgementTrue || c.Options[1].ID != JudgementFalse {
			return e.At("body.options", "question.judgement_options_fixed")
		}
	case len(c.Options) < minimum || len(c.Options) > MaxOptions:
		return e.At("body.options", "question.options_out_of_range", "min", minimum, "max", MaxOptions)
	}
	ids, texts := map[string]bool{}, map[string]bool{}
	for i, o := range c.Options {
		at := fmt.Sprintf("body.options[%d]", i)
		if ids[o.ID] || utf8.RuneCountInString(o.ID) > 16 {
			e = e.At(at+".id", "question.option_id_repeated")
		}
		if o.Text != "" && texts[o.Text] {
			e = e.At(at+".text", "question.option_text_repeated")
		}
		ids[o.ID], texts[o.Text] = true, true
		e = checkText(e, at+".text", o.Text, 1, MaxOptionText)
	}
	return e
}

func (c Content) checkKey(e *domain.Error) *domain.Error {
	seen := map[string]bool{}
	for _, k := range c.Key {
		if seen[k] || !slices.ContainsFunc(c.Options, func(o Option) bool { return o.ID == k }) {
			return e.At("body.key", "question.key_not_an_option", "key", k)
		}
		seen[k] = true
	}
	switch {
	case len(c.Key) == 0:
		return e.At("body.key", "question.key_missing")
	case c.Kind != Multiple && len(c.Key) != 1:
		return e.At("body.key", "question.key_not_single")
	case c.Kind == Multiple && len(c.Key) < 2:
		return e.At("body.key", "question.key_needs_two")
	}
	return e
}

func checkText(e *domain.Error, at, s string, minimum, maximum int) *domain.Error {
	switch n := utf8.RuneCountInString(s); {
	case n < minimum:
		return e.At(at, "question.text_missing")
	case n > maximum:
		return e.At(at, "question.text_too_long", "max", maximum)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return e.At(at, "question.text_not_valid")
	}
	return e
}
