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

// CorrectionRule says how an item of a frozen paper is marked instead.
type CorrectionRule string

// The correction rules.
const (
	CorrectKey  CorrectionRule = "key"  // by another key; of a single choice several may be right, any one earns
	CorrectFull CorrectionRule = "full" // everybody earns the points, answered or not
	CorrectVoid CorrectionRule = "void" // earns nothing and leaves the total
)

// CorrectedItem is the correction of one item. Key is for CorrectKey alone and
// names options as their author does.
type CorrectedItem struct {
	Item int            `json:"item"` // index in the frozen paper
	Rule CorrectionRule `json:"rule"`
	Key  []string       `json:"key,omitempty"`
}

// Correction is all that is marked otherwise than a frozen paper says. The paper
// itself is never touched: a correction is a document of its own, named by the
// hash of its canonical JSON, and a grade names the one it was given under.
type Correction struct {
	Hash  Hash // zero: the paper as it was frozen
	Paper Hash
	Items []CorrectedItem // by item
}

const correctionFormat = 1

type correctionDocument struct {
	Format int             `json:"format"`
	Paper  string          `json:"paper"`
	Items  []CorrectedItem `json:"items"`
}

// NewCorrection checks corrections of a paper and gives them with their
// canonical JSON. What changes nothing is left out; if nothing is left, the hash
// is zero and there is no JSON. Errors: Invalid "exam.correction_not_valid" with
// every wrong field, "exam.correction_leaves_nothing".
func NewCorrection(p *Frozen, items []CorrectedItem) (*Correction, []byte, error) {
	c := &Correction{Paper: p.Hash}
	e := domain.E(domain.Invalid, "exam.correction_not_valid")
	seen, left := map[int]bool{}, 0
	for i, it := range items {
		at := "body.items[" + itoa(i) + "]"
		if it.Item < 0 || it.Item >= len(p.Items) || seen[it.Item] {
			e = e.At(at+".number", "exam.correction_item_unknown")
			continue
		}
		seen[it.Item] = true
		q := &p.Items[it.Item]
		it.Key = slices.Sorted(slices.Values(it.Key))
		switch it.Rule {
		case CorrectKey:
			if !q.mayHaveKey(it.Key) {
				e = e.At(at+".key", "exam.correction_key_not_valid")
			}
			if slices.Equal(it.Key, q.Key) {
				continue
			}
		case CorrectFull:
			it.Key = nil
		case CorrectVoid:
			it.Key = nil
			left += q.PointsMilli
		default:
			e = e.At(at+".rule", "exam.correction_rule_unknown")
		}
		c.Items = append(c.Items, it)
	}
	if len(e.Fields) > 0 {
		return nil, nil, e
	}
	if left >= p.TotalMilli {
		return nil, nil, domain.E(domain.Invalid, "exam.correction_leaves_nothing").At("body.items", "exam.correction_leaves_nothing")
	}
	if len(c.Items) == 0 {
		return c, nil, nil
	}
	slices.SortFunc(c.Items, func(a, b CorrectedItem) int { return a.Item - b.Item })
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(correctionDocument{correctionFormat, p.Hash.String(), c.Items}); err != nil {
		return nil, nil, fmt.Errorf("correction: %w", err)
	}
	content := bytes.TrimRight(buf.Bytes(), "\n")
	c.Hash = sha256.Sum256(content)
	return c, content, nil
}

// mayHaveKey reports whether ids can be the key: options of the item, none
// twice, one at least.
func (it *FrozenItem) mayHaveKey(ids []string) bool {
	if len(ids) == 0 || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		return false
	}
	for _, id := range ids {
		if !slices.ContainsFunc(it.Options, func(o question.Option) bool { return o.ID == id }) {
			return false
		}
	}
	return it.Kind != question.Judgement || len(ids) == 1
}

// ParseCorrection reads a correction. It fails on what NewCorrection did not write.
func ParseCorrection(content []byte) (*Correction, error) {
	var doc correctionDocument
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("correction: %w", err)
	}
	paper, err := hex.DecodeString(doc.Paper)
	if err != nil || len(paper) != sha256.Size || doc.Format != correctionFormat {
		return nil, fmt.Errorf("correction: format %d is not known", doc.Format)
	}
	c := &Correction{Hash: sha256.Sum256(content), Items: doc.Items}
	copy(c.Paper[:], paper)
	return c, nil
}

// Corrected gives the paper as it is marked under c; p itself stays as it is.
func (p *Frozen) Corrected(c *Correction) (*Frozen, error) {
	if c == nil || c.Hash == (Hash{}) {
		return p, nil
	}
	if c.Paper != p.Hash || p.Correction != (Hash{}) {
		return nil, fmt.Errorf("correction %s is not of paper %s", c.Hash, p.Hash)
	}
	out := *p
	out.Items, out.Correction = slices.Clone(p.Items), c.Hash
	for _, ci := range c.Items {
		if ci.Item < 0 || ci.Item >= len(out.Items) {
			return nil, fmt.Errorf("correction %s: no item %d", c.Hash, ci.Item)
		}
		it := &out.Items[ci.Item]
		it.rule = ci.Rule
		switch ci.Rule {
		case CorrectKey:
			it.Key, it.key = ci.Key, 0
			for i, o := range it.Options {
				if slices.Contains(ci.Key, o.ID) {
					it.key |= 1 << i
				}
			}
		case CorrectVoid:
			out.TotalMilli -= it.PointsMilli
		case CorrectFull:
		}
	}
	return &out, nil
}

// Corrected tells how the item is marked otherwise than it was published, "" if
// it is not.
func (it *FrozenItem) Corrected() CorrectionRule { return it.rule }

// WorthMilli is what the item gives to the total.
func (it *FrozenItem) WorthMilli() int {
	if it.rule == CorrectVoid {
		return 0
	}
	return it.PointsMilli
}

// PassMark is the pass mark in proportion to what is left of the total, rounded
// up: an item that is void takes its share of the mark with it.
func (p *Frozen) PassMark(passMarkMilli int) int {
	if p.TotalMilli == p.publishedMilli || p.publishedMilli == 0 {
		return passMarkMilli
	}
	n := int64(passMarkMilli) * int64(p.TotalMilli)
	return int((n + int64(p.publishedMilli) - 1) / int64(p.publishedMilli))
}
