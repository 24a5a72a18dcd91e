package object_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixing/storage/object"
	"zhixing/storage/object/objecttest"
)

// clock is a clock that tests move on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time        { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) pass(by time.Duration) { c.ahead.Add(int64(by)) }

// cacheEnv is a cache on a real object store, at work until the test ends.
type cacheEnv struct {
	store *object.Store
	dir   string
	clock *clock
	cache *object.Cache
}

func newCacheEnv(t *testing.T, most int64) *cacheEnv {
	t.Helper()
	e := &cacheEnv{store: objecttest.New(t), dir: filepath.Join(t.TempDir(), "copies"), clock: &clock{}}
	e.cache = e.another(t, most)
	return e
}

// another is a cache of another process, or of the next start, on the folder.
func (e *cacheEnv) another(t *testing.T, most int64) *object.Cache {
	t.Helper()
	c := object.NewCache(e.store, object.CacheOptions{Dir: e.dir, Most: most, Now: e.clock.now})
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return c
}

func (e *cacheEnv) put(t *testing.T, key string, size int) []byte {
	t.Helper()
	b := make([]byte, size)
	_, _ = rand.Read(b)
	if err := e.store.Put(t.Context(), key, "video/mp4", int64(size), bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return b
}

// copied asks until there is a copy and gives its bytes from a byte on.
func copied(t *testing.T, c *object.Cache, key string, size, from int64) []byte {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if body, ok := c.Open(key, size, from); ok {
			if _, ok := body.(*os.File); !ok {
				t.Fatalf("%T: not a file, which the kernel could send", body)
			}
			b, err := io.ReadAll(body)
			if err != nil || body.Close() != nil {
				t.Fatal(err)
			}
			return b
		}
		if time.Now().After(deadline) {
			t.Fatalf("no copy of %s: %+v", key, c.Stats())
		}
	}
}

func (e *cacheEnv) files(t *testing.T, suffix string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(e.dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Objects in one piece and in parts are copied, once however many ask, and
// read from any byte. Seen red: with the part size of the digest halved, the
// object in parts was never kept.
func TestCacheCopies(t *testing.T) {
	e := newCacheEnv(t, 1<<30)
	for _, size := range []int{1, 100_000, 16 << 20, 16<<20 + 1, 40 << 20} {
		key := fmt.Sprintf("media/m/run/r/%d.m4s", size)
		want := e.put(t, key, size)
		if _, ok := e.cache.Open(key, int64(size), 0); ok {
			t.Fatal("a copy before anything was copied")
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { e.cache.Open(key, int64(size), 0) })
		}
		wg.Wait()
		from := int64(size / 3)
		if got := copied(t, e.cache, key, int64(size), from); !bytes.Equal(got, want[from:]) {
			t.Errorf("%d bytes: the copy differs", size)
		}
	}
	if s := e.cache.Stats(); s.Filled != 5 {
		t.Errorf("filled %d times for 5 objects", s.Filled)
	}
	if left := e.files(t, ".part"); len(left) > 0 {
		t.Errorf("left half made: %v", left)
	}
}

// An object of another size than the database says is never kept.
func TestCacheRefusesAnotherSize(t *testing.T) {
	e := newCacheEnv(t, 1<<30)
	e.put(t, "a", 1000)
	e.cache.Open("a", 999, 0)
	want := e.put(t, "b", 1000)
	if got := copied(t, e.cache, "b", 1000, 0); !bytes.Equal(got, want) {
		t.Error("b differs")
	}
	if _, ok := e.cache.Open("a", 999, 0); ok || len(e.files(t, ".copy")) != 1 {
		t.Error("kept an object of another size")
	}
}

// A copy that was written to, cut off or put in another's place is not given,
// and is made anew; also when it happened while nobody ran. Seen red: without
// the comparison of stamps the changed byte came back, and without readThrough
// the one changed between two starts.
func TestCacheNoticesRot(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"a changed byte": func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte{'x', 'y', 'z'}, 500)
			return err
		},
		"cut off": func(path string) error { return os.Truncate(path, 700) },
		"another file": func(path string) error {
			if err := os.WriteFile(path+".new", make([]byte, 1000), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"removed": os.Remove,
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " restart ", restart), func(t *testing.T) {
				e := newCacheEnv(t, 1<<30)
				want := e.put(t, "k", 1000)
				copied(t, e.cache, "k", 1000, 0)
				if err := spoil(e.files(t, ".copy")[0]); err != nil {
					t.Fatal(err)
				}
				c := e.cache
				if restart {
					c = e.another(t, 1<<30)
				}
				if got := copied(t, c, "k", 1000, 0); !bytes.Equal(got, want) {
					t.Error("spoilt bytes were given")
				}
			})
		}
	}
}

// A start takes up the copies of the last one, after reading them through.
func TestCacheTakesUpCopies(t *testing.T) {
	e := newCacheEnv(t, 1<<30)
	want := e.put(t, "k", 20<<20)
	copied(t, e.cache, "k", 20<<20, 0)
	next := e.another(t, 1<<30)
	if got := copied(t, next, "k", 20<<20, 0); !bytes.Equal(got, want) {
		t.Error("the copy differs")
	}
	if s := next.Stats(); s.Filled != 0 {
		t.Errorf("copied again: %+v", s)
	}
}

// The copies together never take more than the limit; the least lately used
// one goes; what is larger than the limit is not kept. Two processes on one
// folder keep the limit together.
func TestCacheEvicts(t *testing.T) {
	const mb = 1 << 20
	e := newCacheEnv(t, 3*mb)
	other := e.another(t, 3*mb)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		e.put(t, key, mb)
	}
	e.put(t, "large", 4*mb)
	e.cache.Open("large", 4*mb, 0)
	for i, key := range []string{"a", "b", "c"} {
		e.clock.pass(10 * time.Minute)
		copied(t, []*object.Cache{e.cache, other}[i%2], key, mb, 0)
	}
	e.clock.pass(10 * time.Minute)
	copied(t, e.cache, "a", mb, 0) // used again: b is the oldest now
	copied(t, other, "d", mb, 0)
	if _, ok := other.Open("b", mb, 0); ok {
		t.Error("b is still there")
	}
	if _, ok := e.cache.Open("a", mb, 0); !ok {
		t.Error("a went, although it was used after b")
	}
	for range 20 {
		var wg sync.WaitGroup
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			wg.Go(func() { _, _ = e.cache.Open(key, mb, 0) })
			wg.Go(func() { _, _ = other.Open(key, mb, 0) })
		}
		wg.Wait()
		if total, err := object.CopiedBytes(e.dir); err != nil || total > 3*mb {
			t.Fatalf("%d bytes, %v", total, err)
		}
	}
}

// What the object store no longer has goes from the folder; so does what a
// process that died left half made, and everything above a lowered limit.
func TestCacheTidies(t *testing.T) {
	e := newCacheEnv(t, 1<<30)
	e.put(t, "gone/x", 1000)
	e.put(t, "kept/x", 1000)
	copied(t, e.cache, "gone/x", 1000, 0)
	copied(t, e.cache, "kept/x", 1000, 0)
	half := filepath.Join(e.dir, "123.part")
	if err := os.WriteFile(half, make([]byte, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.store.RemovePrefix(t.Context(), "gone/"); err != nil {
		t.Fatal(err)
	}
	if err := e.cache.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := e.cache.Open("gone/x", 1000, 0); ok || len(e.files(t, ".copy")) != 1 {
		t.Error("the copy of an object that is gone is still there")
	}
	copied(t, e.cache, "kept/x", 1000, 0)
	if len(e.files(t, ".part")) != 1 {
		t.Error("took away what may still be under way")
	}
	e.clock.pass(2 * time.Hour)
	if err := e.cache.Tidy(t.Context()); err != nil || len(e.files(t, ".part")) != 0 {
		t.Errorf("a file left half made two hours ago is still there: %v", err)
	}
	small := object.NewCache(e.store, object.CacheOptions{Dir: e.dir, Most: 500, Now: e.clock.now})
	if err := small.Tidy(t.Context()); err != nil || len(e.files(t, ".copy")) != 0 {
		t.Errorf("above the limit: %v", err)
	}
}

// A folder that cannot be made or a disk without room is no error of anybody
// who watches: there is simply no copy.
func TestCacheWithoutADisk(t *testing.T) {
	e := newCacheEnv(t, 1<<30)
	e.put(t, "k", 1000)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]object.CacheOptions{
		"no folder": {Dir: filepath.Join(file, "copies"), Most: 1 << 30},
		"no room":   {Dir: filepath.Join(t.TempDir(), "copies"), Most: 1 << 30, Spare: 1 << 60},
	} {
		t.Run(name, func(t *testing.T) {
			o.Now = e.clock.now
			c := object.NewCache(e.store, o)
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() { c.Run(ctx) })
			for range 50 {
				if _, ok := c.Open("k", 1000, 0); ok {
					t.Error("a copy where none can be")
				}
				e.clock.pass(time.Minute)
			}
			stop()
			wg.Wait()
		})
	}
}
