package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/course"
	"zhixing/domain/learning"
)

// demoCourse is a course of courses.json.
type demoCourse struct {
	Title, Category, Teacher, Summary string
	Tags, Stages                      []string
	Required                          bool
	HoursCenti                        int `json:"hours_centi"`
	Chapters                          []struct {
		Title   string
		Lessons []string
	}
}

func (c *demoCourse) content() course.Content {
	return course.Content{
		Title: c.Title, Summary: c.Summary, Category: c.Category, Tags: c.Tags, TeacherName: c.Teacher, Required: c.Required,
		Audience: domain.Audience{Stages: c.Stages},
	}
}

func demoCourses() (list []demoCourse, err error) { return list, demoJSON("courses.json", &list) }

// outlines returns the demonstration's courses that are there, by title.
func (s *seeder) outlines(ctx context.Context) (map[string]*course.Outline, error) {
	there, err := pages(func(p domain.Paging) (domain.Page[course.Summed], error) {
		return s.p.api.Courses.List(ctx, course.Filter{Paging: p})
	})
	if err != nil {
		return nil, err
	}
	out := map[string]*course.Outline{}
	for _, c := range there {
		if out[c.Title], err = s.p.api.Courses.Outline(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// makeCourses writes the courses with their chapters and lessons as drafts; the
// videos follow.
func (s *seeder) makeCourses(ctx context.Context) error {
	list, err := demoCourses()
	if err != nil {
		return err
	}
	there, err := s.outlines(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		o := there[d.Title]
		if o == nil {
			if o, err = s.p.api.Courses.Create(ctx, s.trainer, d.content()); err != nil {
				return fmt.Errorf("%s: %w", d.Title, err)
			}
		}
		for _, ch := range d.Chapters {
			if err := s.makeChapter(ctx, o, d.HoursCenti, ch.Title, ch.Lessons); err != nil {
				return fmt.Errorf("%s, %s: %w", d.Title, ch.Title, err)
			}
		}
	}
	return nil
}

func (s *seeder) makeChapter(ctx context.Context, o *course.Outline, hoursCenti int, title string, lessons []string) error {
	id := ""
	if i := slices.IndexFunc(o.Chapters, func(c course.Chapter) bool { return c.Title == title }); i >= 0 {
		id = o.Chapters[i].ID
	} else {
		var err error
		if _, id, err = s.p.api.Courses.AddChapter(ctx, s.trainer, o.ID, 0, title); err != nil {
			return err
		}
	}
	for _, l := range lessons {
		if slices.ContainsFunc(o.Lessons, func(v course.LessonMedium) bool { return v.Title == l }) {
			continue
		}
		if _, _, err := s.p.api.Courses.AddLesson(ctx, s.trainer, id, 0, course.LessonContent{Title: l, HoursCenti: hoursCenti}); err != nil {
			return err
		}
	}
	return nil
}

// videos makes the lessons' videos, takes them in through the media use case,
// puts them into their lessons and opens each course as soon as one plays. It
// goes through the courses side by side, so that all open early.
func (s *seeder) videos(ctx context.Context) error {
	list, err := demoCourses()
	if err != nil {
		return err
	}
	there, err := s.outlines(ctx)
	if err != nil {
		return err
	}
	taken := 0
	for turn := 0; ; turn++ {
		more := false
		for i, d := range list {
			o := there[d.Title]
			if turn >= len(o.Lessons) {
				continue
			}
			more = true
			l := o.Lessons[turn]
			if l.MediumID != "" {
				continue
			}
			if err := s.video(ctx, d, i, turn, &l.Lesson); err != nil {
				return fmt.Errorf("%s: %w", l.Title, err)
			}
			taken++
		}
		if err := s.openCourses(ctx, list); err != nil {
			return err
		}
		if !more {
			break
		}
	}
	for {
		waiting, err := s.waiting(ctx, list)
		if err != nil || waiting == 0 {
			if taken > 0 {
				slog.InfoContext(ctx, "demonstration courses are open", "videos", taken)
			}
			if err != nil {
				return err
			}
			return s.watchABit(ctx, list)
		}
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// video makes one lesson's video unless it was made before, uploads it and puts
// it into the lesson.
func (s *seeder) video(ctx context.Context, d demoCourse, courseIndex, turn int, l *course.Lesson) error {
	path, err := makeVideo(ctx, s.dir, demoVideo{
		course: d.Title, title: l.Title, name: fmt.Sprintf("%d-%02d", courseIndex+1, turn+1),
		style: videoStyle(courseIndex, turn), hue: courseIndex,
	})
	if err != nil {
		return err
	}
	id, err := s.upload(ctx, path, l.Title+".mp4")
	if err != nil {
		return err
	}
	_, err = s.p.api.Courses.ChangeLesson(ctx, s.trainer, l.ID, 0, course.LessonContent{
		Title: l.Title, MediumID: id, HoursCenti: l.HoursCenti,
		ThresholdPercent: l.ThresholdPercent, AllowSkip: l.AllowSkip, MaxRatePercent: l.MaxRatePercent,
	})
	return err
}

func (s *seeder) waiting(ctx context.Context, list []demoCourse) (n int, err error) {
	if err := s.openCourses(ctx, list); err != nil {
		return 0, err
	}
	there, err := s.outlines(ctx)
	for _, d := range list {
		if o := there[d.Title]; o != nil && o.State == course.Draft && slices.ContainsFunc(o.Lessons, func(l course.LessonMedium) bool {
			return l.MediumState != "rejected" && l.MediumState != "cancelled"
		}) {
			n++
		}
	}
	return n, err
}

// openCourses gives each draft that plays its cover and publishes it.
func (s *seeder) openCourses(ctx context.Context, list []demoCourse) error {
	there, err := s.outlines(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		o := there[d.Title]
		i := slices.IndexFunc(o.Lessons, func(l course.LessonMedium) bool { return l.MediumState == "ready" })
		if o.State != course.Draft || i < 0 {
			continue
		}
		c := d.content()
		c.CoverMediumID = o.Lessons[i].MediumID
		if _, err := s.p.api.Courses.Change(ctx, s.trainer, o.ID, o.Version, c); err != nil {
			return fmt.Errorf("%s: %w", d.Title, err)
		}
		if _, err := s.p.api.Courses.Publish(ctx, s.trainer, o.ID); err != nil {
			return fmt.Errorf("%s: %w", d.Title, err)
		}
	}
	return nil
}

// watchABit lets the demonstration's learner watch the beginning of a lesson,
// in the time that it takes, so that there is one to go on with.
func (s *seeder) watchABit(ctx context.Context, list []demoCourse) error {
	const seen = 8 * time.Second
	who := app.Actor{PersonID: s.people["learner"]}
	if on, err := s.p.api.Learning.Continue(ctx, who); on != nil || err != nil {
		return err
	}
	there, err := s.outlines(ctx)
	if err != nil {
		return err
	}
	for _, l := range there[list[0].Title].Lessons {
		if l.MediumState != "ready" {
			continue
		}
		play, err := s.p.api.Learning.Open(ctx, who, l.ID, "zhixing seed")
		if err != nil {
			return fmt.Errorf("%s: %w", l.Title, err)
		}
		select {
		case <-time.After(seen):
		case <-ctx.Done():
			return ctx.Err()
		}
		ms := seen.Milliseconds()
		_, err = s.p.api.Learning.Report(ctx, who, play.Play.ID, ms, []learning.Claim{{FromMs: 0, ToMs: ms, Rate: 1}})
		return err
	}
	return nil
}
