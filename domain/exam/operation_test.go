package exam_test

import (
	"slices"
	"testing"

	"zhixing/domain"
	"zhixing/domain/exam"

	"pgregory.net/rapid"
)

func genKept(t *rapid.T) []exam.Kept {
	n := rapid.IntRange(0, 40).Draw(t, "operations")
	ops := make([]exam.Kept, n)
	for i := range ops {
		ops[i] = exam.Kept{ServerSeq: int64(i + 1), Late: rapid.IntRange(0, 9).Draw(t, "late") == 0, Operation: exam.Operation{
			Item: rapid.IntRange(0, 4).Draw(t, "item"), Seq: rapid.IntRange(1, 10).Draw(t, "seq"), Choice: exam.Choice(rapid.IntRange(0, 15).Draw(t, "choice")),
		}}
	}
	return ops
}

// Promise 1, folded: whatever order the operations are read in, the answer of an
// item is its highest counter's; late ones never count. Seen red with Fold
// comparing ServerSeq before Seq, and with Fold not skipping late ones.
func TestFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := genKept(t)
		got := exam.Fold(ops)
		if other := exam.Fold(rapid.Permutation(ops).Draw(t, "order")); !slices.Equal(got, other) {
			t.Fatal("the order of reading changed the answers")
		}
		for _, a := range got {
			found := false
			for _, o := range ops {
				if o.Late || o.Item != a.Item {
					continue
				}
				if o.Seq > a.Seq {
					t.Fatalf("item %d: counter %d lost against %d", a.Item, o.Seq, a.Seq)
				}
				found = found || o.Seq == a.Seq && o.Choice == a.Choice
			}
			if !found {
				t.Fatalf("item %d: an answer that nobody gave", a.Item)
			}
		}
		for _, o := range ops {
			if !o.Late && !slices.ContainsFunc(got, func(a exam.Answer) bool { return a.Item == o.Item }) {
				t.Fatalf("item %d has no answer", o.Item)
			}
		}
		if counted := exam.Counted(ops); len(counted) != len(got) {
			t.Fatalf("%d operations count for %d answers", len(counted), len(got))
		}
	})
}

func TestCheckBatch(t *testing.T) {
	ok := exam.Operation{ID: [16]byte{1}, Seq: 1}
	many := make([]exam.Operation, exam.MaxOperations+1)
	for i := range many {
		many[i] = exam.Operation{ID: [16]byte{byte(i), byte(i >> 8)}, Seq: 1}
	}
	for name, tt := range map[string]struct {
		ops  []exam.Operation
		want bool
	}{
		"one": {[]exam.Operation{ok}, true}, "200": {many[:exam.MaxOperations], true}, "none": {nil, false}, "201": {many, false},
		"same id": {[]exam.Operation{ok, ok}, false}, "counter 0": {[]exam.Operation{{ID: [16]byte{2}}}, false},
		"counter huge": {[]exam.Operation{{ID: [16]byte{2}, Seq: exam.MaxSeq + 1}}, false},
	} {
		if err := exam.CheckBatch(tt.ops); (err == nil) != tt.want || err != nil && domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Marks: right is all, nothing and wrong are nothing, half only for a right and
// incomplete multiple choice; the sum is the score.
func TestGradeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, _ := genFrozen(t)
		var answers []exam.Answer
		for i := range f.Items {
			if rapid.Bool().Draw(t, "answered") {
				answers = append(answers, exam.Answer{Item: i, Choice: exam.Choice(rapid.IntRange(0, 1<<len(f.Items[i].Options)-1).Draw(t, "choice"))})
			}
		}
		g := exam.GradeAnswers(f, answers, f.TotalMilli)
		sum := 0
		for i, m := range g.Marks {
			it := &f.Items[i]
			sum += m
			switch c := g.Choices[i]; {
			case c == it.KeyChoice() && m != it.PointsMilli, c == 0 && m != 0, c&^it.KeyChoice() != 0 && m != 0, m < 0, m > it.PointsMilli:
				t.Fatalf("item %d: choice %b, key %b, mark %d of %d", i, c, it.KeyChoice(), m, it.PointsMilli)
			}
		}
		if g.ScoreMilli != sum || g.TotalMilli != f.TotalMilli || g.Passed != (sum == f.TotalMilli) {
			t.Fatalf("%+v, marks sum to %d", g, sum)
		}
	})
}
