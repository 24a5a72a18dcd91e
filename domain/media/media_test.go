package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhixing/domain"

	"pgregory.net/rapid"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func reason(err error) string { return domain.ReasonOf(err) }

func TestNew(t *testing.T) {
	tests := []struct {
		name, file string
		size       int64
		want       string // name kept, or reason
	}{
		{"chinese and emoji", "党课 第一讲·2026😀.mp4", 1, "党课 第一讲·2026😀.mp4"},
		{"path", `C:\视频\课.mp4`, 1, "课.mp4"},
		{"unix path", "../../etc/passwd", 1, "passwd"},
		{"direction and control characters", "a\u202egpj.mp4\x00\n", 1, "agpj.mp4"},
		{"broken utf-8", "a\xff.mp4", 1, "a\ufffd.mp4"},
		{"no name", " \t/", 1, "media.name_missing"},
		{"long name", strings.Repeat("课", 201), 1, "media.name_too_long"},
		{"empty", "a.mp4", 0, "media.empty"},
		{"negative", "a.mp4", -5, "media.empty"},
		{"too large", "a.mp4", MaxBytes + 1, "media.too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := New("m", "p", tt.file, tt.size, now)
			got := reason(err)
			if err == nil {
				got = m.Filename
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every byte of a file is in exactly one part, and no part is larger than a
// request may be. Seen red: with size/partSize parts the last bytes had none.
func TestPartPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, MaxBytes).Draw(t, "size")
		m, err := New("m", "p", "a", size, now)
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for n := 1; n <= m.PartCount; n++ {
			l := m.PartLen(n)
			if l < 1 || l > LargePart {
				t.Fatalf("part %d of %d has %d bytes", n, m.PartCount, l)
			}
			if n < m.PartCount && l < 5<<20 {
				t.Fatalf("part %d is below what S3 takes: %d", n, l)
			}
			sum += l
		}
		if sum != size || m.PartCount > 10000 || m.PartLen(0) != 0 || m.PartLen(m.PartCount+1) != 0 {
			t.Fatalf("%d parts hold %d of %d bytes", m.PartCount, sum, size)
		}
	})
}

func TestCheckPart(t *testing.T) {
	body := []byte("课程视频")
	sum := sha256.Sum256(body)
	right := hex.EncodeToString(sum[:])
	m, _ := New("m", "p", "a", int64(len(body)), now)
	done := *m
	done.State = Uploaded
	tests := []struct {
		name string
		m    *Medium
		n    int
		body []byte
		sum  string
		want string
	}{
		{"right", m, 1, body, right, ""},
		{"upper case", m, 1, body, strings.ToUpper(right), ""},
		{"no such part", m, 2, body, right, "media.no_such_part"},
		{"part zero", m, 0, body, right, "media.no_such_part"},
		{"short", m, 1, body[1:], right, "media.part_size"},
		{"wrong sum", m, 1, body, strings.Repeat("0", 64), "media.part_checksum"},
		{"no sum", m, 1, body, "", "media.part_checksum"},
		{"after the end", &done, 1, body, right, "media.not_uploading"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := reason(tt.m.CheckPart(tt.n, tt.body, tt.sum)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	m, _ := New("m", "p", "a", 2*SmallPart+1, now)
	all := []Part{{Number: 1, Size: SmallPart}, {Number: 2, Size: SmallPart}, {Number: 3, Size: 1}}
	if err := m.Whole(all); err != nil {
		t.Fatal(err)
	}
	err := m.Whole([]Part{all[1], {Number: 3, Size: 2}})
	de, ok := errors.AsType[*domain.Error](err)
	if !ok || fmt.Sprint(de.Params["parts"]) != "[1 3]" {
		t.Errorf("missing: %v", err)
	}
}

// TestEveryPairOfStates walks the methods over every state and checks that no
// one makes a move that the table does not hold.
func TestEveryPairOfStates(t *testing.T) {
	acts := map[string]func(*Medium){
		"finish":  func(m *Medium) { _, _ = m.Finish(now) },
		"cancel":  func(m *Medium) { _, _ = m.Cancel(now) },
		"retry":   func(m *Medium) { _ = m.Retry() },
		"begin":   func(m *Medium) { m.Begin("r2", now) },
		"start":   func(m *Medium) { _ = m.StartTranscode("r1") },
		"publish": func(m *Medium) { _ = m.Publish("r1", Output{DurationMS: 1}, now) },
		"reject":  func(m *Medium) { _ = m.Reject("r1", domain.E(domain.Invalid, "media.unreadable"), now) },
		"release": func(m *Medium) { m.Release("r1", true) },
	}
	reached := map[[2]State]bool{}
	for _, from := range States {
		for name, act := range acts {
			for _, held := range []bool{true, false} {
				m := &Medium{State: from}
				if held && (from == Probing || from == Transcoding) {
					m.WorkRunID = "r1"
				}
				act(m)
				if m.State != from {
					reached[[2]State{from, m.State}] = true
					if !CanMove(from, m.State) {
						t.Errorf("%s took %s to %s", name, from, m.State)
					}
				}
			}
		}
	}
	for from, tos := range next {
		for _, to := range tos {
			if from != to && !reached[[2]State{from, to}] && (from != Uploaded || to != Rejected) && (from != Transcoding || to != Probing) {
				t.Errorf("nothing takes %s to %s", from, to)
			}
		}
	}
}

// Only the run that holds the medium publishes, and only once. Seen red: with
// the check of WorkRunID taken out of Working both runs published.
func TestOneRunPublishes(t *testing.T) {
	m := &Medium{State: Uploaded}
	if !m.Begin("r1", now) {
		t.Fatal("the first run did not begin")
	}
	if m.Begin("r2", now.Add(LeaseTTL-time.Millisecond)) {
		t.Fatal("a second run began beside a living one")
	}
	if !m.Begin("r2", now.Add(LeaseTTL)) {
		t.Fatal("a dead run kept the medium")
	}
	if got := reason(m.StartTranscode("r1")); got != "media.run_lost" {
		t.Errorf("the dead run goes on: %q", got)
	}
	if err := m.StartTranscode("r2"); err != nil {
		t.Fatal(err)
	}
	if got := reason(m.Publish("r1", Output{DurationMS: 1}, now)); got != "media.run_lost" {
		t.Errorf("the dead run publishes: %q", got)
	}
	if err := m.Publish("r2", Output{DurationMS: 5, Renditions: []Rendition{{Width: 1280, Height: 720}}}, now); err != nil {
		t.Fatal(err)
	}
	if m.State != Ready || m.RunID != "r2" || m.Version != 1 || m.Width != 1280 || m.Progress != 100 || m.WorkRunID != "" {
		t.Errorf("%+v", m)
	}
	if m.Begin("r3", now.Add(time.Hour)) {
		t.Error("a ready medium is worked on again")
	}
}

func TestRunsThatDieEndInRejection(t *testing.T) {
	m := &Medium{State: Uploaded}
	at := now
	for i := range MaxRuns {
		if !m.Begin("r", at) {
			t.Fatalf("run %d did not begin", i)
		}
		at = at.Add(LeaseTTL)
	}
	if m.Begin("r", at) || m.State != Rejected || m.Reason != "media.encoder_failed" {
		t.Errorf("%+v", m)
	}
	if err := m.Retry(); err != nil || m.Reason != "" || !m.Begin("r", at) {
		t.Errorf("after a retry: %+v", m)
	}
	for range 10 { // a worker that is stopped, not broken, costs no run
		m.Release("r", true)
		if !m.Begin("r", at) {
			t.Fatalf("%+v", m)
		}
	}
}

func video(w, h int) Stream {
	return Stream{Kind: "video", Codec: "h264", Width: w, Height: h, FPS: 25}
}

func TestAccept(t *testing.T) {
	src := func(d time.Duration, s ...Stream) Source { return Source{Format: "mov", Duration: d, Streams: s} }
	many := make([]Stream, MaxStreams+1)
	tests := []struct {
		name string
		src  Source
		want string
	}{
		{"right", src(time.Minute, video(1280, 720)), ""},
		{"sound only", src(time.Minute, Stream{Kind: "audio", Codec: "mp3"}), "media.no_video"},
		{"cover picture", src(time.Minute, Stream{Kind: "audio", Codec: "mp3"}, Stream{Kind: "video", Codec: "mjpeg", Width: 500, Height: 500, Picture: true}), "media.no_video"},
		{"codec", src(time.Minute, Stream{Kind: "video", Codec: "magicyuv", Width: 640, Height: 480}), "media.codec_not_supported"},
		{"sound codec", src(time.Minute, video(640, 480), Stream{Kind: "audio", Codec: "wmavoice"}), "media.codec_not_supported"},
		{"no duration", src(0, video(640, 480)), "media.no_duration"},
		{"too short", src(time.Second/2, video(640, 480)), "media.too_short"},
		{"too long", src(MaxDuration+1, video(640, 480)), "media.too_long"},
		{"bomb", src(time.Minute, video(12000, 12000)), "media.too_many_pixels"},
		{"upright 4K", src(time.Minute, video(2160, 3840)), ""},
		{"tiny", src(time.Minute, video(1280, 16)), "media.picture_too_small"},
		{"streams", src(time.Minute, many...), "media.too_many_streams"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Accept(tt.src); reason(err) != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPlanPicksStreams(t *testing.T) {
	cover := Stream{Index: 0, Kind: "video", Codec: "mjpeg", Picture: true, Default: true}
	v, sec, main := video(1920, 1080), Stream{Index: 2, Kind: "audio", Codec: "aac"}, Stream{Index: 3, Kind: "audio", Codec: "aac", Default: true}
	v.Index, v.Transfer = 1, "arib-std-b67"
	p, err := Accept(Source{Duration: time.Minute, Streams: []Stream{cover, v, sec, main}})
	if err != nil || p.Video != 1 || p.Audio != 3 || !p.HDR {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestLadder(t *testing.T) {
	tests := []struct {
		w, h int
		want string
	}{
		{1920, 1080, "720p 1280x720, 480p 854x480"},
		{1280, 720, "720p 1280x720, 480p 854x480"},
		{1080, 1920, "720p 720x1280, 480p 480x854"},
		{3840, 2160, "720p 1280x720, 480p 854x480"},
		{1440, 1080, "720p 960x720, 480p 640x480"},
		{1024, 576, "576p 1024x576, 480p 854x480"},
		{640, 360, "360p 640x360"},
		{854, 480, "480p 854x480"},
		{321, 241, "240p 320x240"},
		{1280, 480, "480p 1280x480, 320p 854x320"},
		{2048, 858, "720p 1280x536, 480p 854x358"},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range Ladder(tt.w, tt.h) {
			got = append(got, s.Name+" "+strings.Join([]string{itoa(s.Width), itoa(s.Height)}, "x"))
		}
		if g := strings.Join(got, ", "); g != tt.want {
			t.Errorf("%d×%d: %s, want %s", tt.w, tt.h, g, tt.want)
		}
	}
}

func itoa(n int) string { return strings.TrimSuffix(name(n), "p") }

// No rendition is above the source, odd, or named like another.
func TestLadderHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(MinSide, 4096).Draw(t, "w"), rapid.IntRange(MinSide, 4096).Draw(t, "h")
		seen := map[string]bool{}
		for _, s := range Ladder(w, h) {
			if s.Width > w || s.Height > h || s.Width%2+s.Height%2 != 0 || s.Width < 2 || s.Height < 2 || seen[s.Name] {
				t.Fatalf("%d×%d: %+v", w, h, s)
			}
			if max(s.Width, s.Height) > 1280 || min(s.Width, s.Height) > 720 || (w > h) != (s.Width > s.Height) && w != h && s.Width != s.Height {
				t.Fatalf("%d×%d: %+v", w, h, s)
			}
			seen[s.Name] = true
		}
		if len(seen) == 0 {
			t.Fatal("nothing to play")
		}
	})
}

func TestDisplayed(t *testing.T) {
	for _, tt := range []struct {
		s    Stream
		w, h int
	}{
		{Stream{Width: 1920, Height: 1080, Rotation: -90}, 1080, 1920},
		{Stream{Width: 1920, Height: 1080, Rotation: 270}, 1080, 1920},
		{Stream{Width: 1920, Height: 1080, Rotation: 180}, 1920, 1080},
		{Stream{Width: 720, Height: 576, SAR: 64.0 / 45}, 1024, 576},
		{Stream{Width: 720, Height: 576, SAR: 1000}, 720, 576},
	} {
		if w, h := tt.s.Displayed(); w != tt.w || h != tt.h {
			t.Errorf("%+v: %d×%d", tt.s, w, h)
		}
	}
}

func TestFrameRate(t *testing.T) {
	for avg, want := range map[float64][2]int{0: {25, 1}, 25: {25, 1}, 50: {25, 1}, 60: {30, 1}, 59.94: {30000, 1001}, 29.97: {30000, 1001}, 23.976: {24000, 1001}, 27.3: {30000, 1001}, 5: {10, 1}, 30: {30, 1}, 120: {30, 1}} {
		if n, d := frameRate(avg); [2]int{n, d} != want {
			t.Errorf("%v: %d/%d, want %v", avg, n, d, want)
		}
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]string{
		"":                              "media.empty",
		"#EXTM3U\n":                     "media.is_playlist",
		"\xef\xbb\xbf \n#extm3u":        "media.is_playlist",
		"ffconcat version 1.0":          "media.is_playlist",
		"<?xml?><MPD xmlns=\"x\">":      "media.is_playlist",
		"\x89PNG\r\n":                   "media.is_image",
		"RIFF\x00\x00\x00\x00WEBPVP8 ":  "media.is_image",
		"RIFF\x00\x00\x00\x00AVI LIST":  "",
		"PK\x03\x04":                    "media.is_document",
		"党的二十大报告\n第一部分":                 "media.is_text",
		"党课"[:5]:                        "media.is_text",
		"\x00\x00\x00\x18ftypmp42":      "",
		"\x1aE\xdf\xa3\x01\x00\x00\x00": "",
	} {
		if got := reason(Sniff([]byte(head))); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}

func TestCutShort(t *testing.T) {
	for _, tt := range []struct {
		promised, got time.Duration
		cut           bool
	}{{time.Minute, time.Minute, false}, {time.Minute, 58 * time.Second, false}, {time.Minute, 30 * time.Second, true}, {3 * time.Second, 2 * time.Second, false}, {time.Minute, 2 * time.Minute, false}} {
		if got := CutShort(tt.promised, tt.got) != nil; got != tt.cut {
			t.Errorf("%v of %v: %v", tt.got, tt.promised, got)
		}
	}
}

func TestQuota(t *testing.T) {
	if Quota(MaxOpenCount-1, 0, MaxOpenBytes) != nil || Quota(MaxOpenCount, 0, 1) == nil || Quota(0, MaxOpenBytes, 1) == nil {
		t.Error("quota")
	}
}
