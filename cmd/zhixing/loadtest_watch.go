package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// watcher is a person who watches, without a break, one lesson after the other.
type watcher struct {
	*visitor
	lessons  []string
	lesson   int
	play     string
	opened   time.Time
	duration int64 // ms of the lesson
	seq      int
}

// watch measures reports. Everybody watches at normal speed in real time, and
// reports as often as the load asks for; each report claims what has gone by
// since the play was opened, so each earns.
func (l *loadtest) watch(ctx context.Context) error {
	limit, people := l.bounds(15 * time.Second)
	if err := l.makePeople(ctx, people); err != nil {
		return err
	}
	lessons, err := l.makeLessons()
	if err != nil {
		return err
	}
	idle := make(chan *watcher, people)
	watchers := make([]*watcher, people)
	for i := range watchers {
		watchers[i] = &watcher{visitor: l.people[i], lessons: lessons}
	}
	if err := each(ctx, people, 8, func(i int) error { return watchers[i].open() }); err != nil {
		return err
	}
	for _, v := range watchers {
		idle <- v
	}
	err = l.drive(ctx, "report", limit, func(w *loadWorker, _ int, due time.Time) error {
		v := <-idle
		defer func() { idle <- v }()
		if time.Since(v.opened).Milliseconds() > v.duration {
			if err := w.time("open", due, v.open); err != nil {
				return err
			}
			due = time.Time{}
		}
		return w.time("report", due, v.report)
	})
	l.result.ReportsPerSecond = l.result.perSecond(l.result.Done)
	return err
}

// open opens the next lesson.
func (v *watcher) open() error {
	var p struct {
		ID    string `json:"id"`
		Media struct {
			DurationMs int64 `json:"duration_ms"`
		} `json:"media"`
	}
	lesson := v.lessons[v.lesson%len(v.lessons)]
	if err := v.do("POST", "/lessons/"+lesson+"/plays", []byte(`{"device_id":"`+v.device+`"}`), &p); err != nil {
		return err
	}
	v.lesson++
	v.play, v.opened, v.duration, v.seq = p.ID, time.Now(), p.Media.DurationMs, 0
	return nil
}

// report claims what was watched since the play was opened.
func (v *watcher) report() error {
	to := min(time.Since(v.opened).Milliseconds(), v.duration)
	v.seq++
	b := make([]byte, 0, 128)
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, int64(v.seq), 10)
	b = append(b, `,"position_ms":`...)
	b = strconv.AppendInt(b, to, 10)
	b = append(b, `,"spans":[{"from_ms":0,"to_ms":`...)
	b = strconv.AppendInt(b, to, 10)
	b = append(b, `,"rate":1}]}`...)
	return v.ask("POST", "/plays/"+v.play+"/reports", b, func(answer []byte) error {
		if !bytes.Contains(answer, []byte(`"refused":[]`)) || bytes.Contains(answer, []byte(`"superseded":true`)) {
			return errors.New("not all was counted")
		}
		return nil
	})
}

// makeLessons makes a course on a video that the server has, with lessons
// enough to watch all the time.
func (l *loadtest) makeLessons() ([]string, error) {
	var media struct {
		Items []struct {
			ID         string `json:"id"`
			DurationMs int64  `json:"duration_ms"`
		} `json:"items"`
	}
	if err := l.admin.do("GET", "/media?state=ready&limit=200", nil, &media); err != nil {
		return nil, fmt.Errorf("read media: %w", err)
	}
	medium, longest := "", int64(0)
	for _, m := range media.Items {
		if m.DurationMs > longest {
			medium, longest = m.ID, m.DurationMs
		}
	}
	if medium == "" {
		return nil, errors.New("the server has no video yet; a demonstration's are ready a little after its start")
	}
	name := "压力测试 " + l.people[0].number
	var course, chapter, added struct {
		ID string `json:"id"`
	}
	if err := l.admin.do("POST", "/courses", map[string]any{"title": name, "audience": map[string]any{"units": []string{l.unit}}}, &course); err != nil {
		return nil, fmt.Errorf("make a course: %w", err)
	}
	if err := l.admin.do("POST", "/courses/"+course.ID+"/chapters", map[string]any{"title": name}, &chapter); err != nil {
		return nil, fmt.Errorf("make a chapter: %w", err)
	}
	n := int(2*l.duration.Milliseconds()/longest) + 2
	lessons := make([]string, min(n, 100))
	for i := range lessons {
		err := l.admin.do("POST", "/chapters/"+chapter.ID+"/lessons", map[string]any{"title": fmt.Sprintf("第 %d 讲", i+1), "medium_id": medium, "allow_skip": true}, &added)
		if err != nil {
			return nil, fmt.Errorf("make a lesson: %w", err)
		}
		lessons[i] = added.ID
	}
	if err := l.admin.do("POST", "/courses/"+course.ID+"/publish", nil, nil); err != nil {
		return nil, fmt.Errorf("publish the course: %w", err)
	}
	l.say("%d lessons of %d s", len(lessons), longest/1000)
	return lessons, nil
}
