package exam

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"zhixing/domain"
	"zhixing/domain/question"
)

// Hash is the SHA-256 of a frozen paper's canonical JSON: its only name.
type Hash [sha256.Size]byte

// String gives 64 hex digits, "" for the zero hash.
func (h Hash) String() string {
	if h == (Hash{}) {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// frozenFormat is the version of the canonical JSON; a reader knows every one.
const frozenFormat = 1

// Frozen is a paper that cannot change any more: the very texts, keys and
// points, named by their hash and kept for ever. It is shared between
// goroutines and never written to.
type Frozen struct {
	Hash       Hash
	Title      string
	Items      []FrozenItem
	TotalMilli int
	Correction Hash // under which it is marked; zero: as it was frozen

	publishedMilli int // TotalMilli before any correction
}

// FrozenItem is one question as it was when the paper was frozen.
type FrozenItem struct {
	QuestionID  string            `json:"question_id"`
	Version     int               `json:"version"`
	Kind        question.Kind     `json:"kind"`
	Stem        string            `json:"stem"`
	Options     []question.Option `json:"options"`
	Key         []string          `json:"key"`
	PointsMilli int               `json:"points_milli"`
	Partial     Partial           `json:"partial"`
	Explanation string            `json:"explanation"`
	Source      string            `json:"source"`

	key  Choice
	rule CorrectionRule
}

type frozenDocument struct {
	Format int          `json:"format"`
	Title  string       `json:"title"`
	Items  []FrozenItem `json:"items"`
}

// Freeze makes the canonical JSON of a paper and the paper read back from it.
// points[i] 0 takes question i's own. Errors: Conflict "exam.question_retired",
// "exam.paper_empty"; Invalid for a content that breaks question's rules.
func Freeze(title string, partial Partial, questions []question.Question, points []int) (*Frozen, []byte, error) {
	if len(questions) == 0 {
		return nil, nil, domain.E(domain.Conflict, "exam.paper_empty")
	}
	doc := frozenDocument{Format: frozenFormat, Title: title}
	for i, q := range questions {
		if q.State != question.Active {
			return nil, nil, domain.E(domain.Conflict, "exam.question_retired", "number", i+1)
		}
		if err := q.Validate(); err != nil {
			return nil, nil, fmt.Errorf("freeze question %s: %w", q.ID, err)
		}
		it := FrozenItem{
			QuestionID: q.ID, Version: q.Version, Kind: q.Kind, Stem: q.Stem, Options: q.Options,
			Key: slices.Sorted(slices.Values(q.Key)), PointsMilli: points[i], Partial: PartialFull,
			Explanation: q.Explanation, Source: q.Source,
		}
		if it.PointsMilli == 0 {
			it.PointsMilli = q.PointsMilli
		}
		if q.Kind == question.Multiple {
			it.Partial = partial
		}
		doc.Items = append(doc.Items, it)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, nil, fmt.Errorf("freeze: %w", err)
	}
	content := bytes.TrimRight(buf.Bytes(), "\n")
	f, err := ParseFrozen(content)
	return f, content, err
}

// ParseFrozen reads a frozen paper. It fails on what Freeze did not write.
func ParseFrozen(content []byte) (*Frozen, error) {
	var doc frozenDocument
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("frozen paper: %w", err)
	}
	if doc.Format != frozenFormat {
		return nil, fmt.Errorf("frozen paper: format %d is not known", doc.Format)
	}
	f := &Frozen{Hash: sha256.Sum256(content), Title: doc.Title, Items: doc.Items}
	for i := range f.Items {
		it := &f.Items[i]
		for _, k := range it.Key {
			o := slices.IndexFunc(it.Options, func(o question.Option) bool { return o.ID == k })
			if o < 0 {
				return nil, fmt.Errorf("frozen paper: item %d: key %q is no option", i, k)
			}
			it.key |= 1 << o
		}
		f.TotalMilli += it.PointsMilli
	}
	f.publishedMilli = f.TotalMilli
	return f, nil
}

// KeyChoice is the right answer as a Choice.
func (it *FrozenItem) KeyChoice() Choice { return it.key }

// OptionIDs names the options of a Choice as their author does.
func (it *FrozenItem) OptionIDs(c Choice) []string {
	out := []string{}
	for i, o := range it.Options {
		if c&(1<<i) != 0 {
			out = append(out, o.ID)
		}
	}
	return out
}
