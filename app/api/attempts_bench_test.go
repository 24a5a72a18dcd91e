package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhixing/app"
	"zhixing/domain/exam"
	"zhixing/domain/org"
	"zhixing/domain/question"
)

// BenchmarkWholeAttempt sits whole exams over TCP, 32 at once, client on the same
// machine: view, start, 4 saves of 5 answers, submit, review. Grading runs beside
// it, one attempt after the other. Run it with
//
//	go test ./app/api -run '^$' -bench WholeAttempt -benchtime 2000x
func BenchmarkWholeAttempt(b *testing.B) {
	h := &hall{Env: newHallEnv(b)}
	examID := benchExam(b, h)
	ctx := b.Context()
	tokens := make([]string, b.N)
	for i := range tokens {
		tokens[i] = benchPerson(b, h, i)
	}
	if err := h.Server.Exams.Mint(ctx, examID); err != nil {
		b.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	serve, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.Server.Serve(serve, ln) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}
	submitted := make(chan string, b.N)
	graded := make(chan error, 1)
	go func() {
		for id := range submitted {
			if err := h.Server.Attempts.Grade(ctx, id); err != nil {
				graded <- err
				return
			}
		}
		graded <- nil
	}()
	var next atomic.Int64
	b.SetParallelism(max(1, 32/2))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(next.Add(1)) - 1
			s := &benchSitter{client: client, base: "http://" + ln.Addr().String() + "/api/v1", token: tokens[i]}
			id, err := s.sit(ctx, examID)
			if err != nil {
				b.Error(err)
				return
			}
			submitted <- id
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "attempts/s")
	close(submitted)
	if err := <-graded; err != nil {
		b.Error(err)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

func benchExam(b *testing.B, h *hall) string {
	ctx, staff := b.Context(), app.Actor{}
	bank, err := h.Server.Questions.CreateBank(ctx, staff, question.Bank{Name: "题库"})
	if err != nil {
		b.Fatal(err)
	}
	items := make([]exam.PaperItem, 20)
	for i := range items {
		q, err := h.Server.Questions.Create(ctx, staff, bank.ID, question.Content{
			Kind: question.Single, Stem: fmt.Sprintf("第 %d 题：下列说法正确的是", i+1), Key: []string{"B"},
			Options: []question.Option{{Text: "全心全意为人民服务"}, {Text: "实事求是"}, {Text: "群众路线"}, {Text: "独立自主"}},
		})
		if err != nil {
			b.Fatal(err)
		}
		items[i] = exam.PaperItem{QuestionID: q.ID}
	}
	p, err := h.Server.Papers.Create(ctx, staff, exam.Paper{Title: "卷", Items: items})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	x, err := h.Server.Exams.Create(ctx, staff, exam.Exam{
		Title: "考试", PaperID: p.ID, OpensAt: now.Add(-time.Minute), ClosesAt: now.Add(time.Hour), Duration: time.Hour,
		Grace: exam.DefaultGrace, AttemptsAllowed: 1, ShuffleQuestions: true, ShuffleOptions: true, Review: exam.ReviewAfterSubmit,
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := h.Server.Exams.Publish(ctx, staff, x.ID); err != nil {
		b.Fatal(err)
	}
	return x.ID
}

func benchPerson(b *testing.B, h *hall, i int) string {
	id, raw := app.NewID(), sha256.Sum256([]byte(fmt.Sprint("bench", i)))
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	hash := sha256.Sum256([]byte(token))
	h.Exec(b, "INSERT INTO people (id, number, name, kind) VALUES (?, ?, '李建国', 'staff')", id, fmt.Sprintf("B%06d", i))
	now := time.Now()
	if err := h.DB.Sessions().SaveAccount(b.Context(), &org.Account{PersonID: id, PasswordHash: "-"}); err != nil {
		b.Fatal(err)
	}
	if err := h.DB.Sessions().InsertSession(b.Context(), &org.Session{ID: app.NewID(), TokenHash: hash[:], PersonID: id, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}); err != nil {
		b.Fatal(err)
	}
	return token
}

type benchSitter struct {
	client      *http.Client
	base, token string
}

func (s *benchSitter) sit(ctx context.Context, examID string) (string, error) {
	if err := s.do(ctx, "GET", "/my-exams/"+examID, nil, nil); err != nil {
		return "", err
	}
	var a attempt
	if err := s.do(ctx, "POST", "/exams/"+examID+"/start", m{"device_id": "d"}, &a); err != nil {
		return "", err
	}
	for save := range 4 {
		ops := make([]m, 5)
		for i := range ops {
			n := save*5 + i
			ops[i] = m{"op_id": uuid.NewString(), "item": a.Items[n].ID, "seq": n + 1, "value": []string{a.Items[n].Options[n%4].ID}}
		}
		if err := s.do(ctx, "POST", "/attempts/"+a.ID+"/answers", m{"epoch": 1, "operations": ops}, nil); err != nil {
			return "", err
		}
	}
	if err := s.do(ctx, "POST", "/attempts/"+a.ID+"/submit", m{"epoch": 1}, nil); err != nil {
		return "", err
	}
	return a.ID, s.do(ctx, "GET", "/attempts/"+a.ID+"/review", nil, nil)
}

func (s *benchSitter) do(ctx context.Context, method, path string, body, into any) error {
	var r io.Reader
	if body != nil {
		j, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", "zhixing="+s.token)
	req.Header.Set("X-Zhixing", "1")
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, b)
	}
	if into != nil {
		return json.Unmarshal(b, into)
	}
	return nil
}
