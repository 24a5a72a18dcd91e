package media

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"zhixing/domain"
)

// Part is one stored piece of the source. Numbers begin at 1.
type Part struct {
	MediumID string `bun:",pk"`
	Number   int    `bun:",pk"`
	Size     int64
	SHA256   string // hex
	ETag     string // the object store's
	StoredAt time.Time
}

// PartLen is the number of bytes that part n must have, 0 if there is no such
// part.
func (m *Medium) PartLen(n int) int64 {
	switch {
	case n < 1 || n > m.PartCount:
		return 0
	case n < m.PartCount:
		return m.PartSize
	}
	return m.Size - int64(m.PartCount-1)*m.PartSize
}

// CheckPart verifies one part that arrived. sum is the sender's SHA-256 in
// hex. Errors: media.not_uploading, media.no_such_part, media.part_size,
// media.part_checksum.
func (m *Medium) CheckPart(n int, body []byte, sum string) error {
	want := m.PartLen(n)
	switch {
	case m.State != Uploading:
		return domain.E(domain.Conflict, "media.not_uploading")
	case want == 0:
		return domain.E(domain.Invalid, "media.no_such_part", "part", n, "count", m.PartCount)
	case int64(len(body)) != want:
		return domain.E(domain.Invalid, "media.part_size", "part", n, "expected", want, "received", len(body))
	}
	got := sha256.Sum256(body)
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(got[:])), []byte(strings.ToLower(sum))) != 1 {
		return domain.E(domain.Invalid, "media.part_checksum", "part", n)
	}
	return nil
}

// Whole checks that every part is there in its size. parts are in the order of
// their numbers. Error: media.parts_missing with the first missing numbers.
func (m *Medium) Whole(parts []Part) error {
	have := make(map[int]bool, len(parts))
	for _, p := range parts {
		have[p.Number] = p.Size == m.PartLen(p.Number) && p.Size > 0
	}
	var missing []int
	for n := 1; n <= m.PartCount; n++ {
		if !have[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return domain.E(domain.Conflict, "media.parts_missing", "count", len(missing), "parts", missing[:min(len(missing), 50)])
	}
	return nil
}
