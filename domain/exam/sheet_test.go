package exam_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhixing/domain/exam"
	"zhixing/domain/question"

	"pgregory.net/rapid"
)

func genQuestion(t *rapid.T, i int) question.Question {
	kind := rapid.SampledFrom(question.Kinds()).Draw(t, "kind")
	c := question.Content{Kind: kind, Stem: fmt.Sprintf("第 %d 题", i), PointsMilli: rapid.IntRange(1, 10_000).Draw(t, "points")}
	if kind == question.Judgement {
		c.Key = []string{rapid.SampledFrom([]string{"true", "false"}).Draw(t, "key")}
	} else {
		n := rapid.IntRange(3, question.MaxOptions).Draw(t, "options")
		for o := range n {
			c.Options = append(c.Options, question.Option{Text: fmt.Sprintf("选项 %d", o)})
		}
		keys := 1
		if kind == question.Multiple {
			keys = rapid.IntRange(2, n).Draw(t, "keys")
		}
		for _, k := range rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for o := range n {
				if !yield(o) {
					return
				}
			}
		})).Draw(t, "which")[:keys] {
			c.Key = append(c.Key, string(rune('A'+k)))
		}
	}
	return question.Question{ID: fmt.Sprintf("q%d", i), Version: 1, State: question.Active, Content: c.Normalise()}
}

func genFrozen(t *rapid.T) (*exam.Frozen, []byte) {
	n := rapid.IntRange(1, 20).Draw(t, "questions")
	qs := make([]question.Question, n)
	for i := range qs {
		qs[i] = genQuestion(t, i)
	}
	f, content, err := exam.Freeze("卷", rapid.SampledFrom([]exam.Partial{exam.PartialFull, exam.PartialHalf}).Draw(t, "partial"), qs, make([]int, n))
	if err != nil {
		t.Fatal(err)
	}
	return f, content
}

func genSeed(t *rapid.T) []byte { return rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed") }

// A frozen paper read back freezes to the same bytes and the same name.
func TestFrozenIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, content := genFrozen(t)
		back, err := exam.ParseFrozen(content)
		if err != nil {
			t.Fatal(err)
		}
		if back.Hash != f.Hash || back.TotalMilli != f.TotalMilli || len(back.Items) != len(f.Items) {
			t.Fatalf("read back %v, was %v", back.Hash, f.Hash)
		}
		if _, err := exam.ParseFrozen(append(slices.Clone(content[:len(content)-1]), `,"x":1}`...)); err == nil {
			t.Fatal("an unknown field was read without a word")
		}
	})
}

// A sheet shows every question and option once, the same on every call; names
// resolve to what they name and to nothing else.
func TestSheetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, _ := genFrozen(t)
		seed := genSeed(t)
		sq, so := rapid.Bool().Draw(t, "shuffle questions"), rapid.Bool().Draw(t, "shuffle options")
		s, again := exam.NewSheet(f, seed, sq, so), exam.NewSheet(f, seed, sq, so)
		seen := map[int]bool{}
		for i := range s.Items {
			it := &s.Items[i]
			if it.ID() != again.Items[i].ID() || !slices.Equal(s.Options(i), again.Options(i)) {
				t.Fatal("the same seed lays out two sheets")
			}
			if !sq && it.Item != i {
				t.Fatal("questions moved without being asked to")
			}
			if seen[it.Item] {
				t.Fatal("a question twice")
			}
			seen[it.Item] = true
			if s.Find(it.ID()) != i {
				t.Fatal("a name does not find its item")
			}
			options := s.Options(i)
			want := exam.Choice(rapid.IntRange(0, 1<<len(options)-1).Draw(t, "choice"))
			back, ok := s.Choose(i, s.Chosen(i, want))
			if !ok || back != want {
				t.Fatalf("choice %b came back as %b", want, back)
			}
			for k, o := range options {
				c, ok := s.Choose(i, []string{o.ID})
				frozen := s.Frozen(i)
				if !ok || c.Count() != 1 || (c&frozen.KeyChoice() != 0) != slices.Contains(frozen.Key, frozenID(frozen, o.Text)) {
					t.Fatalf("option %d resolves to %b", k, c)
				}
			}
			if _, ok := s.Choose(i, []string{options[0].ID, options[0].ID}); ok {
				t.Fatal("an option twice was taken")
			}
			for _, bad := range []string{"", "A", "true", strings.ToLower(options[0].ID) + "x", options[0].ID[:12] + "!"} {
				if _, ok := s.Choose(i, []string{bad}); ok {
					t.Fatalf("%q was taken for an option", bad)
				}
			}
		}
		if len(seen) != len(f.Items) {
			t.Fatal("a question is missing")
		}
	})
}

func frozenID(it *exam.FrozenItem, text string) string {
	for _, o := range it.Options {
		if o.Text == text {
			return o.ID
		}
	}
	return ""
}

// Another seed gives other names: what one learner sends helps no other.
func TestSheetNamesDiffer(t *testing.T) {
	f := paper(t, 20)
	a, b := exam.NewSheet(f, bytes.Repeat([]byte{1}, 16), true, true), exam.NewSheet(f, bytes.Repeat([]byte{2}, 16), true, true)
	for i := range a.Items {
		if b.Find(a.Items[i].ID()) >= 0 {
			t.Fatal("an item has the same name on two sheets")
		}
	}
}

// The layout is kept nowhere, so it must be the same after every upgrade of Go
// and of this program: these names were written down once.
func TestSheetIsPinned(t *testing.T) {
	s := exam.NewSheet(paper(t, 5), []byte("0123456789abcdef"), true, true)
	var got []string
	for i := range s.Items {
		line := fmt.Sprint(s.Items[i].Item, " ", s.Items[i].ID())
		for _, o := range s.Options(i) {
			line += " " + o.Text
		}
		got = append(got, line)
	}
	want := []string{
		"1 9OLGQ5RK61QAI 乙 丁 甲 丙",
		"2 9AIKM91ENJRBA 乙 甲 丁 丙",
		"0 6CQ5JBNUAS79G 甲 丙 乙 丁",
		"3 CBRKNLIO6M1I0 丁 甲 乙 丙",
		"4 QKP54VK1URILU 甲 丙 丁 乙",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the layout of existing attempts changed:\n%s", strings.Join(got, "\n"))
	}
}

// Promise 4, at its root: what a sheet gives has no way to tell the key. Seen
// red with option names made from the option's index.
func TestSheetOptionsCarryNoOrder(t *testing.T) {
	f := paper(t, 1)
	first := map[string]int{}
	for i := range 4000 {
		seed := []byte(fmt.Sprintf("%016d", i))
		s := exam.NewSheet(f, seed, true, true)
		options := s.Options(0)
		first[options[0].Text]++
		smallest := slices.MinFunc(options, func(a, b exam.SheetOption) int { return strings.Compare(a.ID, b.ID) })
		first["id "+smallest.Text]++
	}
	for _, k := range []string{"甲", "乙", "丙", "丁", "id 甲", "id 乙", "id 丙", "id 丁"} {
		if first[k] < 880 || first[k] > 1120 { // 1000 expected, 4 standard deviations
			t.Errorf("%s comes first %d times of 4000", k, first[k])
		}
	}
}

func TestReceipt(t *testing.T) {
	key, other := []byte("key"), []byte("other")
	rapid.Check(t, func(t *rapid.T) {
		r := exam.Receipt{Submit: rapid.Bool().Draw(t, "submit"), At: opens, ServerSeq: rapid.Int64Min(0).Draw(t, "seq")}
		copy(r.Attempt[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "attempt"))
		r.Digest = exam.DigestOf([][16]byte{r.Attempt})
		s := r.Sign(key)
		if got, ok := exam.VerifyReceipt(key, s); !ok || got != r {
			t.Fatalf("got %+v, want %+v", got, r)
		}
		if _, ok := exam.VerifyReceipt(other, s); ok {
			t.Fatal("another key's receipt was believed")
		}
		i := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte("Aaz09-_")).Draw(t, "letter")
		if s[i] != c {
			if _, ok := exam.VerifyReceipt(key, s[:i]+string(c)+s[i+1:]); ok {
				t.Fatal("a changed receipt was believed")
			}
		}
	})
}

func TestSealCoversEverything(t *testing.T) {
	base := exam.Operation{ID: [16]byte{1}, Item: 2, Seq: 3, Choice: 4}
	seals := map[string]bool{}
	add := func(key string, attempt byte, epoch int, change func(o *exam.Operation)) {
		o := base
		change(&o)
		seals[hex.EncodeToString(exam.Seal([]byte(key), [16]byte{attempt}, epoch, o))] = true
	}
	same := func(*exam.Operation) {}
	add("k", 1, 1, same)
	add("l", 1, 1, same)
	add("k", 2, 1, same)
	add("k", 1, 2, same)
	add("k", 1, 1, func(o *exam.Operation) { o.ID[15] = 9 })
	add("k", 1, 1, func(o *exam.Operation) { o.Item = 9 })
	add("k", 1, 1, func(o *exam.Operation) { o.Seq = 9 })
	add("k", 1, 1, func(o *exam.Operation) { o.Choice = 9 })
	if len(seals) != 8 {
		t.Errorf("%d different seals of 8: a field is not covered", len(seals))
	}
}

func BenchmarkSheet(b *testing.B) {
	f := paper(b, 50)
	seed := bytes.Repeat([]byte{7}, 16)
	b.ReportAllocs()
	for b.Loop() {
		s := exam.NewSheet(f, seed, true, true)
		if s.Find(s.Items[49].ID()) != 49 {
			b.Fatal("lost")
		}
	}
}

func TestFreezeEscapesNothing(t *testing.T) {
	q := genericQuestion()
	q.Stem = "a<b & c>d"
	_, content, err := exam.Freeze("卷", exam.PartialFull, []question.Question{q}, []int{0})
	if err != nil || !bytes.Contains(content, []byte("a<b & c>d")) || !json.Valid(content) {
		t.Errorf("%v %s", err, content)
	}
	q.State = question.Retired
	if _, _, err := exam.Freeze("卷", exam.PartialFull, []question.Question{q}, []int{0}); err == nil {
		t.Error("a retired question was frozen")
	}
}

func genericQuestion() question.Question {
	return question.Question{ID: "q", Version: 1, State: question.Active, Content: question.Content{
		Kind: question.Judgement, Stem: "题",
		Key: []string{"true"},
	}.Normalise()}
}
