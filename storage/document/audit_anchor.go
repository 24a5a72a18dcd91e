package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zhixing/domain/audit"
)

// AuditAnchor is audit.AnchorFile at a path. Lines are only ever added.
type AuditAnchor struct{ Path string }

var _ audit.AnchorFile = AuditAnchor{}

// tailBytes hold the last marks that Tail returns, about 200.
const tailBytes = 32 << 10

// Tail implements audit.AnchorFile.
func (a AuditAnchor) Tail(context.Context) (id string, last []audit.Mark, err error) {
	f, err := os.Open(a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the audit anchor: %w", err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 128)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", nil, fmt.Errorf("read the audit anchor: %w", err)
	}
	first, _, whole := bytes.Cut(head[:n], []byte("\n"))
	if !whole { // a crash while the file was made
		return "", nil, nil
	}
	file, err := audit.ReadMarks(bytes.NewReader(append(first, '\n')))
	if err != nil {
		return "", nil, fmt.Errorf("read the audit anchor %s: %w", a.Path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return "", nil, fmt.Errorf("read the audit anchor: %w", err)
	}
	from := max(int64(len(first)+1), info.Size()-tailBytes)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return "", nil, fmt.Errorf("read the audit anchor: %w", err)
	}
	for line := range strings.Lines(string(tail)) {
		if m, err := audit.ParseMark(strings.TrimSuffix(line, "\n")); err == nil && strings.HasSuffix(line, "\n") {
			last = append(last, m)
		}
	}
	return file.ID, last, nil
}

// Append implements audit.AnchorFile.
func (a AuditAnchor) Append(ctx context.Context, id string, m audit.Mark) error {
	there, _, err := a.Tail(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.Path), 0o700); err != nil {
		return fmt.Errorf("audit anchor: %w", err)
	}
	how := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if there == "" {
		how |= os.O_TRUNC // what a crash left of a head line
	}
	f, err := os.OpenFile(a.Path, how, 0o600)
	if err != nil {
		return fmt.Errorf("audit anchor: %w", err)
	}
	text := m.Line()
	if there == "" {
		text = audit.MarkHead(id) + text
	} else if whole, err := endsLine(a.Path); err != nil || !whole {
		text = "\n" + text // a crash tore the last line: it stays as it is
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the audit anchor: %w", err)
	}
	if there == "" {
		return syncDir(filepath.Dir(a.Path))
	}
	return nil
}

func endsLine(path string) (bool, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own setting
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(-1, io.SeekEnd); err != nil {
		return false, err
	}
	b := make([]byte, 1)
	_, err = f.Read(b)
	return b[0] == '\n', err
}

// Read implements audit.AnchorFile.
func (a AuditAnchor) Read(context.Context) (*audit.MarkFile, error) {
	f, err := os.Open(a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no file is no mistake
	}
	if err != nil {
		return nil, fmt.Errorf("read the audit anchor: %w", err)
	}
	defer func() { _ = f.Close() }()
	file, err := audit.ReadMarks(f)
	if err != nil {
		return nil, fmt.Errorf("read the audit anchor %s: %w", a.Path, err)
	}
	return file, nil
}
