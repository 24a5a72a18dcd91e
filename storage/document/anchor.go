package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zhixing/domain/hours"
)

// Anchors is hours.AnchorFiles in a folder. Files are written once, read-only,
// and reach the disk before Write returns.
type Anchors struct{ Dir string }

var _ hours.AnchorFiles = Anchors{}

// Write implements hours.AnchorFiles.
func (a Anchors) Write(_ context.Context, name string, data []byte) (err error) {
	if name != filepath.Base(name) || !strings.HasSuffix(name, ".anchor") {
		return fmt.Errorf("anchor file name %q", name)
	}
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return fmt.Errorf("anchor folder: %w", err)
	}
	path := filepath.Join(a.Dir, name)
	if there, err := os.ReadFile(path); err == nil { //nolint:gosec // the name was checked
		if bytes.Equal(there, data) {
			return nil
		}
		return fmt.Errorf("anchor file %s is there with other bytes", name)
	}
	tmp, err := os.CreateTemp(a.Dir, ".anchor-*")
	if err != nil {
		return fmt.Errorf("write anchor: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o400), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write anchor: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil { // unlike Rename, never over another
		return fmt.Errorf("write anchor: %w", err)
	}
	return syncDir(a.Dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// Each implements hours.AnchorFiles. A folder that is not there has no files.
func (a Anchors) Each(ctx context.Context, read func(name string, data []byte) error) error {
	entries, err := os.ReadDir(a.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read anchors: %w", err)
	}
	slices.SortFunc(entries, func(x, y os.DirEntry) int { return strings.Compare(x.Name(), y.Name()) })
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".anchor") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := os.ReadFile(filepath.Join(a.Dir, e.Name())) //nolint:gosec // a name from the folder itself
		if err != nil {
			return fmt.Errorf("read anchor: %w", err)
		}
		if err := read(e.Name(), data); err != nil {
			return err
		}
	}
	return nil
}
