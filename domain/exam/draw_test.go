package exam_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"zhixing/domain"
	"zhixing/domain/exam"

	"pgregory.net/rapid"
)

func TestDrawGivesUpWhatAnotherRowCanSpare(t *testing.T) {
	// The general row would take the only question that bears the tag.
	rows := []exam.BlueprintRow{{Count: 1}, {Count: 1, Tag: "党史"}}
	for seed := range uint64(50) {
		drawn, report := exam.Draw(rows, [][]string{{"a", "b"}, {"a"}}, seed)
		if exam.Shortage(report) != nil || len(drawn) != 2 || drawn[1].QuestionID != "a" {
			t.Fatalf("seed %d: %v %v", seed, drawn, report)
		}
	}
}

func TestDrawShortage(t *testing.T) {
	rows := []exam.BlueprintRow{{Count: 3}, {Count: 2}, {Count: 1}}
	_, report := exam.Draw(rows, [][]string{{"a", "b", "c"}, {"d"}, nil}, 1)
	e, ok := errors.AsType[*domain.Error](exam.Shortage(report))
	if !ok || e.Reason != "exam.blueprint_short" || len(e.Fields) != 2 {
		t.Fatalf("got %+v", e)
	}
	if p := e.Fields[0].Params; e.Fields[0].Location != "blueprint[1]" || p["wanted"] != 2 || p["available"] != 1 || p["short"] != 1 {
		t.Errorf("got %+v", e.Fields[0])
	}
}

// A draw never repeats a question, keeps to the pools, does not depend on the
// order of the pools, and is short only when no choice could do better.
func TestDrawProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		universe := rapid.IntRange(0, 7).Draw(t, "questions")
		rows := make([]exam.BlueprintRow, rapid.IntRange(1, 4).Draw(t, "rows"))
		pools := make([][]string, len(rows))
		for i := range rows {
			rows[i].Count = rapid.IntRange(1, 3).Draw(t, "count")
			for q := range universe {
				if rapid.Bool().Draw(t, "fits") {
					pools[i] = append(pools[i], fmt.Sprint(q))
				}
			}
		}
		seed := rapid.Uint64().Draw(t, "seed")
		drawn, report := exam.Draw(rows, pools, seed)
		backwards := make([][]string, len(pools))
		for i := range pools {
			backwards[i] = slices.Clone(pools[i])
			slices.Reverse(backwards[i])
		}
		if again, _ := exam.Draw(rows, backwards, seed); !slices.Equal(drawn, again) {
			t.Fatal("the order of the pool changed the draw")
		}
		seen := map[string]bool{}
		for _, d := range drawn {
			if seen[d.QuestionID] || !slices.Contains(pools[d.Row], d.QuestionID) {
				t.Fatalf("bad draw %v", drawn)
			}
			seen[d.QuestionID] = true
		}
		total := 0
		for i, r := range report {
			if r.Drawn > r.Wanted || r.Available != len(pools[i]) {
				t.Fatalf("report %v", report)
			}
			total += r.Drawn
		}
		if best := mostDrawn(rows, pools, map[string]bool{}, 0, 0); total != best {
			t.Fatalf("drew %d, %d were possible", total, best)
		}
	})
}

// mostDrawn tries everything.
func mostDrawn(rows []exam.BlueprintRow, pools [][]string, used map[string]bool, row, taken int) int {
	if row == len(rows) {
		return 0
	}
	if taken == rows[row].Count {
		return mostDrawn(rows, pools, used, row+1, 0)
	}
	best := mostDrawn(rows, pools, used, row+1, 0)
	for _, q := range pools[row] {
		if !used[q] {
			used[q] = true
			best = max(best, 1+mostDrawn(rows, pools, used, row, taken+1))
			used[q] = false
		}
	}
	return best
}
