package course

import (
	"strings"
	"testing"
	"time"

	"zhixing/domain"
)

var day = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func reason(err error) string { return domain.ReasonOf(err) }

func TestNewChecksContent(t *testing.T) {
	tests := []struct {
		name    string
		content Content
		fields  []string
	}{
		{"right", Content{Title: " 党章学习 ", Tags: []string{"党章", " 党章", ""}}, nil},
		{"no title", Content{Title: "  "}, []string{"course.title_missing"}},
		{"long", Content{Title: strings.Repeat("党", MaxTitle+1), Summary: strings.Repeat("课", MaxSummary+1)}, []string{"course.too_long", "course.too_long"}},
		{"tags", Content{Title: "x", Tags: strings.Split("abcdefghijk", "")}, []string{"course.too_many_tags"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New("c", "p", tt.content, day)
			var got []string
			if de, ok := err.(*domain.Error); ok { //nolint:errorlint // shape under test
				for _, f := range de.Fields {
					got = append(got, f.Reason)
				}
			}
			if strings.Join(got, " ") != strings.Join(tt.fields, " ") {
				t.Fatalf("fields %v, want %v", got, tt.fields)
			}
			if err == nil && (c.Title != "党章学习" || len(c.Tags) != 1 || c.State != Draft || c.Version != 1) {
				t.Errorf("course %+v", c)
			}
		})
	}
}

func TestPublishRules(t *testing.T) {
	c, _ := New("c", "p", Content{Title: "课"}, day)
	if got := reason(c.Publish(0, day)); got != "course.no_ready_lesson" {
		t.Fatalf("without a ready lesson: %q", got)
	}
	if err := c.Publish(1, day); err != nil || c.State != Published {
		t.Fatal(err)
	}
	if got := reason(c.Publish(1, day)); got != "course.already_published" {
		t.Fatalf("twice: %q", got)
	}
	first := *c.PublishedAt
	if err := c.Unpublish(day.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := reason(c.Unpublish(day)); got != "course.not_published" {
		t.Fatalf("unpublish twice: %q", got)
	}
	if err := c.Publish(1, day.Add(2*time.Hour)); err != nil || !c.PublishedAt.Equal(first) {
		t.Fatalf("published again: %v, first time moved to %v", err, c.PublishedAt)
	}
}

// Planted: Expect compared with < instead of !=; red at the stale writer.
func TestASlowWriterIsRefused(t *testing.T) {
	c, _ := New("c", "p", Content{Title: "课"}, day)
	if err := c.Change(1, Content{Title: "课二"}, day); err != nil || c.Version != 2 {
		t.Fatal(err, c.Version)
	}
	if got := reason(c.Change(1, Content{Title: "课三"}, day)); got != "course.changed" || c.Title != "课二" {
		t.Fatalf("stale writer: %q, title %s", got, c.Title)
	}
}

func TestLessonChange(t *testing.T) {
	ch := Chapter{ID: "ch", CourseID: "c"}
	l, err := NewLesson("l", ch, LessonContent{Title: "第一讲", HoursCenti: 50}, 0, 0, day)
	if err != nil || l.ThresholdPercent != 90 || l.MaxRatePercent != 200 || l.MediaVersion != 0 {
		t.Fatalf("%+v, %v", l, err)
	}
	steps := []struct {
		medium  string
		version int
	}{{"m1", 1}, {"m1", 1}, {"m2", 2}, {"m1", 3}, {"", 4}}
	for _, s := range steps {
		if err := l.Change(LessonContent{Title: "第一讲", MediumID: s.medium}); err != nil || l.MediaVersion != s.version {
			t.Fatalf("medium %q: version %d, want %d, %v", s.medium, l.MediaVersion, s.version, err)
		}
	}
	bad := []LessonContent{
		{Title: ""},
		{Title: "x", HoursCenti: -1},
		{Title: "x", HoursCenti: MaxHoursCenti + 1},
		{Title: "x", ThresholdPercent: 101},
		{Title: "x", MaxRatePercent: 99},
		{Title: "x", MaxRatePercent: 301},
	}
	for _, c := range bad {
		before := *l
		if got := reason(l.Change(c)); got != "course.bad_content" || *l != before {
			t.Errorf("%+v: %q, lesson %+v", c, got, l)
		}
	}
	if _, err := NewLesson("l", ch, LessonContent{Title: "x"}, MaxLessons, 0, day); reason(err) != "course.too_many_lessons" {
		t.Errorf("over the limit: %v", err)
	}
}

func TestCloseKeepsAndReopens(t *testing.T) {
	l := &Lesson{ID: "l"}
	if got := reason(l.CheckRemove(true)); got != "course.lesson_has_records" {
		t.Fatal(got)
	}
	if err := l.Close(day); err != nil {
		t.Fatal(err)
	}
	if got := reason(l.Close(day)); got != "course.lesson_closed" {
		t.Fatal(got)
	}
	if err := l.Reopen(); err != nil || l.ClosedAt != nil {
		t.Fatal(err)
	}
	if got := HoursCenti([]Lesson{{HoursCenti: 100}, {HoursCenti: 50, ClosedAt: &day}, {HoursCenti: 25}}); got != 125 {
		t.Errorf("hours %d", got)
	}
}

func TestReorder(t *testing.T) {
	fresh := func() ([]Chapter, []Lesson) {
		return []Chapter{{ID: "a"}, {ID: "b", Position: 1}}, []Lesson{{ID: "1", ChapterID: "a"}, {ID: "2", ChapterID: "a", Position: 1}, {ID: "3", ChapterID: "b"}}
	}
	chs, ls := fresh()
	if err := Reorder(chs, ls, []Place{{"b", []string{"2", "3"}}, {"a", []string{"1"}}}); err != nil {
		t.Fatal(err)
	}
	if chs[0].Position != 1 || chs[1].Position != 0 || ls[1].ChapterID != "b" || ls[1].Position != 0 || ls[2].Position != 1 {
		t.Errorf("%+v %+v", chs, ls)
	}
	for name, order := range map[string][]Place{
		"chapter missing": {{"a", []string{"1", "2", "3"}}},
		"lesson missing":  {{"a", []string{"1"}}, {"b", []string{"3"}}},
		"lesson twice":    {{"a", []string{"1", "1", "2"}}, {"b", []string{"3"}}},
		"foreign lesson":  {{"a", []string{"1", "2", "9"}}, {"b", []string{"3"}}},
		"chapter twice":   {{"a", []string{"1", "2"}}, {"a", []string{"3"}}, {"b", nil}},
	} {
		chs, ls := fresh()
		if got := reason(Reorder(chs, ls, order)); got != "course.order_incomplete" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestStateOf(t *testing.T) {
	for _, tt := range []struct {
		done, count int
		covered     int64
		want        Progress
	}{{0, 0, 0, NotStarted}, {0, 3, 0, NotStarted}, {0, 3, 1, InProgress}, {1, 3, 0, InProgress}, {3, 3, 9, Done}} {
		if got := StateOf(tt.done, tt.count, tt.covered); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	if p := (OpenedLesson{DurationMS: 1000, CoveredMS: 999}).Percent(); p != 99 {
		t.Errorf("percent %d", p)
	}
}
