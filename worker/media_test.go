package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"zhixing/app"
	"zhixing/domain/job"
	"zhixing/domain/media"
	"zhixing/storage/object"
	"zhixing/storage/object/objecttest"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
)

// studio is everything that makes a medium playable, on the real stack.
type studio struct {
	t       *testing.T
	db      *postgres.DB
	url     string
	objects *object.Store
	options object.Options
	base    string // of the workspaces
	media   *app.Media
	trainer app.Actor
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{t: t, base: open(t), trainer: app.Actor{PersonID: app.NewID()}}
	s.db, s.url = postgrestest.NewURL(t)
	s.objects, s.options = objecttest.NewOptions(t)
	s.media = &app.Media{Store: s.db.Media(), Objects: s.objects, Encoder: NewFFmpeg(s.base, 2)}
	s.exec("INSERT INTO people (id, number, name, kind) VALUES (?, 'T1', '王教员', 'staff')", s.trainer.PersonID)
	return s
}

func (s *studio) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Bun.NewRaw(query, args...).Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.Bun.NewRaw(query, args...).Scan(s.t.Context(), &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *studio) medium(id string) *media.Medium {
	s.t.Helper()
	m, err := s.db.Media().Medium(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// upload takes in a film of some seconds.
func (s *studio) upload(seconds string) string {
	s.t.Helper()
	path := clip(s.t, "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-t", seconds, "-c:v", "libx264", "-preset", "ultrafast")
	file, err := os.ReadFile(path) //nolint:gosec // ours
	if err != nil {
		s.t.Fatal(err)
	}
	ctx := s.t.Context()
	up, err := s.media.Create(ctx, s.trainer, "film.mp4", int64(len(file)))
	if err != nil {
		s.t.Fatal(err)
	}
	for n := 1; n <= up.PartCount; n++ {
		part := file[int64(n-1)*up.PartSize:][:up.PartLen(n)]
		sum := sha256.Sum256(part)
		if err := s.media.PutPart(ctx, s.trainer, up.ID, n, hex.EncodeToString(sum[:]), part); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := s.media.Complete(ctx, s.trainer, up.ID); err != nil {
		s.t.Fatal(err)
	}
	return up.ID
}

// published checks that exactly one run plays and that nothing lies beside it.
func (s *studio) published(id string) {
	s.t.Helper()
	m := s.medium(id)
	if m.State != media.Ready || m.Version != 1 || m.WorkRunID != "" {
		s.t.Errorf("medium %+v", m)
	}
	if n := s.count("SELECT count(*) FROM audit_events WHERE action = 'media.publish' AND subject_id = ?", id); n != 1 {
		s.t.Errorf("published %d times", n)
	}
	if n := s.count("SELECT count(*) FROM media_renditions WHERE medium_id = ? AND run_id = ?", id, m.RunID); n != 1 {
		s.t.Errorf("%d renditions of the published run", n)
	}
	keys, err := s.objects.Keys(s.t.Context(), media.Prefix(id), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, k := range keys {
		if !strings.HasPrefix(k, media.RunPrefix(id, m.RunID)) && k != media.Prefix(id)+"source" {
			s.t.Errorf("left over: %s", k)
		}
	}
	if len(keys) != 3 {
		s.t.Errorf("objects %v, want source, rendition and poster", keys)
	}
	s.swept()
}

func (s *studio) swept() {
	s.t.Helper()
	if left, _ := filepath.Glob(filepath.Join(s.base, "*")); len(left) > 0 {
		s.t.Errorf("workspaces left: %v", left)
	}
}

// childSpec is what a worker process of its own needs to know.
type childSpec struct {
	URL, Base, Medium string
	Objects           object.Options
}

// processAsChild is the worker that is killed.
func processAsChild(raw string) int {
	var c childSpec
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return 2
	}
	ctx := context.Background()
	db, err := postgres.Open(ctx, c.URL, postgres.Options{MaxConns: 4})
	if err != nil {
		return 3
	}
	objects, err := object.Open(c.Objects)
	if err != nil {
		return 4
	}
	m := &app.Media{Store: db.Media(), Objects: objects, Encoder: NewFFmpeg(c.Base, 1)}
	if err := m.Process(ctx, c.Medium); err != nil {
		return 5
	}
	return 0
}

// inside lists the processes that work in a folder.
func inside(base string) (pids []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, l := range links {
		if dir, err := os.Readlink(l); err == nil && strings.HasPrefix(dir, base) {
			pids = append(pids, filepath.Base(filepath.Dir(l)))
		}
	}
	return pids
}

// A worker killed in the middle: its encoder dies with it, nothing half-made
// plays, and the next run publishes alone and cleans up. Seen red: with
// sweepRuns left out the dead run's object stayed.
func TestAKilledWorkerIsReplaced(t *testing.T) {
	s := newStudio(t)
	id := s.upload("20")
	spec, err := json.Marshal(childSpec{s.url, s.base, id, s.options})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this binary
	child.Env = append(os.Environ(), "ZHIXING_TEST_PROCESS="+string(spec))
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the encoder is in the middle", func() bool {
		m := s.medium(id)
		return m.State == media.Transcoding && len(inside(s.base)) > 0
	})
	if err := syscall.Kill(-child.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	waitFor(t, "the encoder dies", func() bool { return len(inside(s.base)) == 0 })

	m := s.medium(id)
	if m.State != media.Transcoding || m.RunID != "" || s.count("SELECT count(*) FROM media_renditions") != 0 {
		t.Fatalf("half-made: %+v", m)
	}
	half := media.RenditionKey(id, m.WorkRunID, "360p")
	if err := s.objects.Put(t.Context(), half, "video/mp4", 4, bytes.NewReader([]byte("half"))); err != nil {
		t.Fatal(err)
	}
	s.media.Encoder = NewFFmpeg(s.base, 2) // as a worker that starts
	if err := s.media.Process(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := s.medium(id); got.WorkRunID != m.WorkRunID {
		t.Fatal("a run began while the dead one's lease still held")
	}
	s.exec("UPDATE media SET lease_until = now() WHERE id = ?", id)
	if err := s.media.Process(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.published(id)
}

// Seen red: with Begin taking a medium whose lease holds, the runs threw each
// other out and the medium was rejected.
func TestWorkersAtOnce(t *testing.T) {
	s := newStudio(t)
	id := s.upload("2")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := s.media.Process(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.published(id)
}

// A run whose medium another has taken stops, publishes nothing and takes its
// output with it.
func TestALostRunStops(t *testing.T) {
	s := newStudio(t)
	id := s.upload("20")
	done := make(chan error, 1)
	go func() { done <- s.media.Process(t.Context(), id) }()
	waitFor(t, "the encoder works", func() bool { return s.medium(id).State == media.Transcoding })
	other := app.NewID()
	s.exec("UPDATE media SET work_run_id = ? WHERE id = ?", other, id)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if m := s.medium(id); m.State != media.Transcoding || m.WorkRunID != other {
		t.Errorf("the other's medium was touched: %+v", m)
	}
	if keys, err := s.objects.Keys(t.Context(), media.Prefix(id)+"run/", 10); err != nil || len(keys) != 0 {
		t.Errorf("left over: %v, %v", keys, err)
	}
	s.swept()
}

// A worker that is told to stop gives the medium back at once.
// lateStore answers a publishing commit later than the next beat.
type lateStore struct {
	media.Store
	ready func() bool
}

func (l lateStore) InTx(ctx context.Context, fn func(context.Context, media.Store) error) error {
	err := l.Store.InTx(ctx, fn)
	if err == nil && l.ready() {
		time.Sleep(1500 * time.Millisecond) // the delay is the fault, not a condition
	}
	return err
}

// What was published stays, although the run no longer holds the medium when
// its heart beats once more. Seen red: with the beat going on until after
// publish, and conclude removing without asking what plays, the medium was
// ready and its files were gone.
func TestAPublishedRunKeepsItsFiles(t *testing.T) {
	s := newStudio(t)
	id := s.upload("2")
	s.media.Store = lateStore{s.media.Store, func() bool { return s.medium(id).State == media.Ready }}
	if err := s.media.Process(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.published(id)
}

func TestAStoppedWorkerGivesBack(t *testing.T) {
	s := newStudio(t)
	id := s.upload("20")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.media.Process(ctx, id) }()
	waitFor(t, "the encoder works", func() bool { return s.medium(id).State == media.Transcoding })
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if m := s.medium(id); m.WorkRunID != "" || m.LeaseUntil != nil || m.Runs != 0 || m.State != media.Probing {
		t.Errorf("not given back: %+v", m)
	}
	if pids := inside(s.base); len(pids) != 0 {
		t.Errorf("still working: %v", pids)
	}
	s.swept()
}

// awayStore is an object store that does not answer.
type awayStore struct{ *object.Store }

var errAway = errors.New("no answer")

func (awayStore) Get(context.Context, string, int64, int64) (io.ReadCloser, error) {
	return nil, errAway
}

// What is not the file's fault is tried again, as often as it takes. Seen red:
// with Release counting every failure the fourth run rejected the file.
func TestAFaultOfTheMachineIsNotTheFiles(t *testing.T) {
	s := newStudio(t)
	id := s.upload("2")
	s.media.Objects = awayStore{s.objects}
	for range media.MaxRuns + 1 {
		if err := s.media.Process(t.Context(), id); !errors.Is(err, errAway) {
			t.Fatalf("ended with %v", err)
		}
	}
	s.media.Objects = s.objects
	if err := s.media.Process(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.published(id)
}

// The whole way through the outbox and the queue; and work that no job
// remembers is found by its state alone. Seen red with the sweep not asking
// whether a job waits: the medium got a second.
func TestTheSweepFindsForgottenWork(t *testing.T) {
	s := newStudio(t)
	opt, err := redis.ParseURL(os.Getenv("ZHIXING_TEST_REDIS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	opt.DB = 13
	rdb := redis.NewClient(opt)
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	id := s.upload("2")
	s.exec("DELETE FROM outbox")
	for range 2 { // a job that waits needs no second one
		if err := s.media.Reap(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count("SELECT count(*) FROM outbox WHERE kind = 'media:process_medium' AND queue = 'media'"); n != 1 {
		t.Fatalf("%d jobs", n)
	}
	mux := NewMux()
	On(mux, time.Hour, 3, func(ctx context.Context, j job.ProcessMedium) error { return s.media.Process(ctx, j.MediumID) })
	w := &Worker{ID: app.NewID(), Outbox: s.db.Outbox(), Redis: rdb, Kinds: mux.Kinds(), General: 1, Media: 1}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Run(ctx) }()
	waitFor(t, "the medium is ready", func() bool { return s.medium(id).State == media.Ready })
	waitFor(t, "the job is done", func() bool { return s.count("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL") == 1 })
	stop()
	<-done
	s.published(id)
	if err := s.media.Reap(t.Context()); err != nil || s.count("SELECT count(*) FROM outbox WHERE done_at IS NULL") != 0 {
		t.Errorf("the sweep asks for work that is done: %v", err)
	}
}
