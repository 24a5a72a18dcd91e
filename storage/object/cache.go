package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"zhixing/domain/media"
)

const (
	// fillers is how many objects are fetched at once; waiting is how many more
	// may wait. What finds no place is asked for again by the next request.
	fillers = 2
	waiting = 64
	// fillLimit ends a fetch that hangs.
	fillLimit = 30 * time.Minute
	// restLimit is how long an object that could not be kept is left alone.
	restLimit = time.Minute
	// checkEvery is how often a copy in use is read again against its digest,
	// tidyEvery how often copies of objects that are gone are removed.
	checkEvery = 24 * time.Hour
	tidyEvery  = 10 * time.Minute
	// touchEvery bounds how often the time of use is written.
	touchEvery = time.Minute
)

// CacheOptions say where copies are kept, and how much of them.
type CacheOptions struct {
	Dir   string // made when missing; nobody else's
	Most  int64  // bytes of all copies together
	Spare int64  // bytes that stay free for others on the same disk
	Now   func() time.Time
}

// Cache keeps whole copies of objects in a folder of this machine, so that what
// is read again and again goes from the file to the socket inside the kernel.
// It is media.Copies. Objects must never change under their key, as renditions
// do not: each run has keys of its own.
//
// A copy is only ever a help: what is not there, not whole, not what the object
// store says it is, or not wanted by the disk is read from the object store.
// Several processes may share a folder.
type Cache struct {
	store  *Store
	o      CacheOptions
	wanted chan want

	mu     sync.Mutex
	copies map[string]*held     // by key: those that this process has read against their digest
	busy   map[string]bool      // by key: waiting or under way
	rest   map[string]time.Time // by key: left alone until
	warned time.Time
	stats  CacheStats
}

// CacheStats count what the cache did since the start.
type CacheStats struct {
	Hits, Misses, Filled, Removed int64
}

// held is a copy whose bytes were what the object store says, when last read.
type held struct {
	path    string
	size    int64
	stamp   stamp
	checked time.Time
	touched time.Time
}

// want asks for a copy.
type want struct {
	key  string
	size int64
}

// stamp tells a file from one that was written to or put in its place since.
type stamp struct {
	inode   uint64
	size    int64
	changed time.Time
}

var _ media.Copies = (*Cache)(nil)

// errNoRoom says that the copies may not or cannot take so much of the disk.
var errNoRoom = errors.New("no room for another copy")

// NewCache prepares a cache; nothing is read or written before Run.
func NewCache(s *Store, o CacheOptions) *Cache {
	return &Cache{
		store: s, o: o, wanted: make(chan want, waiting),
		copies: map[string]*held{}, busy: map[string]bool{}, rest: map[string]time.Time{},
	}
}

// Stats tells what the cache did.
func (c *Cache) Stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Open implements media.Copies. The reader is an *os.File at byte from. Without
// a copy one is asked for, and nothing is waited for.
func (c *Cache) Open(key string, size, from int64) (io.ReadCloser, bool) {
	now := c.o.Now()
	c.mu.Lock()
	h := c.copies[key]
	touch := h != nil && now.Sub(h.touched) > touchEvery
	if touch {
		h.touched = now
	}
	c.mu.Unlock()
	if h == nil || h.size != size {
		c.miss(key, size)
		return nil, false
	}
	f, err := h.open(from)
	if err != nil { // removed, written to, or put in its place by another process
		c.forget(key)
		c.miss(key, size)
		return nil, false
	}
	c.mu.Lock()
	c.stats.Hits++
	c.mu.Unlock()
	if touch {
		_ = os.Chtimes(h.path, now, time.Time{}) // the order of eviction; the change time stays
	}
	if now.Sub(h.checked) > checkEvery {
		c.ask(key, size)
	}
	return f, true
}

func (h *held) open(from int64) (*os.File, error) {
	f, err := os.Open(h.path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && stampOf(info) != h.stamp {
		err = errors.New("not the file that was read")
	}
	if err == nil {
		_, err = f.Seek(from, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func stampOf(info os.FileInfo) stamp {
	s := stamp{size: info.Size(), changed: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = st.Ino
	}
	return s
}

func (c *Cache) miss(key string, size int64) {
	c.mu.Lock()
	c.stats.Misses++
	c.mu.Unlock()
	c.ask(key, size)
}

// ask puts an object on the list of those to be copied, once.
func (c *Cache) ask(key string, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[key] || size > c.o.Most || c.o.Now().Before(c.rest[key]) {
		return
	}
	select {
	case c.wanted <- want{key, size}:
		c.busy[key] = true
	default:
	}
}

func (c *Cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.copies, key)
}

// Run makes copies and keeps the folder in order until ctx is done.
func (c *Cache) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range fillers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case w := <-c.wanted:
					c.done(ctx, w, c.copy(ctx, w))
				}
			}
		})
	}
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if err := c.Tidy(ctx); err != nil && ctx.Err() == nil {
			c.warn(ctx, err)
		}
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case <-tick.C:
		}
	}
}

func (c *Cache) done(ctx context.Context, w want, err error) {
	c.mu.Lock()
	delete(c.busy, w.key)
	delete(c.rest, w.key)
	if err != nil {
		delete(c.copies, w.key)
		if len(c.rest) > 10_000 {
			clear(c.rest)
		}
		c.rest[w.key] = c.o.Now().Add(restLimit)
	}
	c.mu.Unlock()
	if err != nil && ctx.Err() == nil && !errors.Is(err, media.ErrNoObject) {
		c.warn(ctx, err)
	}
}

// warn says it once in a while: a full disk would say it at every request.
func (c *Cache) warn(ctx context.Context, err error) {
	c.mu.Lock()
	now := c.o.Now()
	quiet := now.Sub(c.warned) < restLimit
	if !quiet {
		c.warned = now
	}
	c.mu.Unlock()
	if !quiet {
		slog.WarnContext(ctx, "no copy is kept; videos are read from the object store", "error", err, "folder", c.o.Dir)
	}
}

// copy makes sure that there is a copy of what the object store holds now.
func (c *Cache) copy(ctx context.Context, w want) error {
	ctx, cancel := context.WithTimeout(ctx, fillLimit)
	defer cancel()
	size, etag, err := c.store.etag(ctx, w.key)
	if errors.Is(err, media.ErrNoObject) {
		c.removeOf(w.key)
	}
	if err != nil {
		return err
	}
	if size != w.size {
		return fmt.Errorf("%s has %d bytes and should have %d", w.key, size, w.size)
	}
	name, ok := fileName(w.key, etag)
	if !ok {
		return fmt.Errorf("%s: its name or ETag is not one that copies can have", w.key)
	}
	path := filepath.Join(c.o.Dir, name)
	if checked, err := readThrough(ctx, path, size, etag); err == nil {
		c.keep(w, path, checked)
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		c.forget(w.key)
		if err := c.remove(path); err != nil {
			return err
		}
	}
	made, err := c.fetch(ctx, w, path, etag)
	if err != nil {
		return err
	}
	c.keep(w, path, made)
	c.mu.Lock()
	c.stats.Filled++
	c.mu.Unlock()
	return nil
}

func (c *Cache) keep(w want, path string, s stamp) {
	now := c.o.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copies[w.key] = &held{path: path, size: w.size, stamp: s, checked: now, touched: now}
}

// fetch streams an object once, into a file of another name that takes its own
// when it is whole and its bytes are those that the ETag says.
func (c *Cache) fetch(ctx context.Context, w want, path, etag string) (s stamp, err error) {
	f, err := c.room(w.size)
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	body, err := c.store.Get(ctx, w.key, 0, -1)
	if err != nil {
		return s, errors.Join(err, f.Close())
	}
	sum := newDigest(etag)
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(body, w.size+1))
	_ = body.Close()
	if err == nil && (n != w.size || !sum.agrees()) {
		err = fmt.Errorf("%s: its %d bytes are not those of its ETag %s (a store whose ETags are no digests cannot be copied from)", w.key, n, etag)
	}
	var info os.FileInfo
	if err == nil {
		info, err = f.Stat()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	return stampOf(info), os.Rename(f.Name(), path)
}
