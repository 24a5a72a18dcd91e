package postgres_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// TestWalkthroughs plays the cases of domain/exam/testdata on the real tables
// through the use cases: the statements decide as the rules do. Time goes by by
// moving what happened into the past.
func TestWalkthroughs(t *testing.T) {
	cases, err := filepath.Glob("../../domain/exam/testdata/*/steps.csv")
	if err != nil || len(cases) < 6 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, steps := range cases {
		dir := filepath.Dir(steps)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			w := newWalk(t, readCSV(t, filepath.Join(dir, "questions.csv")))
			for i, step := range readCSV(t, steps) {
				w.waitUntil(step["at"])
				if got := w.do(step); got != step["expect"] {
					t.Fatalf("step %d %v: got %q", i+1, step, got)
				}
			}
			w.compare(readCSV(t, filepath.Join(dir, "results.csv")))
		})
	}
}

// walk is one learner's exam on the tables.
type walk struct {
	*examHall
	id        string
	startedAt float64        // in the time of the steps
	epochs    map[string]int // what each device believes; nil before the start
	sheet     *exam.Sheet
	opIDs     map[string]string
	mixed     bool // the case mixes rules of partial credit
}

func newWalk(t *testing.T, questions []map[string]string) *walk {
	w := &walk{examHall: newExamHall(t, 1, 1), opIDs: map[string]string{}}
	var contents []question.Content
	var points []int
	partial := exam.PartialFull
	for _, r := range questions {
		c := question.Content{Kind: question.Kind(r["kind"]), Stem: "第 " + r["item"] + " 题", Key: split(r["key"])}
		if c.Kind != question.Judgement {
			for _, id := range split(r["options"]) {
				c.Options = append(c.Options, question.Option{ID: id, Text: "选项 " + id})
			}
		}
		if r["partial"] == "half" {
			partial = exam.PartialHalf
		}
		n, err := strconv.Atoi(r["points"])
		w.ok(err)
		contents, points = append(contents, c), append(points, n)
	}
	w.set(contents, points, partial)
	v, err := w.store.Current(t.Context(), w.examID, w.people[0])
	w.ok(err)
	w.id = v.Attempt.ID
	w.sheet = exam.NewSheet(w.paper, v.Attempt.Seed, true, true)
	// One author's paper has one rule; a case that mixes them only counts here
	// where the rule is the paper's.
	w.mixed = slices.ContainsFunc(questions, func(r map[string]string) bool {
		return r["kind"] == "multiple" && r["partial"] != string(partial)
	})
	return w
}

// waitUntil lets time go by until a step is due. It stays half a second short:
// the database's clock goes on by itself, and what happens exactly at the end of
// the grace must still be inside it.
func (w *walk) waitUntil(at string) {
	s, err := strconv.ParseFloat(at, 64)
	w.ok(err)
	if w.epochs == nil { // nothing to move before the start
		w.startedAt = s
		return
	}
	var elapsed float64
	w.ok(w.db.Pool.QueryRow(w.t.Context(), "SELECT extract(epoch FROM clock_timestamp() - started_at) FROM attempts WHERE id = $1", w.id).Scan(&elapsed))
	if behind := s - w.startedAt - elapsed - 0.45; behind > 0 {
		w.warp(time.Duration(behind * float64(time.Second)))
	}
}

func (w *walk) do(step map[string]string) string {
	ctx, who, device := w.t.Context(), w.actor(0), step["device"]
	var err error
	switch step["do"] {
	case "start":
		var v *app.View
		if v, err = w.attempts.Start(ctx, who, w.examID, device); err == nil {
			w.epochs = map[string]int{device: v.Attempt.Epoch}
		}
	case "take-over":
		var v *app.View
		if v, err = w.attempts.TakeOver(ctx, who, w.id, device); err == nil {
			w.epochs[device] = v.Attempt.Epoch
		}
	case "sweep":
		err = w.attempts.SubmitDue(ctx)
	case "submit":
		_, err = w.attempts.Submit(ctx, who, w.id, w.epochs[device])
	case "save":
		return w.save(step)
	}
	if err != nil {
		return domain.ReasonOf(err)
	}
	v, err := w.store.Sitting(ctx, w.id, w.people[0], false)
	w.ok(err)
	return string(v.Attempt.State)
}

func (w *walk) save(step map[string]string) string {
	item, err := strconv.Atoi(step["item"])
	w.ok(err)
	seq, err := strconv.Atoi(step["seq"])
	w.ok(err)
	place := slices.IndexFunc(w.sheet.Items, func(it exam.SheetItem) bool { return it.Item == item-1 })
	op := given(&app.View{Sheet: w.sheet}, place, seq, split(step["value"])...)
	if id, ok := w.opIDs[step["op"]]; ok {
		op.OpID = id
	}
	w.opIDs[step["op"]] = op.OpID
	ack, err := w.attempts.Save(w.t.Context(), w.actor(0), w.id, w.epochs[step["device"]], []app.GivenAnswer{op})
	switch {
	case err != nil:
		return domain.ReasonOf(err)
	case slices.Contains(ack.Saved, op.OpID):
		return "saved"
	case slices.Contains(ack.Sealed, op.OpID):
		return "sealed"
	}
	return "nothing"
}

func (w *walk) compare(results []map[string]string) {
	ctx := w.t.Context()
	w.ok(w.attempts.Grade(ctx, w.id))
	v, g, err := w.store.Reviewed(ctx, w.id, w.people[0])
	w.ok(err)
	for _, r := range results {
		mark, err := strconv.Atoi(r["mark"])
		w.ok(err)
		if r["item"] == "total" {
			if string(v.Attempt.SubmittedBy) != r["answer"] || !w.mixed && g.ScoreMilli != mark {
				w.t.Errorf("score %d by %s, want %d by %s", g.ScoreMilli, v.Attempt.SubmittedBy, mark, r["answer"])
			}
			continue
		}
		n, err := strconv.Atoi(r["item"])
		w.ok(err)
		if got := w.paper.Items[n-1].OptionIDs(g.Choices[n-1]); !slices.Equal(got, split(r["answer"])) || !w.mixed && g.Marks[n-1] != mark {
			w.t.Errorf("item %d: %v for %d, want %s for %d", n, got, g.Marks[n-1], r["answer"], mark)
		}
	}
	w.sound()
}

func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}
