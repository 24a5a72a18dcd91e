package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zhixing/domain/course"
	"zhixing/domain/org"
	"zhixing/domain/question"
)

// What the demonstration asks is well formed, has a source, and no answer can
// be guessed from where it stands.
func TestDemoQuestions(t *testing.T) {
	var all []struct {
		Kind        question.Kind
		Stem        string
		Options     []string
		Key         []string
		Tags        []string
		Source      string
		Explanation string
		Difficulty  int
	}
	if err := demoJSON("questions.json", &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 120 {
		t.Errorf("%d questions, want 120", len(all))
	}
	seen, kinds := map[string]bool{}, map[question.Kind]int{}
	for _, q := range all {
		c := question.Content{Kind: q.Kind, Stem: q.Stem, Key: q.Key, Tags: q.Tags, Source: q.Source, Explanation: q.Explanation, Difficulty: q.Difficulty}
		for i, o := range q.Options {
			c.Options = append(c.Options, question.Option{ID: string(rune('A' + i)), Text: o})
		}
		if err := c.Normalise().Validate(); err != nil {
			t.Errorf("%s: %v", q.Stem, err)
		}
		if seen[q.Stem] || !strings.HasPrefix(q.Source, "《") || q.Explanation == "" || len(q.Tags) == 0 {
			t.Errorf("%s: repeated, or without source, explanation or tag", q.Stem)
		}
		seen[q.Stem] = true
		kinds[q.Kind]++
	}
	for _, k := range question.Kinds() {
		if kinds[k] < 20 {
			t.Errorf("only %d of kind %s", kinds[k], k)
		}
	}
}

func TestDemoPeople(t *testing.T) {
	s := &seeder{}
	if err := s.readPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	var college struct {
		Units []struct{ Name, Parent string }
	}
	if err := demoJSON("college.json", &college); err != nil {
		t.Fatal(err)
	}
	units := []string{""}
	for _, u := range college.Units {
		if !slices.Contains(units, u.Parent) || slices.Contains(units, u.Name) {
			t.Errorf("unit %s comes before its parent %s, or twice", u.Name, u.Parent)
		}
		units = append(units, u.Name)
	}
	numbers, stages, ranks, lengths := map[string]bool{}, map[string]int{}, map[string]int{}, map[int]int{}
	for _, r := range s.rows {
		n := org.NewPerson{Number: r.Number, Name: r.Name, Kind: r.Kind, Gender: r.Gender, BornOn: r.BornOn, From: r.JoinedOn, Rank: r.Rank}
		if bad := n.Check("2026-11-23"); len(bad) > 0 || n.Name != r.Name {
			t.Errorf("%s: %v, name %q", r.Number, bad, n.Name)
		}
		if !slices.Contains(units, r.PartyUnit) || !slices.Contains(units, r.AdminUnit) || numbers[r.Number] {
			t.Errorf("%s: unknown unit, or number twice", r.Number)
		}
		var facts []org.Fact
		for _, st := range r.Stages {
			f := org.Fact{ID: st[1], Kind: org.FactStage, Value: st[0], From: st[1]}
			op, err := org.Add(facts, f)
			if err := errors.Join(err, f.Check()); err != nil {
				t.Fatalf("%s: %v", r.Number, err)
			}
			facts = op.Apply(facts)
		}
		numbers[r.Number] = true
		stages[r.stage()]++
		ranks[r.Rank]++
		lengths[min(5, len([]rune(r.Name)))]++
	}
	if len(s.rows) != 120 || s.rows[0].Number != "admin" {
		t.Errorf("%d people, the first %s", len(s.rows), s.rows[0].Number)
	}
	for _, a := range demoSignIns().Accounts {
		if !numbers[a.Number] {
			t.Errorf("nobody to sign in as %s", a.Number)
		}
	}
	for _, st := range org.Stages() {
		if stages[string(st)] < 5 {
			t.Errorf("only %d people in stage %s", stages[string(st)], st)
		}
	}
	for _, r := range org.Ranks() {
		if ranks[r] == 0 {
			t.Errorf("nobody of rank %s", r)
		}
	}
	if ranks[""] == 0 || lengths[2] == 0 || lengths[3] == 0 || lengths[4] == 0 || lengths[5] == 0 {
		t.Errorf("ranks %v, lengths of names %v", ranks, lengths)
	}
}

// The whole demonstration on the real services, then again: nothing is made
// twice, and who runs it on a college's own data is refused.
func TestSeedTwice(t *testing.T) {
	p, err := build(t.Context(), testConfig(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	counts := func() (c [7]int) {
		for i, table := range []string{"people", "grants", "questions", "exams", "courses", "hour_events", "policies"} {
			if table == "policies" {
				table = "hour_policies"
			}
			if err := p.db.Bun.NewRaw("SELECT count(*) FROM "+table).Scan(t.Context(), &c[i]); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	s, err := seedFacts(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	first := counts()
	if first[0] != 120 || first[2] != 120 || first[3] != 3 || first[4] != 4 || first[5] < 200 {
		t.Errorf("made %v", first)
	}
	if _, err := seedFacts(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if again := counts(); again != first {
		t.Errorf("a second run made %v out of %v", again, first)
	}
	var closed int
	if err := p.db.Bun.NewRaw("SELECT count(*) FROM attempts WHERE state IN ('submitted', 'graded')").Scan(t.Context(), &closed); err != nil || closed < 25 {
		t.Errorf("%d attempts were made, %v", closed, err)
	}
	o, err := s.outlines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for title, c := range o {
		if len(c.Lessons) < 8 || len(c.Lessons) > 12 || c.State != course.Draft {
			t.Errorf("%s has %d lessons and is %s", title, len(c.Lessons), c.State)
		}
	}
	if _, err := p.db.Bun.NewRaw("UPDATE accounts SET disabled_at = now()").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := seedFacts(t.Context(), p); !errors.Is(err, errRealData) {
		t.Errorf("on other people's data: %v", err)
	}
}

// Each style of video is what it says, by ffprobe.
func TestMakeVideo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1-"+styleSmall+".mp4.4194000.part"), []byte("of a start that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	for style, want := range map[string]string{
		styleSmall: "h264 yuv420p 854x480 sound", styleWide: "h264 yuv420p 1280x720 sound",
		stylePhone: "h264 yuv420p 540x960 sound", styleHEVC: "hevc yuv420p10le 1280x720 sound", styleSilent: "h264 yuv420p 854x480 silent",
	} {
		path, err := makeVideo(t.Context(), dir, demoVideo{course: "课程", title: "课时“一”: 100%", name: "1", style: style, seconds: 3})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-of", "json", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		var probe struct {
			Streams []struct {
				CodecType   string `json:"codec_type"`
				CodecName   string `json:"codec_name"`
				PixFmt      string `json:"pix_fmt"`
				Width       int
				Height      int
				RFrameRate  string `json:"r_frame_rate"`
				AvgFrameate string `json:"avg_frame_rate"`
			}
		}
		if err := json.Unmarshal(out, &probe); err != nil {
			t.Fatal(err)
		}
		v, sound := probe.Streams[0], "silent"
		if len(probe.Streams) == 2 && probe.Streams[1].CodecType == "audio" {
			sound = "sound"
		}
		if got := v.CodecName + " " + v.PixFmt + " " + strconv.Itoa(v.Width) + "x" + strconv.Itoa(v.Height) + " " + sound; got != want {
			t.Errorf("%s is %s, want %s", style, got, want)
		}
		if (style == stylePhone) == (v.RFrameRate == v.AvgFrameate) {
			t.Errorf("%s: frame rates %s and %s", style, v.RFrameRate, v.AvgFrameate)
		}
		made, _ := os.Stat(path)
		if again, err := makeVideo(t.Context(), dir, demoVideo{course: "课程", title: "课时", name: "1", style: style, seconds: 3}); err != nil || again != path {
			t.Errorf("again: %s, %v", again, err)
		} else if now, _ := os.Stat(path); now.ModTime() != made.ModTime() {
			t.Error("a video was made twice")
		}
	}
	for _, pattern := range []string{"*.txt*", "*.part"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// What is invented about the people stands up to the rules for real ones, and no
// two share a number.
func TestDemoDetails(t *testing.T) {
	s := &seeder{units: map[string]string{}}
	if err := s.readPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, cards, phones, away := map[string]bool{}, 0, 0, 0
	for i, r := range s.rows {
		n := org.NewPerson{Number: r.Number, Name: r.Name, Kind: r.Kind, Gender: r.Gender, BornOn: r.BornOn, IDCard: r.idCard(i), Phone: r.phone(i), Email: r.email()}
		if bad := n.Check("2026-11-23"); len(bad) > 0 {
			t.Errorf("%s: %v", r.Number, bad)
		}
		for _, v := range []string{n.IDCard, n.Phone} {
			if v != "" && seen[v] {
				t.Errorf("%s: %s is another's too", r.Number, v)
			}
			seen[v] = true
		}
		if c := org.IDCard(n.IDCard); c != "" {
			cards++
			if c.BornOn() != r.BornOn || c.Gender() != r.Gender || !strings.HasPrefix(string(c), "99") {
				t.Errorf("%s: %s", r.Number, c)
			}
		}
		if n.Phone != "" {
			phones++
		}
		if r.status() != org.StatusActive {
			away++
		}
	}
	if cards < 100 || phones < 90 || away == 0 || away > 6 {
		t.Errorf("%d id cards, %d phones, %d away", cards, phones, away)
	}
	held := map[string]int{}
	for _, posts := range s.demoPosts() {
		for _, f := range posts {
			if err := f.Check(); err != nil {
				t.Error(err)
			}
			held[f.Value]++
		}
	}
	if held["secretary"] < 6 || held["organisation"] < 6 || held["leadership"] == 0 || held["class_manager"] != 1 {
		t.Errorf("posts %v", held)
	}
}
