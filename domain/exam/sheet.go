package exam

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"strconv"

	"zhixing/domain/question"
)

// SeedSize is the length of an attempt's seed in bytes.
const SeedSize = 16

// Choice is a set of options as bits in the order of the frozen paper; 0 is an
// answer taken back.
type Choice int32

// Count is the number of options chosen.
func (c Choice) Count() int { return bits.OnesCount32(uint32(c)) } //nolint:gosec // a bit pattern, not a number

// Sheet is a frozen paper as one attempt sees it: own order of questions and
// options, own names for both. It is a pure function of (paper, seed, shuffle
// rules), so it is computed again rather than kept. Names come from a
// cryptographic stream: one learner's names say nothing about another's.
type Sheet struct {
	Paper *Frozen
	Items []SheetItem // in the learner's order
}

// SheetItem is one question of a sheet.
type SheetItem struct {
	id      uint64
	Item    int // index in Paper.Items
	options []sheetOption
}

type sheetOption struct {
	id     uint64
	option int // index in the frozen item's options
}

// SheetOption is one option as the learner sees it.
type SheetOption struct {
	ID   string
	Text string
}

// NewSheet lays out a paper for an attempt.
func NewSheet(p *Frozen, seed []byte, shuffleQuestions, shuffleOptions bool) *Sheet {
	src := rand.NewChaCha8(sha256.Sum256(append([]byte("zhixing sheet 1"), seed...)))
	s := &Sheet{Paper: p, Items: make([]SheetItem, len(p.Items))}
	total := 0
	for i := range p.Items {
		total += len(p.Items[i].Options)
	}
	all := make([]sheetOption, 0, total)
	for i := range p.Items {
		it := SheetItem{id: src.Uint64(), Item: i}
		from := len(all)
		for o := range p.Items[i].Options {
			all = append(all, sheetOption{id: src.Uint64(), option: o})
		}
		it.options = all[from:len(all):len(all)]
		if shuffleOptions && p.Items[i].Kind != question.Judgement {
			permute(src, len(it.options), func(a, b int) { it.options[a], it.options[b] = it.options[b], it.options[a] })
		}
		s.Items[i] = it
	}
	if shuffleQuestions {
		permute(src, len(s.Items), func(a, b int) { s.Items[a], s.Items[b] = s.Items[b], s.Items[a] })
	}
	return s
}

// Frozen gives the question behind a sheet item.
func (s *Sheet) Frozen(i int) *FrozenItem { return &s.Paper.Items[s.Items[i].Item] }

// ID is the learner's name of the item.
func (it *SheetItem) ID() string { return name(it.id) }

// Options gives the options in the learner's order.
func (s *Sheet) Options(i int) []SheetOption {
	it := &s.Items[i]
	texts := s.Frozen(i).Options
	out := make([]SheetOption, len(it.options))
	for k, o := range it.options {
		out[k] = SheetOption{ID: name(o.id), Text: texts[o.option].Text}
	}
	return out
}

// Find gives the index in Items of the learner's item name, or -1.
func (s *Sheet) Find(item string) int {
	id, ok := parseName(item)
	if !ok {
		return -1
	}
	for i := range s.Items {
		if s.Items[i].id == id {
			return i
		}
	}
	return -1
}

// Choose turns the learner's option names of item i into a Choice. It is false
// for a name that is not of this item, or twice.
func (s *Sheet) Choose(i int, value []string) (Choice, bool) {
	var c Choice
	for _, v := range value {
		id, ok := parseName(v)
		if !ok {
			return 0, false
		}
		bit := Choice(0)
		for _, o := range s.Items[i].options {
			if o.id == id {
				bit = 1 << o.option
			}
		}
		if bit == 0 || c&bit != 0 {
			return 0, false
		}
		c |= bit
	}
	return c, true
}

// Chosen turns a Choice back into the learner's option names, in his order.
func (s *Sheet) Chosen(i int, c Choice) []string {
	out := make([]string, 0, c.Count())
	for _, o := range s.Items[i].options {
		if c&(1<<o.option) != 0 {
			out = append(out, name(o.id))
		}
	}
	return out
}

var names = base32.HexEncoding.WithPadding(base32.NoPadding)

// name writes an id in 13 characters that stand unescaped in JSON, URL and HTML.
func name(id uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], id)
	var out [13]byte
	names.Encode(out[:], b[:])
	return string(out[:])
}

func parseName(s string) (uint64, bool) {
	if len(s) != 13 {
		return 0, false
	}
	var b [10]byte
	n, err := names.Decode(b[:], []byte(s))
	if err != nil || n != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[:8]), true
}

// permute is Fisher-Yates over an unbiased draw. It is ours and not the
// library's, because a paper must look the same after every upgrade.
func permute(src *rand.ChaCha8, n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		bound := uint64(i + 1)
		limit := ^uint64(0) - ^uint64(0)%bound
		v := src.Uint64()
		for v >= limit {
			v = src.Uint64()
		}
		swap(i, int(v%bound))
	}
}

func itoa(i int) string { return strconv.Itoa(i) }
