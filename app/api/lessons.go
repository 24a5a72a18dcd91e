package api

import (
	"context"

	"zhixing/app"
	"zhixing/domain/course"
)

type chapterInputBody struct {
	Title   string `json:"title" maxLength:"500"`
	Version int    `json:"version,omitempty" minimum:"0" doc:"The course version that the writer has read; absent: not checked"`
}

type chapterInput struct {
	PathID
	Body chapterInputBody
}

type addedOutput struct {
	Body struct {
		ID     string      `json:"id" doc:"Of what was added"`
		Course outlineBody `json:"course"`
	}
}

func added(o *course.Outline, id string, err error) (*addedOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &addedOutput{}
	out.Body.ID, out.Body.Course = id, outlineOf(o)
	return out, nil
}

// addChapter handles POST /api/v1/courses/{id}/chapters.
func (s *Server) addChapter(ctx context.Context, who app.Actor, in *chapterInput) (*addedOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	return added(s.Courses.AddChapter(ctx, who, id, in.Body.Version, in.Body.Title))
}

// updateChapter handles PUT /api/v1/chapters/{id}.
func (s *Server) updateChapter(ctx context.Context, who app.Actor, in *chapterInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.chapter_not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.RenameChapter(ctx, who, id, in.Body.Version, in.Body.Title))
}

type removeInput struct {
	PathID
	Version int `query:"version" minimum:"0" doc:"The course version that the writer has read; absent: not checked"`
}

// removeChapter handles DELETE /api/v1/chapters/{id}.
func (s *Server) removeChapter(ctx context.Context, who app.Actor, in *removeInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.chapter_not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.RemoveChapter(ctx, who, id, in.Version))
}

type lessonInput struct {
	PathID
	Body struct {
		Title            string `json:"title" maxLength:"500"`
		MediumID         string `json:"medium_id,omitempty" maxLength:"64"`
		HoursCenti       int    `json:"hours_centi,omitempty" doc:"Hundredths of an hour"`
		ThresholdPercent int    `json:"threshold_percent,omitempty" doc:"Of the duration that must be watched; default 90"`
		AllowSkip        bool   `json:"allow_skip,omitempty"`
		MaxRatePercent   int    `json:"max_rate_percent,omitempty" doc:"Fastest playback that counts; default 200"`
		Version          int    `json:"version,omitempty" minimum:"0" doc:"The course version that the writer has read; absent: not checked"`
	}
}

func (in *lessonInput) content() (course.LessonContent, error) {
	b := in.Body
	medium := ""
	if b.MediumID != "" {
		var err error
		if medium, err = app.ParseID(b.MediumID, "media.not_found"); err != nil {
			return course.LessonContent{}, err
		}
	}
	return course.LessonContent{
		Title: b.Title, MediumID: medium, HoursCenti: b.HoursCenti, ThresholdPercent: b.ThresholdPercent,
		AllowSkip: b.AllowSkip, MaxRatePercent: b.MaxRatePercent,
	}, nil
}

// addLesson handles POST /api/v1/chapters/{id}/lessons.
func (s *Server) addLesson(ctx context.Context, who app.Actor, in *lessonInput) (*addedOutput, error) {
	id, err := app.ParseID(in.ID, "course.chapter_not_found")
	if err != nil {
		return nil, err
	}
	content, err := in.content()
	if err != nil {
		return nil, err
	}
	return added(s.Courses.AddLesson(ctx, who, id, in.Body.Version, content))
}

// updateLesson handles PUT /api/v1/lessons/{id}.
func (s *Server) updateLesson(ctx context.Context, who app.Actor, in *lessonInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.lesson_not_found")
	if err != nil {
		return nil, err
	}
	content, err := in.content()
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.ChangeLesson(ctx, who, id, in.Body.Version, content))
}

// removeLesson handles DELETE /api/v1/lessons/{id}.
func (s *Server) removeLesson(ctx context.Context, who app.Actor, in *removeInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.lesson_not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.RemoveLesson(ctx, who, id, in.Version))
}

// closeLesson handles POST /api/v1/lessons/{id}/close.
func (s *Server) closeLesson(ctx context.Context, who app.Actor, in *idInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.lesson_not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.CloseLesson(ctx, who, id))
}

// reopenLesson handles POST /api/v1/lessons/{id}/reopen.
func (s *Server) reopenLesson(ctx context.Context, who app.Actor, in *idInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.lesson_not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.ReopenLesson(ctx, who, id))
}

type placeBody struct {
	ID      string   `json:"id" maxLength:"64" doc:"Of the chapter"`
	Lessons []string `json:"lessons" maxItems:"500" maxLength:"64" doc:"Ids in order"`
}

type reorderInput struct {
	PathID
	Body struct {
		Chapters []placeBody `json:"chapters" maxItems:"100" doc:"Every chapter and lesson of the course, once"`
		Version  int         `json:"version,omitempty" minimum:"0" doc:"The course version that the writer has read; absent: not checked"`
	}
}

// reorderCourse handles POST /api/v1/courses/{id}/reorder.
func (s *Server) reorderCourse(ctx context.Context, who app.Actor, in *reorderInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	order := bodies(in.Body.Chapters, func(p placeBody) course.Place { return course.Place{ChapterID: p.ID, LessonIDs: p.Lessons} })
	return outline(s.Courses.Reorder(ctx, who, id, in.Body.Version, order))
}
