package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// saver is a person with an attempt under way.
type saver struct {
	*visitor
	attempt loadAttempt
	seq     int
	ids     []string // of the operations of one save
	body    []byte
}

// saves measures the saving of answers alone: everybody sits an exam already and
// changes one answer after the other, so many in each request.
func (l *loadtest) saves(ctx context.Context) error {
	if l.answers < 1 || l.answers > loadQuestions {
		return fmt.Errorf("--answers must be 1 to %d", loadQuestions)
	}
	limit, people := l.bounds(10 * time.Second)
	idle, err := l.seats(ctx, people)
	if err != nil {
		return err
	}
	err = l.drive(ctx, "save", limit, func(w *loadWorker, _ int, due time.Time) error {
		s := <-idle
		defer func() { idle <- s }()
		return w.time("save", due, s.save)
	})
	l.result.AnswersEach = l.answers
	l.result.SavesPerSecond = l.result.perSecond(l.result.Done)
	l.result.AnswersPerSecond = l.result.perSecond(l.result.Done * l.answers)
	return err
}

// seats makes people who sit an exam, each with an attempt under way.
func (l *loadtest) seats(ctx context.Context, people int) (chan *saver, error) {
	if err := l.makePeople(ctx, people); err != nil {
		return nil, err
	}
	exams, err := l.makeExams(ctx, 1)
	if err != nil {
		return nil, err
	}
	idle := make(chan *saver, people)
	for _, v := range l.people {
		s := &saver{visitor: v, ids: make([]string, l.answers)}
		if err := v.do("POST", "/exams/"+exams[0]+"/start", []byte(`{"device_id":"`+v.device+`"}`), &s.attempt); err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
		if len(s.attempt.Items) != loadQuestions {
			return nil, fmt.Errorf("the attempt has %d items, not %d", len(s.attempt.Items), loadQuestions)
		}
		idle <- s
	}
	l.say("%d attempts under way", people)
	return idle, nil
}

// save answers the next questions and looks for each answer in the
// acknowledgement.
func (s *saver) save() error {
	b := append(s.body[:0], `{"epoch":`...)
	b = strconv.AppendInt(b, int64(s.attempt.Epoch), 10)
	b = append(b, `,"operations":[`...)
	for i := range s.ids {
		if i > 0 {
			b = append(b, ',')
		}
		item := s.attempt.Items[s.seq%loadQuestions]
		s.seq++
		s.ids[i] = uuid.NewString()
		b = appendOperation(b, s.ids[i], item.ID, s.seq, item.Options[s.seq%len(item.Options)].ID)
	}
	s.body = append(b, "]}"...)
	return s.ask("POST", "/attempts/"+s.attempt.ID+"/answers", s.body, func(answer []byte) error { return acknowledged(answer, s.ids) })
}

// appendOperation writes one answer; the ids are the server's own, of letters
// and digits.
func appendOperation(b []byte, op, item string, seq int, option string) []byte {
	b = append(append(append(b, `{"op_id":"`...), op...), `","item":"`...)
	b = strconv.AppendInt(append(append(b, item...), `","seq":`...), int64(seq), 10)
	return append(append(append(b, `,"value":["`...), option...), `"]}`...)
}

// acknowledged reports an error unless every operation is saved, none sealed.
func acknowledged(answer []byte, ids []string) error {
	_, rest, ok := bytes.Cut(answer, []byte(`"saved":[`))
	saved, _, closed := bytes.Cut(rest, []byte{']'})
	if !ok || !closed || !bytes.Contains(answer, []byte(`"sealed":[]`)) {
		return fmt.Errorf("no acknowledgement: %.200s", answer)
	}
	for _, id := range ids {
		if !bytes.Contains(saved, []byte(id)) {
			return fmt.Errorf("answer %s is not acknowledged", id)
		}
	}
	return nil
}
