package worker

import (
	"context"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/media"
)

// clip makes a small file with ffmpeg, outside any cage.
func clip(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-v", "error", "-y"}, args...), path)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", name, err, out)
	}
	return path
}

func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// take puts a file into a workspace of a fresh encoder, as a download does.
func take(t *testing.T, path string) (*FFmpeg, string) {
	t.Helper()
	f := NewFFmpeg(open(t), 2)
	dir, free, err := f.Workspace("test", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(free)
	b, err := os.ReadFile(path) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "source"), b, 0o644); err != nil { //nolint:gosec // the caged user reads it
		t.Fatal(err)
	}
	return f, dir
}

// open makes a folder that the caged user may pass through, which t.TempDir is not.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "zhixing-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // on purpose
		t.Fatal(err)
	}
	return dir
}

// process is what the use case does with a file, without the stores.
func process(t *testing.T, path string) (media.Output, string, error) {
	t.Helper()
	f, dir := take(t, path)
	src, err := f.Probe(t.Context(), dir, "source")
	if err != nil {
		return media.Output{}, dir, err
	}
	plan, err := media.Accept(src)
	if err != nil {
		return media.Output{}, dir, err
	}
	out, err := f.Encode(t.Context(), dir, "source", plan, func(int) {})
	if err == nil {
		err = media.CutShort(plan.Duration, time.Duration(out.DurationMS)*time.Millisecond)
	}
	return out, dir, err
}

func TestEncodeMakesPlayableRenditions(t *testing.T) {
	sine := []string{"-f", "lavfi", "-i", "sine=440:r=44100"}
	pics := func(spec string) []string { return []string{"-f", "lavfi", "-i", spec} }
	x264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-t", "3"}
	cat := func(parts ...[]string) (out []string) {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	portrait := clip(t, "flat.mp4", cat(pics("testsrc2=s=640x360:r=30"), []string{"-vf", "select='not(mod(n\\,3))+lt(n\\,20)'", "-vsync", "vfr"}, x264)...)
	tests := []struct {
		name, file string
		sizes      string
		sound      bool
	}{
		{"landscape with sound", clip(t, "a.mp4", cat(pics("testsrc2=s=1280x720:r=25"), sine, x264)...), "720p 1280x720 480p 854x480", true},
		{"no sound", clip(t, "b.mkv", cat(pics("testsrc2=s=320x240:r=15"), x264)...), "240p 320x240", false},
		{"upright phone clip, uneven frames", clip(t, "c.mp4", "-i", portrait, "-c", "copy", "-metadata:s:v:0", "rotate=90"), "360p 360x640", false},
		{"hevc 10 bit", clip(t, "d.mp4", cat(pics("testsrc2=s=320x240:r=25"), sine, []string{"-c:v", "libx265", "-x265-params", "log-level=none", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-c:a", "aac", "-t", "2"})...), "240p 320x240", true},
		{"hdr", clip(t, "e.mp4", cat(pics("testsrc2=s=320x240:r=25"), []string{"-c:v", "libx265", "-x265-params", "log-level=none:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc", "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-t", "2"})...), "240p 320x240", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, dir, err := process(t, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			var sizes []string
			for _, r := range out.Renditions {
				check(t, dir, r, tt.sound, out.DurationMS)
				sizes = append(sizes, r.Name, itoa(r.Width)+"x"+itoa(r.Height))
			}
			if got := strings.Join(sizes, " "); got != tt.sizes {
				t.Errorf("renditions %s, want %s", got, tt.sizes)
			}
			if !out.HasPoster {
				t.Error("no poster")
			}
		})
	}
}

// check looks at one rendition as a player would.
func check(t *testing.T, dir string, r media.Rendition, sound bool, durationMS int64) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-of", "default=nw=1", "-show_entries",
		"stream=codec_name,profile,pix_fmt,width,height,sample_rate,channels", filepath.Join(dir, r.Name+".m3u8")).CombinedOutput()
	if err != nil {
		t.Fatalf("%s does not play: %v %s", r.Name, err, out)
	}
	want := []string{"codec_name=h264", "profile=High", "pix_fmt=yuv420p", "width=" + itoa(r.Width), "height=" + itoa(r.Height)}
	if sound {
		want = append(want, "codec_name=aac", "sample_rate=48000", "channels=2")
	}
	for _, w := range want {
		if !strings.Contains(string(out), w+"\n") {
			t.Errorf("%s: no %s in\n%s", r.Name, w, out)
		}
	}
	if sound != strings.Contains(r.Codecs, "mp4a") || !strings.HasPrefix(r.Codecs, "avc1.6400") || r.Bandwidth < 1000 || r.Size < 1000 {
		t.Errorf("rendition %+v", r)
	}
	if !strings.Contains(r.Playlist, `#EXT-X-MAP:URI="`+r.Name+`.m4s",BYTERANGE=`) || strings.Count(r.Playlist, r.Name+".m4s") < 2 {
		t.Errorf("playlist %s", r.Playlist)
	}
	var sum float64
	for line := range strings.Lines(r.Playlist) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "#EXTINF:"); ok {
			sum += seconds(strings.TrimSuffix(v, ",")).Seconds()
		}
	}
	if math.Abs(sum*1000-float64(durationMS)) > 100 {
		t.Errorf("%s: playlist says %.3f s, duration is %d ms", r.Name, sum, durationMS)
	}
}

var itoa = strconv.Itoa

func TestHostileAndBrokenFilesAreRejected(t *testing.T) {
	plain := []string{"-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-c:v", "libx264", "-preset", "ultrafast"}
	good := clip(t, "good.mp4", append(plain, "-t", "20", "-movflags", "+faststart")...)
	whole, err := os.ReadFile(good) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	slow := []string{"-f", "lavfi", "-i", "color=s=64x64:r=0.02", "-c:v", "libx264", "-preset", "ultrafast", "-t"}
	tests := []struct{ name, file, reason string }{
		{"empty", written(t, "a.mp4", ""), "media.empty"},
		{"text", written(t, "b.mp4", "这是讲稿，不是视频。\n"), "media.is_text"},
		{"hls playlist", written(t, "c.mp4", "#EXTM3U\n#EXTINF:4,\nfile://"+good+"\n#EXT-X-ENDLIST\n"), "media.is_playlist"},
		{"ffconcat", written(t, "d.mp4", "ffconcat version 1.0\nfile '"+good+"'\n"), "media.is_playlist"},
		{"image", clip(t, "e.png", "-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", "1"), "media.is_image"},
		{"pdf", written(t, "f.mp4", "%PDF-1.7\n\x00"), "media.is_document"},
		{"noise", written(t, "g.mp4", strings.Repeat("\x01\xfe\x80\x99", 5000)), "media.unreadable"},
		{"header cut off", written(t, "h.mp4", string(whole[:500])), "media.unreadable"},
		{"end cut off", written(t, "i.mp4", string(whole[:len(whole)/3])), "media.truncated"},
		{"pixel bomb", clip(t, "j.mp4", "-f", "lavfi", "-i", "color=s=12000x12000:r=1", "-c:v", "mjpeg", "-frames:v", "2"), "media.too_many_pixels"},
		{"sound only", clip(t, "k.mp4", "-f", "lavfi", "-i", "sine=440", "-c:a", "aac", "-t", "2"), "media.no_video"},
		{"one frame", clip(t, "l.mp4", append(plain, "-frames:v", "1")...), "media.too_short"},
		{"too long", clip(t, "m.mp4", append(slow, "22000")...), "media.too_long"},
		{"tiny picture", clip(t, "n.mp4", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=10", "-c:v", "libx264", "-t", "2"), "media.picture_too_small"},
		{"decoder that is not on the list", clip(t, "o.avi", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-c:v", "magicyuv", "-t", "2"), "media.codec_not_supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := process(t, tt.file)
			if got := domain.ReasonOf(err); got != tt.reason {
				t.Errorf("reason %q, want %q (%v)", got, tt.reason, err)
			}
		})
	}
}

// A playlist that gets past the first look (a demuxer is asked, not we) still
// reads no other file. Seen red: without -format_whitelist the concat script
// brought the other file's pictures into the output.
func TestTheCageReadsNoOtherFile(t *testing.T) {
	other := clip(t, "other.ts", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-c:v", "libx264", "-t", "2")
	for name, text := range map[string]string{
		"hls":      "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + other + "\n#EXT-X-ENDLIST\n",
		"ffconcat": "ffconcat version 1.0\nfile '" + filepath.Base(other) + "'\n",
	} {
		t.Run(name, func(t *testing.T) {
			f, dir := take(t, written(t, "x.mp4", text))
			b, err := os.ReadFile(other) //nolint:gosec // ours
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(other)), b, 0o644); err != nil { //nolint:gosec // the caged user reads it
				t.Fatal(err)
			}
			if p, err := f.probe(t.Context(), dir, "source"); domain.ReasonOf(err) != "media.unreadable" {
				t.Errorf("probe found %+v, %v", p, err)
			}
			plan := media.Plan{Video: 0, Audio: -1, FPSNum: 10, FPSDen: 1, Duration: 2 * time.Second, Renditions: media.Ladder(320, 240)}
			if out, err := f.Encode(t.Context(), dir, "source", plan, func(int) {}); domain.ReasonOf(err) != "media.unreadable" {
				t.Errorf("encode made %+v, %v", out, err)
			}
		})
	}
}

// Seen red: with the stall not acted upon the program ran to its wall limit.
func TestNoProgressIsKilled(t *testing.T) {
	f, dir := take(t, written(t, "x", "x"))
	f.Stall = 200 * time.Millisecond
	err := f.follow(t.Context(), time.Minute, func(int) {}, func(ctx context.Context, w io.Writer) error {
		return f.cage.run(ctx, dir, roomy(), w, "sleep", "600")
	})
	if got := domain.ReasonOf(blame(err)); got != "media.encoder_stuck" {
		t.Errorf("reason %q of %v", got, err)
	}
}
