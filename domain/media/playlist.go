package media

import (
	"fmt"
	"strings"

	"zhixing/domain"
)

// Master is the HLS master playlist of a track. The run is part of every
// address, so that bytes of two runs never meet in one cache.
func Master(t *Track) string {
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	for _, r := range t.Renditions {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%dx%d,CODECS=%q\n%s.m3u8?v=%s\n", max(1, r.Bandwidth), r.Width, r.Height, r.Codecs, r.Name, t.RunID)
	}
	return b.String()
}

// Variant is a rendition's media playlist with the run in its addresses.
func Variant(r Rendition, runID string) string {
	file := r.Name + ".m4s"
	lines := strings.Split(r.Playlist, "\n")
	for i, l := range lines {
		switch {
		case l == file:
			lines[i] = file + "?v=" + runID
		case strings.HasPrefix(l, "#EXT-X-MAP:"):
			lines[i] = strings.Replace(l, `URI="`+file+`"`, `URI="`+file+"?v="+runID+`"`, 1)
		}
	}
	return strings.Join(lines, "\n")
}

// Rendition finds one by name. Error: media.not_found.
func (t *Track) Rendition(name string) (Rendition, error) {
	for _, r := range t.Renditions {
		if r.Name == name {
			return r, nil
		}
	}
	return Rendition{}, domain.E(domain.NotFound, "media.not_found")
}

// MaxRange bounds the bytes that one answer to a range request carries. It is
// above any segment: the ladder's ceilings keep those below 4 MiB.
const MaxRange = 32 << 20

// Range reads an HTTP Range header for an object of size bytes and gives the
// first and the last byte to send. part is false when the whole object is
// meant: no header, or one that RFC 9110 lets us ignore (several ranges, other
// units, nonsense). Error: media.no_range when no byte of it exists.
func Range(header string, size int64) (from, to int64, part bool, err error) {
	whole := func() (int64, int64, bool, error) { return 0, size - 1, false, nil }
	spec, ok := strings.CutPrefix(strings.TrimSpace(header), "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return whole()
	}
	a, b, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return whole()
	}
	first, okA := offset(a)
	last, okB := offset(b)
	switch {
	case !okA || !okB || (a == "" && b == ""):
		return whole()
	case a == "": // the last b bytes
		if last == 0 || size == 0 {
			return 0, 0, true, domain.E(domain.Invalid, "media.no_range")
		}
		from, to = max(0, size-last), size-1
	default:
		if b == "" || last >= size {
			last = size - 1
		} else if last < first {
			return whole()
		}
		if first >= size {
			return 0, 0, true, domain.E(domain.Invalid, "media.no_range")
		}
		from, to = first, last
	}
	return from, min(to, from+MaxRange-1), true, nil
}

// offset reads decimal digits only; "" is 0. What does not fit counts as far
// beyond any object.
func offset(s string) (int64, bool) {
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int64(c-'0'); n > 1<<50 {
			n = 1 << 50
		}
	}
	return n, true
}
