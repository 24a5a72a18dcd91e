package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// sitter is a learner's browser: a journal of operations that are sent again
// until the server says that it has them.
type sitter struct {
	a           *arena
	token, exam string
	submits     bool // hands in; the others leave it to the clock

	mu       sync.Mutex
	acked    map[string]bool
	problems []string
}

type sitOperation struct {
	OpID  string   `json:"op_id"`
	Item  string   `json:"item"`
	Seq   int      `json:"seq"`
	Value []string `json:"value"`
}

type sitAttempt struct {
	ID        string    `json:"id"`
	Epoch     int       `json:"epoch"`
	DueAt     time.Time `json:"due_at"`
	ServerNow time.Time `json:"server_now"`
	Items     []struct {
		ID      string `json:"id"`
		Options []struct {
			ID string `json:"id"`
		} `json:"options"`
	} `json:"items"`
}

func (s *sitter) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

func (s *sitter) wrong(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// sit answers until the time is over, whatever breaks meanwhile.
func (s *sitter) sit(ctx context.Context, started *atomic.Int32) {
	s.acked = map[string]bool{}
	var at sitAttempt
	for ctx.Err() == nil {
		status, b, err := s.a.ask(ctx, s.token, http.MethodPost, "/exams/"+s.exam+"/start", map[string]any{"device_id": "d"})
		if err == nil && status == http.StatusOK && json.Unmarshal(b, &at) == nil {
			break
		}
		if err == nil && status >= 400 && status < 500 {
			s.wrong("start refused: %d %s", status, b)
			return
		}
		nap(ctx, 100)
	}
	started.Add(1)
	due := time.Now().Add(at.DueAt.Sub(at.ServerNow))
	stop := due.Add(time.Second)
	if s.submits {
		stop = due.Add(-2 * time.Second)
	}
	journal, seq := []sitOperation{}, 0
	for time.Now().Before(stop) && ctx.Err() == nil {
		seq++
		item := at.Items[rand.IntN(len(at.Items))]              //nolint:gosec // no secret
		option := item.Options[rand.IntN(len(item.Options))].ID //nolint:gosec // no secret
		journal = append(journal, sitOperation{uuid.NewString(), item.ID, seq, []string{option}})
		journal = s.send(ctx, at, journal)
		nap(ctx, 100+rand.IntN(200)) //nolint:gosec // the pace of a person, not a condition
	}
	for s.submits && ctx.Err() == nil {
		if journal = s.send(ctx, at, journal); len(journal) > 0 && time.Now().Before(due) {
			nap(ctx, 50)
			continue
		}
		status, b, err := s.a.ask(ctx, s.token, http.MethodPost, "/attempts/"+at.ID+"/submit", map[string]any{"epoch": at.Epoch})
		switch {
		case err != nil || status >= 500:
			nap(ctx, 100)
			continue
		case status != http.StatusOK:
			s.wrong("submit refused: %d %s", status, b)
		}
		return
	}
}

// send offers the whole journal and returns what the server did not confirm.
func (s *sitter) send(ctx context.Context, at sitAttempt, journal []sitOperation) []sitOperation {
	if len(journal) == 0 {
		return journal
	}
	batch := journal[:min(len(journal), 100)]
	status, b, err := s.a.ask(ctx, s.token, http.MethodPost, "/attempts/"+at.ID+"/answers", map[string]any{"epoch": at.Epoch, "operations": batch})
	if err != nil || status >= 500 {
		return journal
	}
	var ack struct{ Saved, Sealed []string }
	if status != http.StatusOK || json.Unmarshal(b, &ack) != nil {
		if status != http.StatusConflict { // submitted by the clock meanwhile
			s.wrong("save refused: %d %s", status, b)
		}
		return nil
	}
	told := map[string]bool{}
	s.mu.Lock()
	for _, id := range ack.Saved {
		s.acked[id], told[id] = true, true
	}
	s.mu.Unlock()
	for _, id := range ack.Sealed {
		told[id] = true
	}
	rest := journal[:0:0]
	for _, op := range journal {
		if !told[op.OpID] {
			rest = append(rest, op)
		}
	}
	return rest
}

func nap(ctx context.Context, ms int) {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-ctx.Done():
	}
}
