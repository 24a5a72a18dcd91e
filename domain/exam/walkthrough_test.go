package exam_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// TestWalkthroughs plays each case of testdata: questions.csv is the paper,
// steps.csv what happens (at: seconds after the exam opens; duration 1 h, grace
// 2 s), results.csv what must come of it. The files are for teachers to read
// and to add to; storage/postgres plays the same files on the real tables.
func TestWalkthroughs(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/steps.csv")
	if err != nil || len(cases) < 6 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, steps := range cases {
		dir := filepath.Dir(steps)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			p := readPaper(t, filepath.Join(dir, "questions.csv"))
			m := &machine{x: draft(), paper: p, sheet: exam.NewSheet(p, []byte("0123456789abcdef"), true, true), epochs: map[string]int{}}
			m.x.State, m.a.State = exam.Published, exam.Ready
			for i, step := range readCSV(t, filepath.Join(dir, "steps.csv")) {
				if got := m.do(t, step); got != step["expect"] {
					t.Fatalf("step %d %v: got %q", i+1, step, got)
				}
			}
			m.compare(t, readCSV(t, filepath.Join(dir, "results.csv")))
		})
	}
}

// machine is the protocol in memory: the rules of the package and nothing else.
type machine struct {
	x      *exam.Exam
	paper  *exam.Frozen
	sheet  *exam.Sheet
	a      exam.Attempt
	epochs map[string]int // what each device believes
	ops    []exam.Kept
}

func (m *machine) guard(now time.Time) exam.Guard {
	g := exam.Guard{State: m.a.State, Epoch: m.a.Epoch, SubmittedBy: m.a.SubmittedBy, Now: now}
	if m.a.DueAt != nil {
		g.DueAt, g.CheckAt = *m.a.DueAt, *m.a.CheckAt
	}
	return g
}

func (m *machine) do(t *testing.T, step map[string]string) string {
	at, err := strconv.ParseFloat(step["at"], 64)
	if err != nil {
		t.Fatal(err)
	}
	now := m.x.OpensAt.Add(time.Duration(at * float64(time.Second)))
	switch step["do"] {
	case "start":
		if err := m.x.MayStart(now); err != nil {
			return domain.ReasonOf(err)
		}
		m.become(t, exam.InProgress)
		due := m.x.DueAt(now)
		check := due.Add(m.x.Grace)
		m.a.StartedAt, m.a.DueAt, m.a.CheckAt, m.a.Epoch = &now, &due, &check, 1
		m.epochs[step["device"]] = 1
	case "take-over":
		m.a.Epoch++
		m.epochs[step["device"]] = m.a.Epoch
	case "sweep":
		if m.a.State == exam.InProgress && now.After(*m.a.CheckAt) {
			m.become(t, exam.Submitted)
			m.a.SubmittedBy = exam.ByClock
		}
	case "submit":
		if m.a.State == exam.Submitted {
			return string(exam.Submitted)
		}
		verdict, err := m.guard(now).Judge(m.epochs[step["device"]])
		if err != nil {
			return domain.ReasonOf(err)
		}
		m.become(t, exam.Submitted)
		m.a.SubmittedBy = exam.ByPerson
		if verdict == exam.SealLate {
			m.a.SubmittedBy = exam.ByClock
		}
	case "save":
		return m.save(t, step, now)
	}
	return string(m.a.State)
}

func (m *machine) save(t *testing.T, step map[string]string, now time.Time) string {
	op := exam.Operation{Seq: number(t, step["seq"])}
	copy(op.ID[:], step["op"])
	op.Item, op.Choice = m.answer(t, step["item"], step["value"])
	if slices.ContainsFunc(m.ops, func(k exam.Kept) bool { return k.ID == op.ID && !k.Late }) {
		return "saved"
	}
	verdict, err := m.guard(now).Judge(m.epochs[step["device"]])
	if err != nil {
		return domain.ReasonOf(err)
	}
	m.ops = append(m.ops, exam.Kept{Operation: op, ServerSeq: int64(len(m.ops) + 1), Late: verdict == exam.SealLate})
	if verdict == exam.SealLate {
		return "sealed"
	}
	return "saved"
}

// answer sends the author's option ids through the sheet, as a browser would.
func (m *machine) answer(t *testing.T, item, value string) (int, exam.Choice) {
	want := number(t, item) - 1
	i := slices.IndexFunc(m.sheet.Items, func(it exam.SheetItem) bool { return it.Item == want })
	var names []string
	for _, id := range split(value) {
		for o, option := range m.paper.Items[want].Options {
			if option.ID == id {
				names = append(names, m.sheet.Chosen(i, 1<<o)...)
			}
		}
	}
	c, ok := m.sheet.Choose(m.sheet.Find(m.sheet.Items[i].ID()), names)
	if !ok || c.Count() != len(split(value)) {
		t.Fatalf("item %s has no option %s", item, value)
	}
	return want, c
}

func (m *machine) become(t *testing.T, s exam.AttemptState) {
	if !m.a.State.MayBecome(s) {
		t.Fatalf("%s -> %s", m.a.State, s)
	}
	m.a.State = s
}

func (m *machine) compare(t *testing.T, results []map[string]string) {
	g := exam.GradeAnswers(m.paper, exam.Fold(m.ops), 0)
	for _, r := range results {
		if r["item"] == "total" {
			if g.ScoreMilli != number(t, r["mark"]) || string(m.a.SubmittedBy) != r["answer"] {
				t.Errorf("score %d by %s, want %s by %s", g.ScoreMilli, m.a.SubmittedBy, r["mark"], r["answer"])
			}
			continue
		}
		i := number(t, r["item"]) - 1
		var got []string
		for o, option := range m.paper.Items[i].Options {
			if g.Choices[i]&(1<<o) != 0 {
				got = append(got, option.ID)
			}
		}
		if !slices.Equal(got, split(r["answer"])) || g.Marks[i] != number(t, r["mark"]) {
			t.Errorf("item %d: %v for %d, want %s for %s", i+1, got, g.Marks[i], r["answer"], r["mark"])
		}
	}
}

func readPaper(t *testing.T, path string) *exam.Frozen {
	var qs []question.Question
	var points []int
	partial := exam.PartialFull
	for _, r := range readCSV(t, path) {
		c := question.Content{Kind: question.Kind(r["kind"]), Stem: "第 " + r["item"] + " 题", Key: split(r["key"])}
		if c.Kind != question.Judgement {
			for _, id := range split(r["options"]) {
				c.Options = append(c.Options, question.Option{ID: id, Text: "选项 " + id})
			}
		}
		if r["partial"] == "half" {
			partial = exam.PartialHalf
		}
		qs = append(qs, question.Question{ID: "q" + r["item"], Version: 1, State: question.Active, Content: c.Normalise()})
		points = append(points, number(t, r["points"]))
	}
	f, _, err := exam.Freeze("卷", partial, qs, points)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range readCSV(t, path) { // a case may mix the rules, which an author cannot
		f.Items[i].Partial = exam.Partial(r["partial"])
	}
	return f
}

func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
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

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
