// Package bigram makes Chinese text searchable without a dictionary: every two
// neighbouring characters are one token, a word of another script is one token.
// Vector gives the PostgreSQL tsvector of a text, Query the tsquery that finds
// it: exact, with one-character and as-you-type words by prefix.
package bigram

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of one vector and one query. A tsvector keeps at most 256 positions of
// a token and none past 16383.
const (
	MaxRunes = 6000 // of a text; what follows is not searchable
	MaxQuery = 64   // runes of a query
)

// gap keeps a phrase from matching across two fields.
const gap = 8

type token struct {
	text string
	pos  int
	tail bool // last character of a run, alone: so that one-character searches find it
	solo bool // that run has one character only
}

// Vector gives the literal of a tsvector of the fields, in order.
func Vector(fields ...string) string {
	at := map[string][]int{}
	var order []string
	pos, left := 1, MaxRunes
	for _, f := range fields {
		f, left = cut(f, left)
		toks, next := tokens(f, pos)
		for _, t := range toks {
			if at[t.text] == nil {
				order = append(order, t.text)
			}
			at[t.text] = append(at[t.text], t.pos)
		}
		pos = next + gap
	}
	var b strings.Builder
	for i, text := range order {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("'" + text + "'")
		for j, p := range at[text][:min(len(at[text]), 255)] {
			b.WriteByte(":,"[min(j, 1)])
			b.WriteString(strconv.Itoa(p))
		}
	}
	return b.String()
}

// Query gives the literal of a tsquery, "" when text holds nothing to look
// for. Words apart by spaces must all be there; inside a word the order counts.
func Query(text string) string {
	text, _ = cut(text, MaxQuery)
	var terms []string
	for _, word := range strings.Fields(strings.ReplaceAll(text, "\u3000", " ")) {
		toks, _ := tokens(word, 1)
		var b strings.Builder
		prev := 0
		for i, t := range toks {
			if t.tail && !t.solo {
				continue // the two-character token before it says it already
			}
			if prev > 0 {
				b.WriteString(" <" + strconv.Itoa(t.pos-prev) + "> ")
			}
			b.WriteString("'" + t.text + "'")
			if i == len(toks)-1 && (t.solo || !ideograph(first(t.text))) {
				b.WriteString(":*")
			}
			prev = t.pos
		}
		if b.Len() > 0 {
			terms = append(terms, b.String())
		}
	}
	return strings.Join(terms, " & ")
}

func cut(s string, n int) (string, int) {
	for i := range s {
		if n == 0 {
			return s[:i], 0
		}
		n--
	}
	return s, n
}

// tokens cuts text into runs of ideographs (bigrams and the last character) and
// words; it also gives the position after the last one.
func tokens(text string, pos int) ([]token, int) {
	var out []token
	var run, word []rune
	endRun := func() {
		for i := 0; i+1 < len(run); i++ {
			out = append(out, token{text: string(run[i : i+2]), pos: pos})
			pos++
		}
		if len(run) > 0 {
			out = append(out, token{text: string(run[len(run)-1:]), pos: pos, tail: true, solo: len(run) == 1})
			pos++
		}
		run = run[:0]
	}
	endWord := func() {
		if len(word) > 0 {
			out = append(out, token{text: string(word[:min(len(word), 60)]), pos: pos})
			pos++
		}
		word = word[:0]
	}
	for _, r := range text {
		r = fold(r)
		switch {
		case dot(r): // 阿依·古丽 and 阿依古丽 are one name
		case ideograph(r):
			endWord()
			run = append(run, r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			endRun()
			word = append(word, r)
		case unicode.IsMark(r) && len(word) > 0:
			word = append(word, r)
		default:
			endRun()
			endWord()
		}
	}
	endRun()
	endWord()
	return out, pos
}

// fold makes full-width forms narrow and letters lower-case.
func fold(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		r -= 0xFEE0
	}
	return unicode.ToLower(r)
}

func dot(r rune) bool { return r == '·' || r == '•' || r == '・' || r == '‧' }

func ideograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
