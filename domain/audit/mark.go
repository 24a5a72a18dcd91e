package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// markFormat is the first word of an anchor file; the file's own id follows it.
const markFormat = "zhixing-audit-anchor/1"

// Mark is one line of an anchor file: where the chain stood at a moment. Link
// covers the mark and the link of the line before, so that lines of the file
// cannot be taken out or changed either.
type Mark struct {
	At   time.Time
	Seq  int64
	Hash []byte
	Link []byte
}

// After is the mark that follows another (its zero value: the first of a file).
func (m Mark) After(prev Mark) Mark {
	sum := sha256.Sum256([]byte(hex.EncodeToString(prev.Link) + " " + m.words()))
	m.Link = sum[:]
	return m
}

// Line is the mark as it stands in the file.
func (m Mark) Line() string { return m.words() + " " + hex.EncodeToString(m.Link) + "\n" }

func (m Mark) words() string {
	return m.At.UTC().Format(time.RFC3339Nano) + " " + strconv.FormatInt(m.Seq, 10) + " " + hex.EncodeToString(m.Hash)
}

// MarkHead is the first line of a file.
func MarkHead(id string) string { return markFormat + " " + id + "\n" }

// ParseMark reads one line without its end.
func ParseMark(line string) (Mark, error) {
	words := strings.Split(line, " ")
	if len(words) != 4 {
		return Mark{}, fmt.Errorf("not a mark")
	}
	at, err := time.Parse(time.RFC3339Nano, words[0])
	if err != nil {
		return Mark{}, fmt.Errorf("not a time")
	}
	seq, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || seq < 1 {
		return Mark{}, fmt.Errorf("not a number of an entry")
	}
	m := Mark{At: at, Seq: seq}
	for i, into := range []*[]byte{&m.Hash, &m.Link} {
		if *into, err = hex.DecodeString(words[2+i]); err != nil || len(*into) != sha256.Size {
			return Mark{}, fmt.Errorf("not a hash")
		}
	}
	return m, nil
}

// MarkFile is what an anchor file says. Marks are those whose link holds.
type MarkFile struct {
	ID    string
	Marks []Mark
	Wrong []int // lines that are no mark or do not follow the one before
}

// ReadMarks reads a whole file. A line that was cut off by a crash is in Wrong
// only if what follows it does not go on from the mark before it.
func ReadMarks(r io.Reader) (*MarkFile, error) {
	f := &MarkFile{}
	lines := bufio.NewScanner(r)
	var prev Mark
	torn := 0
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			id, ok := strings.CutPrefix(lines.Text(), markFormat+" ")
			if !ok {
				return nil, fmt.Errorf("line 1 is not the head of an anchor file")
			}
			f.ID = id
			continue
		}
		m, err := ParseMark(lines.Text())
		switch {
		case err != nil:
			torn = n
			continue
		case !bytes.Equal(m.After(prev).Link, m.Link):
			f.Wrong = append(f.Wrong, n)
		default:
			f.Marks = append(f.Marks, m)
		}
		prev, torn = m, 0
	}
	if torn > 0 {
		f.Wrong = append(f.Wrong, torn)
	}
	return f, lines.Err()
}

// AnchorFile is the file outside the database that the head of the chain is kept in.
type AnchorFile interface {
	// Tail returns the file's id ("" when there is none yet) and its last marks,
	// the oldest first.
	Tail(ctx context.Context) (id string, last []Mark, err error)
	// Append adds a mark, after the head line in a new file, and returns once it
	// is on the disk.
	Append(ctx context.Context, id string, m Mark) error
	// Read returns the whole file; nil when there is none.
	Read(ctx context.Context) (*MarkFile, error)
}

// Anchor is what the database remembers of an anchor file, so that a file that
// was cut is noticed.
type Anchor struct {
	FileID string
	Marks  int
	Seq    int64
	Link   []byte
	At     time.Time
}

// Flaws of an anchor file, beside those of the chain.
const (
	FlawRewritten = "rewritten" // the chain is whole, but it is not the one that was anchored
	FlawCut       = "cut"       // entries that were anchored are gone from the end
	FlawFile      = "file"      // a line of the anchor file was changed or taken out
	FlawFileCut   = "file_cut"  // the end of the anchor file is gone
	FlawFileGone  = "file_gone" // the database knows of anchors, and there is no file
)

// CheckFile holds the file against what the database remembers of it.
func CheckFile(f *MarkFile, kept []Anchor) *Flaw {
	if f == nil {
		for _, a := range kept {
			if a.Marks > 0 {
				return &Flaw{Seq: a.Seq, Why: FlawFileGone}
			}
		}
		return nil
	}
	if len(f.Wrong) > 0 {
		return &Flaw{Seq: int64(f.Wrong[0]), Why: FlawFile}
	}
	for _, a := range kept {
		if a.FileID != f.ID {
			continue
		}
		if len(f.Marks) < a.Marks || a.Marks > 0 && !bytes.Equal(f.Marks[a.Marks-1].Link, a.Link) {
			return &Flaw{Seq: a.Seq, Why: FlawFileCut}
		}
	}
	return nil
}
