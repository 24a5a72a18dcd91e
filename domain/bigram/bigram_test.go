package bigram

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVectorAndQuery(t *testing.T) {
	tests := []struct{ name, text, vector, query string }{
		{"bigrams", "党课学习", "'党课':1 '课学':2 '学习':3 '习':4", "'党课' <1> '课学' <1> '学习'"},
		{"one character", "学", "'学':1", "'学':*"},
		{"word", "Python", "'python':1", "'python':*"},
		{"mixed", "AI党课2026", "'ai':1 '党课':2 '课':3 '2026':4", "'ai' <1> '党课' <2> '2026':*"},
		{"full width", "ＡＩ　课", "'ai':1 '课':2", "'ai':* & '课':*"},
		{"name with a dot", "阿依·古丽", "'阿依':1 '依古':2 '古丽':3 '丽':4", "'阿依' <1> '依古' <1> '古丽'"},
		{"two words", "党课 学习", "'党课':1 '课':2 '学习':3 '习':4", "'党课' & '学习'"},
		{"quotes are no syntax", "a'b\\c:*&|!()", "'a':1 'b':2 'c':3", "'a' <1> 'b' <1> 'c':*"},
		{"nothing to find", "——！", "", ""},
		{"supplementary plane", "𠮷野家", "'𠮷野':1 '野家':2 '家':3", "'𠮷野' <1> '野家'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Vector(tt.text); got != tt.vector {
				t.Errorf("Vector = %s, want %s", got, tt.vector)
			}
			if got := Query(tt.text); got != tt.query {
				t.Errorf("Query = %s, want %s", got, tt.query)
			}
		})
	}
}

func TestFieldsStayApart(t *testing.T) {
	if got := Vector("党", "课"); got != "'党':1 '课':10" {
		t.Errorf("got %s: a phrase may match across two fields", got)
	}
}

// FuzzBigram: no input makes text that PostgreSQL could read as anything but
// tokens (planted: words cut at unicode.IsSpace only; red at once with "'").
func FuzzBigram(f *testing.F) {
	for _, s := range []string{"党课", "a'b", "\x00\xff", "é́", "阿依·古丽", "ａ１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{Vector(s, s), Query(s)} {
			if !utf8.ValidString(out) || strings.ContainsAny(out, "\x00\\") || strings.Count(out, "'")%2 != 0 {
				t.Fatalf("%q became %q", s, out)
			}
			for i, piece := range strings.Split(out, "'") {
				if i%2 == 1 && (piece == "" || strings.ContainsAny(piece, " :*<>&|!()")) {
					t.Fatalf("%q became %q", s, out)
				}
			}
		}
	})
}
