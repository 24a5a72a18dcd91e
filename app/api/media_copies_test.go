package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixing/app/api/apitest"
	"zhixing/storage/object"
)

// keepCopies has the server keep copies of what plays, until the test ends.
func (e *mediaEnv) keepCopies(t testing.TB) *object.Cache {
	t.Helper()
	e.cache = object.NewCache(e.objects, object.CacheOptions{Dir: filepath.Join(t.TempDir(), "copies"), Most: 1 << 30, Now: time.Now})
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { e.cache.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	e.Server.Streams.Copies = e.cache
	return e.cache
}

// untilCopied asks for a rendition until it is read from a copy; without
// keepCopies it does nothing.
func (e *mediaEnv) untilCopied(t testing.TB, c *apitest.Client, path string) {
	t.Helper()
	if e.cache == nil {
		return
	}
	before := e.cache.Stats().Hits
	with := *c
	with.Headers = map[string]string{"Range": "bytes=0-0"}
	for deadline := time.Now().Add(30 * time.Second); e.cache.Stats().Hits == before; time.Sleep(5 * time.Millisecond) {
		with.Do("GET", path, nil).Want(206)
		if time.Now().After(deadline) {
			t.Fatalf("no copy: %+v", e.cache.Stats())
		}
	}
}

// listen serves on a real socket until the test ends, and tells where.
func (e *mediaEnv) listen(t testing.TB) net.Addr {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- e.Server.Serve(ctx, ln) }()
	t.Cleanup(func() { stop(); <-served })
	return ln.Addr()
}

// Ranges that the kernel sends from the file to the socket are exactly what was
// asked for, many at once on connections that live on, some of which are hung
// up in the middle. Seen red: handed on without a seek to the first byte of the
// range, the bytes differed.
func TestBytesFromACopyOverASocket(t *testing.T) {
	const size = 3<<20 + 17
	e := newMediaEnv(t)
	e.keepCopies(t)
	trainer := e.Person(t, "T1", "王教员", "trainer")
	body := noise(size)
	id := e.ready(t, trainer, 600, body)
	e.untilCopied(t, trainer, "/media/"+id+"/hls/360p.m4s")
	url := fmt.Sprintf("http://%s/api/v1/media/%s/hls/360p.m4s", e.listen(t), id)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 30 {
				from := (worker*7919 + i*104_729) % (size - 1)
				to := min(size-1, from+[]int{0, 100, 9_000, 1 << 20, size}[i%5])
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
				req.Header.Set("Cookie", trainer.Cookie())
				req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to))
				resp, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				if i%7 == 6 { // hung up in the middle
					_, _ = io.CopyN(io.Discard, resp.Body, 10)
					_ = resp.Body.Close()
					continue
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got, body[from:to+1]) {
					t.Errorf("%d-%d: status %d, %d bytes, %v", from, to, resp.StatusCode, len(got), err)
				}
			}
		})
	}
	wg.Wait()
}

// A copy opens no door: the right to watch is asked of the database. Who may
// not see the medium gets 404 although its bytes lie on the disk, and so does
// everybody once it is withdrawn or rejected; then the copy goes too. Seen red:
// with a right, once checked, held for longer than the clock here moves.
func TestACopyIsNotARightToWatch(t *testing.T) {
	e := newMediaEnv(t)
	cache := e.keepCopies(t)
	var ahead atomic.Int64 // a right to play, once checked, holds for seconds
	e.Server.Streams.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	trainer, learner := e.Person(t, "T1", "王教员", "trainer"), e.Person(t, "L1", "张学员")
	course, _, lesson := e.courseWith(t, trainer, "课", nil)
	path := "/lessons/" + lesson + "/hls/360p.m4s"
	e.untilCopied(t, trainer, path)
	learner.Do("GET", path, nil).Want(404, "course.lesson_not_found") // not yet published
	e.Anyone(t).Do("GET", path, nil).Want(401)
	trainer.Do("POST", "/courses/"+course+"/publish", nil).Want(200)
	learner.Do("GET", path, nil).Want(200)
	e.Exec(t, "UPDATE media SET state = 'rejected', reason = 'media.unreadable'")
	ahead.Add(int64(time.Minute))
	learner.Do("GET", path, nil).Want(404, "course.lesson_not_found")
	trainer.Do("GET", path, nil).Want(404, "course.lesson_not_found")
	if err := e.objects.RemovePrefix(t.Context(), "media/"); err != nil {
		t.Fatal(err)
	}
	before := cache.Stats().Removed
	if err := cache.Tidy(t.Context()); err != nil || cache.Stats().Removed != before+1 {
		t.Errorf("the copy of a removed medium stays: %+v, %v", cache.Stats(), err)
	}
}
