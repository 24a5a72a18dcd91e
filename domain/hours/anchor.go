package hours

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// anchorFormat is the first word of every anchor file.
const anchorFormat = "zhixing-ledger-anchor/1"

// AnchorFile is what one anchor file says.
type AnchorFile struct {
	On         Date
	At         time.Time
	PrevDigest string // of the file before, "-" for the first
	Heads      []Head
}

// Name is the file's name; names sort by time.
func (a *AnchorFile) Name() string { return a.At.UTC().Format("20060102T150405.000000Z") + ".anchor" }

// Encode returns the bytes of the file: plain text that can be read, printed
// and handed over.
func (a *AnchorFile) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s %s %d\n", anchorFormat, a.On, a.At.UTC().Format(time.RFC3339Nano), a.PrevDigest, len(a.Heads))
	for _, h := range a.Heads {
		fmt.Fprintf(&b, "%s %d %s\n", h.PersonID, h.Seq, h.Hash)
	}
	return b.Bytes()
}

// DecodeAnchor reads a file; a damaged one is an error that says where.
func DecodeAnchor(data []byte) (*AnchorFile, error) {
	var (
		a      AnchorFile
		format string
		on, at string
		n      int
		lines  = bufio.NewScanner(bytes.NewReader(data))
	)
	if !lines.Scan() {
		return nil, fmt.Errorf("empty file")
	}
	if _, err := fmt.Sscanf(lines.Text(), "%s %s %s %s %d", &format, &on, &at, &a.PrevDigest, &n); err != nil || format != anchorFormat {
		return nil, fmt.Errorf("line 1 is not the head of an anchor")
	}
	var err error
	if a.On, err = ParseDate(on); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	if a.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	for lines.Scan() {
		var h Head
		var sum string
		if _, err := fmt.Sscanf(lines.Text(), "%s %d %s", &h.PersonID, &h.Seq, &sum); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(a.Heads)+2, err)
		}
		raw, err := hex.DecodeString(sum)
		if err != nil || len(raw) != len(h.Hash) {
			return nil, fmt.Errorf("line %d: not a hash", len(a.Heads)+2)
		}
		h.Hash = Hash(raw)
		a.Heads = append(a.Heads, h)
	}
	if lines.Err() != nil || len(a.Heads) != n {
		return nil, fmt.Errorf("%d heads, the first line says %d", len(a.Heads), n)
	}
	return &a, nil
}

// AnchorDigest is hex SHA-256 of a file.
func AnchorDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// BrokenAnchor says that the anchors themselves were touched.
const BrokenAnchor = "anchor"

// Verification is the result of walking the whole ledger.
type Verification struct {
	People  int     `json:"people"`
	Entries int     `json:"entries"`
	Anchors int     `json:"anchors"` // files
	Breaks  []Break `json:"breaks"`  // the first of each broken chain, at most MaxBreaks
	Broken  int     `json:"broken"`  // chains and anchors that are broken
}

// MaxBreaks bounds the list of a Verification.
const MaxBreaks = 100

// Add books a break; nil is none.
func (v *Verification) Add(b *Break) {
	if b == nil {
		return
	}
	v.Broken++
	if len(v.Breaks) < MaxBreaks {
		v.Breaks = append(v.Breaks, *b)
	}
}
