package object

import (
	"context"
	"crypto/md5" //nolint:gosec // G501: what S3 calls an ETag; it guards against rot, not against people
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"zhixing/domain/media"

	"github.com/minio/minio-go/v7"
)

const (
	// copySuffix ends the names of copies, partSuffix those of files that are
	// being made; a file of that name that nobody wrote to for abandonedAfter
	// was left by a process that died.
	copySuffix     = ".copy"
	partSuffix     = ".part"
	abandonedAfter = time.Hour
	// partSize is what Put cuts large objects into; their ETags are made of
	// such parts.
	partSize = 16 << 20
)

// etag asks the store for an object's size and ETag.
func (s *Store) etag(ctx context.Context, key string) (size int64, etag string, err error) {
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	return info.Size, strings.Trim(info.ETag, `"`), wrap(err, "stat", key)
}

// fileName names the copy of an object of an ETag; not ok when a folder could
// not hold such a name, or the ETag cannot be a digest.
func fileName(key, etag string) (name string, ok bool) {
	digits, count, parted := strings.Cut(etag, "-")
	if _, err := strconv.ParseUint(count, 10, 16); parted && err != nil {
		return "", false
	}
	if b, err := hex.DecodeString(digits); err != nil || len(b) != md5.Size {
		return "", false
	}
	name = url.QueryEscape(key) + "=" + etag + copySuffix // "=" is escaped in a key
	return name, len(name) <= 240
}

// objectOf is the inverse of fileName.
func objectOf(name string) (key, etag string, ok bool) {
	name, ok = strings.CutSuffix(name, copySuffix)
	escaped, etag, cut := strings.Cut(name, "=")
	key, err := url.QueryUnescape(escaped)
	return key, etag, ok && cut && err == nil
}

// digest makes the ETag of bytes: their MD5, or the MD5 of the parts' MD5s and
// the number of parts.
type digest struct {
	want  string
	parts int // 0: not in parts
	whole hash.Hash
	part  hash.Hash
	n     int64 // bytes in part
	count int
}

func newDigest(etag string) *digest {
	d := &digest{want: etag, whole: md5.New(), part: md5.New()} //nolint:gosec // G401: see the import
	if _, count, parted := strings.Cut(etag, "-"); parted {
		d.parts, _ = strconv.Atoi(count)
	}
	return d
}

// Write implements io.Writer.
func (d *digest) Write(p []byte) (int, error) {
	if d.parts == 0 {
		return d.whole.Write(p)
	}
	total := len(p)
	for len(p) > 0 {
		n := int(min(int64(len(p)), partSize-d.n))
		_, _ = d.part.Write(p[:n])
		d.n += int64(n)
		p = p[n:]
		if d.n == partSize {
			d.cut()
		}
	}
	return total, nil
}

func (d *digest) cut() {
	_, _ = d.whole.Write(d.part.Sum(nil))
	d.part.Reset()
	d.n = 0
	d.count++
}

// agrees reports whether what was written is what the ETag says.
func (d *digest) agrees() bool {
	if d.parts == 0 {
		return hex.EncodeToString(d.whole.Sum(nil)) == d.want
	}
	if d.n > 0 {
		d.cut()
	}
	return hex.EncodeToString(d.whole.Sum(nil))+"-"+strconv.Itoa(d.count) == d.want
}

// readThrough reads a copy to its end and tells what it was when its bytes are
// those of the ETag.
func readThrough(ctx context.Context, path string, size int64, etag string) (s stamp, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	sum := newDigest(etag)
	if info.Size() == size {
		_, err = io.Copy(sum, contextReader{ctx, f})
	}
	if err == nil && (info.Size() != size || !sum.agrees()) {
		err = errors.New("the copy is not what it should be")
	}
	return stampOf(info), err
}

// contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context //nolint:containedctx // for the length of one copy
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// copyFile is a file of the folder.
type copyFile struct {
	path string
	size int64
	used time.Time
}

// room makes place for size bytes, the least lately used copies going first,
// and takes it: the file has its size before a byte is written. One process at
// a time does so in a folder.
func (c *Cache) room(size int64) (*os.File, error) {
	if err := os.MkdirAll(c.o.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := c.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	files, total, err := c.list()
	if err != nil {
		return nil, err
	}
	for reclaimable := total; ; {
		free, err := freeBytes(c.o.Dir)
		if err != nil {
			return nil, err
		}
		if total+size <= c.o.Most && free >= c.o.Spare+size {
			break
		}
		if len(files) == 0 || free+reclaimable < c.o.Spare+size {
			return nil, errNoRoom
		}
		if err := c.remove(files[0].path); err != nil {
			return nil, err
		}
		total -= files[0].size
		reclaimable -= files[0].size
		files = files[1:]
	}
	f, err := os.CreateTemp(c.o.Dir, "*"+partSuffix)
	if err != nil {
		return nil, err
	}
	err = syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		err = f.Truncate(size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", errNoRoom, err), f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// lock keeps the other processes on the folder from making room meanwhile.
func (c *Cache) lock() (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(c.o.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	err := syscall.Statfs(dir, &st)
	return int64(st.Bavail) * st.Bsize, err
}

// list reads the folder: the copies, the least lately used first, and the bytes
// of everything. What a dead process left half made goes at once.
func (c *Cache) list() (copies []copyFile, total int64, err error) {
	entries, err := os.ReadDir(c.o.Dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		path := filepath.Join(c.o.Dir, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), partSuffix) && c.o.Now().Sub(info.ModTime()) > abandonedAfter:
			_ = os.Remove(path)
			continue
		case strings.HasSuffix(e.Name(), copySuffix):
			copies = append(copies, copyFile{path, info.Size(), usedAt(info)})
		}
		total += info.Size()
	}
	slices.SortFunc(copies, func(a, b copyFile) int { return a.used.Compare(b.used) })
	return copies, total, nil
}

// CopiedBytes tells how much the copies in a folder take. It changes nothing.
func CopiedBytes(dir string) (total int64, err error) {
	_, total, err = (&Cache{o: CacheOptions{Dir: dir, Now: func() time.Time { return time.Time{} }}}).list()
	return total, err
}

// usedAt is when a copy was last read, as Open notes it.
func usedAt(info os.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Atim.Unix())
	}
	return info.ModTime()
}

func (c *Cache) remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.mu.Lock()
		c.stats.Removed++
		c.mu.Unlock()
	}
	return err
}

// removeOf removes every copy of a key.
func (c *Cache) removeOf(key string) {
	c.forget(key)
	files, _, _ := c.list()
	for _, f := range files {
		if k, _, ok := objectOf(filepath.Base(f.path)); ok && k == key {
			_ = c.remove(f.path)
		}
	}
}

// Tidy removes the copies of objects that the store no longer has, and gives
// back what is above the limit or what others on the disk need. A store that
// does not answer ends it: what is known stays.
func (c *Cache) Tidy(ctx context.Context) error {
	files, total, err := c.list()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was kept yet
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		free, err := freeBytes(c.o.Dir)
		if err != nil {
			return err
		}
		key, etag, ok := objectOf(filepath.Base(f.path))
		gone := !ok || total > c.o.Most || free < c.o.Spare
		if !gone {
			_, now, err := c.store.etag(ctx, key)
			if err != nil && !errors.Is(err, media.ErrNoObject) {
				return err
			}
			gone = err != nil || now != etag
		}
		if !gone {
			continue
		}
		c.forget(key)
		if err := c.remove(f.path); err != nil {
			return err
		}
		total -= f.size
	}
	return nil
}
