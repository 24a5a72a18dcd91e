package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// The exam of a load test: 20 questions, saved in 4 requests of 5 answers.
const (
	loadQuestions = 20
	loadSaves     = 4
)

// exam measures whole attempts. Each is a person's only one at an exam; there
// are as many exams as it takes.
func (l *loadtest) exam(ctx context.Context) error {
	limit := l.limit(2000, 1000)
	if err := l.makePeople(ctx, l.crowd(limit, 200)); err != nil {
		return err
	}
	exams, err := l.makeExams(ctx, (limit+len(l.people)-1)/len(l.people))
	if err != nil {
		return err
	}
	err = l.drive(ctx, "attempt", limit, func(w *loadWorker, i int, due time.Time) error {
		begun := due
		if begun.IsZero() {
			begun = time.Now()
		}
		return w.time("attempt", begun, func() error {
			return sit(w, l.people[i%len(l.people)], exams[i/len(l.people)], due)
		})
	})
	if err != nil {
		return err
	}
	l.result.AttemptsPerSecond = l.result.perSecond(l.result.Done)
	l.result.AnswersPerSecond = l.result.perSecond(l.result.Done * loadQuestions)
	return nil
}

// herd measures starts alone, by default 10,000 due within 10 s.
func (l *loadtest) herd(ctx context.Context) error {
	limit := l.limit(10_000, 1000)
	if l.rate == 0 {
		within := l.duration
		if within == 0 {
			within = 10 * time.Second
		}
		l.rate, l.duration = float64(limit)/within.Seconds(), 0
		l.result.Rate = l.rate
	}
	if err := l.makePeople(ctx, l.crowd(limit, 500)); err != nil {
		return err
	}
	exams, err := l.makeExams(ctx, (limit+len(l.people)-1)/len(l.people))
	if err != nil {
		return err
	}
	err = l.drive(ctx, "start", limit, func(w *loadWorker, i int, due time.Time) error {
		v, exam := l.people[i%len(l.people)], exams[i/len(l.people)]
		return w.time("start", due, func() error {
			return v.ask("POST", "/exams/"+exam+"/start", []byte(`{"device_id":"`+v.device+`"}`), func([]byte) error { return nil })
		})
	})
	l.result.StartsPerSecond = l.result.perSecond(l.result.Done)
	return err
}

// limit is how many items there are: as told, or enough for the duration, or
// the default.
func (l *loadtest) limit(standard int, perSecond float64) int {
	switch {
	case l.items > 0:
		return l.items
	case l.duration > 0 && l.rate > 0:
		return int(l.rate*l.duration.Seconds()) + 1
	case l.duration > 0:
		return int(perSecond * l.duration.Seconds())
	}
	return standard
}

// crowd is how many people there are.
func (l *loadtest) crowd(limit, most int) int {
	if l.wanted > 0 {
		return l.wanted
	}
	return max(min(limit, most), min(l.concurrency, limit))
}

// loadAttempt is what the client must know of an attempt.
type loadAttempt struct {
	ID    string `json:"id"`
	Epoch int    `json:"epoch"`
	Items []struct {
		ID      string `json:"id"`
		Options []struct {
			ID string `json:"id"`
		} `json:"options"`
	} `json:"items"`
}

// sit does one attempt from view to review.
func sit(w *loadWorker, v *visitor, exam string, due time.Time) error {
	a, err := answerAll(w, v, exam, due)
	if err != nil {
		return err
	}
	return w.time("review", time.Time{}, func() error {
		return v.ask("GET", "/attempts/"+a.ID+"/review", nil, func([]byte) error { return nil })
	})
}

// answerAll does one attempt from view to submit.
func answerAll(w *loadWorker, v *visitor, exam string, due time.Time) (a loadAttempt, err error) {
	if err := w.time("view", due, func() error {
		return v.ask("GET", "/my-exams/"+exam, nil, func([]byte) error { return nil })
	}); err != nil {
		return a, err
	}
	err = w.time("start", time.Time{}, func() error {
		return v.do("POST", "/exams/"+exam+"/start", []byte(`{"device_id":"`+v.device+`"}`), &a)
	})
	if err != nil {
		return a, err
	}
	if len(a.Items) != loadQuestions {
		return a, fmt.Errorf("the attempt has %d items, not %d", len(a.Items), loadQuestions)
	}
	for s := range loadSaves {
		body, ids := saveBody(&a, s)
		err := w.time("save", time.Time{}, func() error {
			return v.ask("POST", "/attempts/"+a.ID+"/answers", body, func(answer []byte) error { return acknowledged(answer, ids) })
		})
		if err != nil {
			return a, err
		}
	}
	var end struct {
		State string `json:"state"`
	}
	return a, w.time("submit", time.Time{}, func() error {
		if err := v.do("POST", "/attempts/"+a.ID+"/submit", fmt.Appendf(nil, `{"epoch":%d}`, a.Epoch), &end); err != nil {
			return err
		}
		if end.State == "" || end.State == "in_progress" {
			return errors.New("not submitted")
		}
		return nil
	})
}

// saveBody is the s-th save: its share of the items, each answered with one of
// its options; and the ids of its operations.
func saveBody(a *loadAttempt, s int) ([]byte, []string) {
	const share = loadQuestions / loadSaves
	b, ids := make([]byte, 0, 1024), make([]string, 0, share)
	b = append(b, `{"epoch":`...)
	b = strconv.AppendInt(b, int64(a.Epoch), 10)
	b = append(b, `,"operations":[`...)
	for i := s * share; i < (s+1)*share; i++ {
		if i > s*share {
			b = append(b, ',')
		}
		item := a.Items[i]
		ids = append(ids, uuid.NewString())
		b = appendOperation(b, ids[len(ids)-1], item.ID, i+1, item.Options[i%len(item.Options)].ID)
	}
	return append(b, "]}"...), ids
}

// makeExams makes n exams on one paper for the people made, opens them and
// waits until everybody has an attempt ready.
func (l *loadtest) makeExams(ctx context.Context, n int) ([]string, error) {
	began := time.Now()
	paper, err := l.makePaper(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, n)
	err = each(ctx, n, 2, func(i int) error {
		now := time.Now()
		var x struct {
			ID string `json:"id"`
		}
		pass := loadQuestions * 600
		if l.earns > 0 {
			pass = 0
		}
		err := l.admin.do("POST", "/exams", map[string]any{
			"title": fmt.Sprintf("压力测试 %s 第 %d 场", l.people[0].number, i+1), "paper_id": paper, "opens_at": now.UTC().Format(time.RFC3339),
			"closes_at": now.Add(2 * time.Hour).UTC().Format(time.RFC3339), "duration_s": 3600, "pass_mark_milli": pass, "hours_centi": l.earns, "attempts_allowed": 1,
			"shuffle_questions": true, "shuffle_options": true, "review": "after_submit", "audience": map[string]any{"units": []string{l.unit}},
		}, &x)
		if err != nil {
			return fmt.Errorf("make an exam: %w", err)
		}
		ids[i] = x.ID
		if err := l.admin.do("POST", "/exams/"+x.ID+"/publish", nil, nil); err != nil {
			return fmt.Errorf("publish an exam: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if err := l.waitMinted(ctx, id); err != nil {
			return nil, fmt.Errorf("exam %d of %d: %w", i+1, n, err)
		}
	}
	l.say("%d exams open, every attempt ready, after %.1f s", n, time.Since(began).Seconds())
	return ids, nil
}

// waitMinted waits until the exam has an attempt for each of the people.
func (l *loadtest) waitMinted(ctx context.Context, exam string) error {
	for deadline := time.Now().Add(3 * time.Minute); ; {
		count, token := 0, ""
		for {
			var page struct {
				Items         []struct{} `json:"items"`
				NextPageToken string     `json:"next_page_token"`
			}
			if err := l.admin.do("GET", "/exams/"+exam+"/attempts?limit=200&page_token="+token, nil, &page); err != nil {
				return fmt.Errorf("read the roster: %w", err)
			}
			count += len(page.Items)
			if token = page.NextPageToken; token == "" {
				break
			}
		}
		switch {
		case count >= len(l.people):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("only %d of %d attempts were made ready in 3 minutes; is a worker running?", count, len(l.people))
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// makePaper makes a bank of 20 questions and a paper of all of them.
func (l *loadtest) makePaper(ctx context.Context) (string, error) {
	var bank, paper struct {
		ID string `json:"id"`
	}
	if err := l.admin.do("POST", "/banks", map[string]any{"name": "压力测试 " + l.people[0].number}, &bank); err != nil {
		return "", fmt.Errorf("make a bank: %w", err)
	}
	items := make([]map[string]any, loadQuestions)
	err := each(ctx, loadQuestions, 2, func(i int) error {
		q := map[string]any{
			"kind": "single", "stem": fmt.Sprintf("第 %d 题：%d 加 %d 等于多少？", i+1, i, i+1), "key": []string{"B"}, "points_milli": 1000, "source": "压力测试",
			"options": []map[string]any{{"id": "A", "text": strconv.Itoa(2 * i)}, {"id": "B", "text": strconv.Itoa(2*i + 1)}, {"id": "C", "text": strconv.Itoa(2*i + 2)}, {"id": "D", "text": strconv.Itoa(2*i + 3)}},
		}
		var made struct {
			ID string `json:"id"`
		}
		if err := l.admin.do("POST", "/banks/"+bank.ID+"/questions", q, &made); err != nil {
			return fmt.Errorf("make a question: %w", err)
		}
		items[i] = map[string]any{"question_id": made.ID, "points_milli": 1000}
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := l.admin.do("POST", "/papers", map[string]any{"title": "压力测试 " + l.people[0].number, "items": items}, &paper); err != nil {
		return "", fmt.Errorf("make a paper: %w", err)
	}
	return paper.ID, nil
}
