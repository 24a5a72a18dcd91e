package media

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlaylistsCarryTheRun(t *testing.T) {
	r := Rendition{
		Name: "720p", Width: 1280, Height: 720, Bandwidth: 2500000, Codecs: "avc1.64001f,mp4a.40.2",
		Playlist: "#EXTM3U\n#EXT-X-MAP:URI=\"720p.m4s\",BYTERANGE=\"1353@0\"\n#EXTINF:4.0,\n#EXT-X-BYTERANGE:10@1353\n720p.m4s\n#EXT-X-ENDLIST\n",
	}
	track := &Track{RunID: "r1", Renditions: []Rendition{r}}
	if got, want := Master(track), "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=2500000,RESOLUTION=1280x720,CODECS=\"avc1.64001f,mp4a.40.2\"\n720p.m3u8?v=r1\n"; got != want {
		t.Errorf("master\n%s", got)
	}
	got := Variant(r, "r1")
	if strings.Count(got, "720p.m4s?v=r1") != 2 || strings.Count(got, "720p.m4s") != 2 {
		t.Errorf("variant\n%s", got)
	}
}

func TestRange(t *testing.T) {
	tests := []struct {
		header   string
		size     int64
		from, to int64
		part     bool
		reason   string
	}{
		{"", 10, 0, 9, false, ""},
		{"bytes=0-3", 10, 0, 3, true, ""},
		{"bytes=4-", 10, 4, 9, true, ""},
		{"bytes=-3", 10, 7, 9, true, ""},
		{"bytes=-30", 10, 0, 9, true, ""},
		{"bytes=8-20", 10, 8, 9, true, ""},
		{"bytes=10-", 10, 0, 0, true, "media.no_range"},
		{"bytes=-0", 10, 0, 0, true, "media.no_range"},
		{"bytes=99999999999999999999999-", 10, 0, 0, true, "media.no_range"},
		{"bytes=5-2", 10, 0, 9, false, ""},
		{"bytes=0-1,3-4", 10, 0, 9, false, ""},
		{"items=0-1", 10, 0, 9, false, ""},
		{"bytes=-", 10, 0, 9, false, ""},
		{"bytes=a-b", 10, 0, 9, false, ""},
		{"bytes=0-", MaxRange * 2, 0, MaxRange - 1, true, ""},
	}
	for _, tt := range tests {
		from, to, part, err := Range(tt.header, tt.size)
		if from != tt.from || to != tt.to || part != tt.part || reason(err) != tt.reason {
			t.Errorf("%q of %d: %d-%d %v %v", tt.header, tt.size, from, to, part, err)
		}
	}
}

// Whatever is asked, what is sent lies inside the object and within the bound.
func TestRangeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 1<<40).Draw(t, "size")
		h := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("bytes=%d-%d", rapid.Int64Min(0).Draw(t, "a"), rapid.Int64Min(0).Draw(t, "b"))
		})).Draw(t, "header")
		from, to, part, err := Range(h, size)
		if err == nil && (from < 0 || to >= size || to < from || part && to-from+1 > MaxRange) {
			t.Fatalf("%q of %d: %d-%d", h, size, from, to)
		}
	})
}
