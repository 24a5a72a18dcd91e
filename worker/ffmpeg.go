package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"zhixing/domain"
	"zhixing/domain/media"
)

// segmentSeconds is the length of a segment and of a group of pictures: equal
// in every rendition, or the player could not switch.
const segmentSeconds = 4

var (
	errTooSlow = errors.New("the program took too long")
	errStalled = errors.New("the program made no progress")
)

// FFmpeg is media.Encoder by running ffprobe and ffmpeg in a cage.
type FFmpeg struct {
	Threads int           // of one run
	Stall   time.Duration // killed after that long without progress

	cage *cage
}

var _ media.Encoder = (*FFmpeg)(nil)

// NewFFmpeg makes an encoder whose workspaces lie in dir ("" for the system's
// temporary folder) and removes those that dead workers left there.
func NewFFmpeg(dir string, threads int) *FFmpeg {
	if dir == "" {
		dir = os.TempDir()
	}
	// The cage runs only when nobody else wants the cores, so a busy hour looks
	// much like a program that hangs.
	f := &FFmpeg{Threads: max(1, threads), Stall: 10 * time.Minute, cage: &cage{base: dir}}
	f.cage.sweep()
	return f
}

// Workspace implements media.Encoder.
func (f *FFmpeg) Workspace(runID string, need int64) (string, func(), error) {
	f.cage.once.Do(f.cage.setUp)
	var st syscall.Statfs_t
	if err := syscall.Statfs(f.cage.base, &st); err != nil {
		return "", nil, fmt.Errorf("look at the disk: %w", err)
	}
	if free := int64(st.Bavail) * st.Bsize; free < need { //nolint:gosec // a disk is smaller
		return "", nil, fmt.Errorf("the disk has %d MB free, %d MB are needed in %s", free>>20, need>>20, f.cage.base)
	}
	return f.cage.workspace(runID)
}

// decoders are ffmpeg's own names for media.VideoCodecs and media.AudioCodecs
// where they differ, and the subtitles and cover pictures that ffprobe opens.
var decoders = []string{
	"mov_text", "ass", "ssa", "srt", "subrip", "text", "webvtt", "dvbsub", "dvdsub", "pgssub", "xsub", "cc_dec", "png", "bmp",
	"libdav1d", "libaom-av1", "msmpeg4", "flv", "vc1image", "mp1float", "mp2float", "mp3float", "libopus", "libvorbis", "amrnb", "amrwb", "libspeex",
}

// guard is what every reading of a foreign file begins with: local files only,
// few demuxers and decoders, bounded pictures.
func guard() []string {
	codecs := strings.Join(append(append(append([]string{}, media.VideoCodecs...), media.AudioCodecs...), decoders...), ",")
	return []string{
		"-protocol_whitelist", "file", "-format_whitelist", strings.Join(media.Demuxers, ","),
		"-codec_whitelist", codecs, "-max_pixels", strconv.Itoa(media.MaxPixels),
	}
}

// Encode implements media.Encoder.
func (f *FFmpeg) Encode(ctx context.Context, dir, file string, plan media.Plan, percent func(int)) (media.Output, error) {
	var out media.Output
	wall := 10*time.Minute + 10*plan.Duration
	var total int64 // what a rendition may weigh at most; the hls muxer does not heed -fs, the kernel does
	for _, r := range plan.Renditions {
		total = max(total, int64(float64(r.Bitrate)/8*1.5*plan.Duration.Seconds())+32<<20)
	}
	err := f.follow(ctx, plan.Duration, percent, func(ctx context.Context, progress io.Writer) error {
		return f.cage.run(ctx, dir, limits{wall: wall, cpu: wall * time.Duration(f.Threads), memory: 6 << 30, file: total}, progress, "ffmpeg", f.Arguments(file, plan)...)
	})
	if err != nil {
		return out, blame(err)
	}
	for _, r := range plan.Renditions {
		rendition, duration, err := f.inspect(ctx, dir, r, plan.Audio >= 0)
		if err != nil {
			return out, err
		}
		if out.DurationMS == 0 {
			out.DurationMS = duration.Milliseconds()
		}
		out.Renditions = append(out.Renditions, rendition)
	}
	if out.DurationMS == 0 {
		return out, domain.E(domain.Invalid, "media.no_duration")
	}
	out.HasPoster = f.poster(ctx, dir, plan.Renditions[0].Name+".m4s", time.Duration(out.DurationMS)*time.Millisecond/10)
	return out, nil
}

// Arguments are ffmpeg's for Encode. It is one command: the source is decoded
// once for all renditions.
func (f *FFmpeg) Arguments(file string, plan media.Plan) []string {
	threads := strconv.Itoa(f.Threads)
	args := append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y"}, guard()...)
	args = append(args, "-threads", threads, "-i", file, "-progress", "pipe:1", "-stats_period", "0.5")
	rate := fmt.Sprintf("%d/%d", plan.FPSNum, plan.FPSDen)
	chain := fmt.Sprintf("[0:%d]fps=%s:start_time=0", plan.Video, rate)
	if plan.HDR {
		chain += ",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
	}
	chain += fmt.Sprintf(",split=%d", len(plan.Renditions))
	var cuts, scales strings.Builder
	for i, r := range plan.Renditions {
		fmt.Fprintf(&cuts, "[s%d]", i)
		fmt.Fprintf(&scales, ";[s%d]scale=%d:%d:flags=bicubic,setsar=1,format=yuv420p[v%d]", i, r.Width, r.Height, i)
	}
	args = append(args, "-filter_complex", chain+cuts.String()+scales.String(), "-filter_complex_threads", threads)
	gop := strconv.Itoa(max(1, (segmentSeconds*plan.FPSNum+plan.FPSDen/2)/plan.FPSDen))
	limit := strconv.Itoa(int(media.MaxDuration.Seconds()))
	for i, r := range plan.Renditions {
		args = append(args, "-map", fmt.Sprintf("[v%d]", i), "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "23",
			"-maxrate", strconv.Itoa(r.Bitrate), "-bufsize", strconv.Itoa(2*r.Bitrate),
			"-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-threads", threads)
		if plan.Audio >= 0 {
			args = append(args, "-map", fmt.Sprintf("0:%d", plan.Audio), "-c:a", "aac", "-b:a", "96k", "-ar", "48000", "-ac", "2",
				"-af", "aresample=async=1:first_pts=0")
		}
		args = append(args, "-map_metadata", "-1", "-map_chapters", "-1", "-t", limit, "-max_muxing_queue_size", "2048",
			"-f", "hls", "-hls_time", strconv.Itoa(segmentSeconds), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
			"-hls_flags", "single_file+independent_segments", "-hls_segment_filename", r.Name+".m4s", r.Name+".m3u8")
	}
	return args
}

// follow runs the program, hands its progress on, and kills it when it makes
// none for Stall.
func (f *FFmpeg) follow(ctx context.Context, duration time.Duration, percent func(int), run func(context.Context, io.Writer) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(f.Stall, func() { cancel(errStalled) })
	defer stall.Stop()
	r, w := io.Pipe()
	var reader sync.WaitGroup
	reader.Go(func() {
		defer func() { _, _ = io.Copy(io.Discard, r) }()
		var last int64
		for lines := bufio.NewScanner(r); lines.Scan(); {
			v, ok := strings.CutPrefix(lines.Text(), "out_time_us=")
			us, err := strconv.ParseInt(v, 10, 64)
			if !ok || err != nil || us <= last {
				continue
			}
			last = us
			stall.Reset(f.Stall)
			percent(int(min(99, us*100/max(1, duration.Microseconds()))))
		}
	})
	err := run(ctx, w)
	_ = w.Close()
	reader.Wait()
	return err
}

// inspect reads back one rendition: its size, playlist, codecs and the duration
// of its pictures.
func (f *FFmpeg) inspect(ctx context.Context, dir string, want media.Size, sound bool) (media.Rendition, time.Duration, error) {
	r := media.Rendition{Name: want.Name, Width: want.Width, Height: want.Height}
	st, err := os.Stat(filepath.Join(dir, want.Name+".m4s"))
	if err != nil {
		return r, 0, domain.E(domain.Invalid, "media.unreadable")
	}
	playlist, err := os.ReadFile(filepath.Join(dir, want.Name+".m3u8"))
	if err != nil {
		return r, 0, fmt.Errorf("read the playlist: %w", err)
	}
	probe, err := f.probe(ctx, dir, want.Name+".m4s")
	if err != nil {
		return r, 0, err
	}
	r.Size, r.Playlist = st.Size(), string(playlist)
	r.Bandwidth = peak(playlist)
	var duration time.Duration
	for _, s := range probe.Streams {
		if s.CodecType == "video" {
			duration = seconds(s.Duration)
			r.Codecs = fmt.Sprintf("avc1.6400%02x", s.Level)
		}
	}
	if duration <= 0 {
		return r, 0, domain.E(domain.Invalid, "media.no_duration")
	}
	if sound {
		r.Codecs += ",mp4a.40.2"
	}
	return r, duration, nil
}

// peak is the greatest bit rate of any segment of a playlist.
func peak(playlist []byte) int {
	var best, secs float64
	for line := range bytes.Lines(playlist) {
		l := strings.TrimSpace(string(line))
		if v, ok := strings.CutPrefix(l, "#EXTINF:"); ok {
			secs, _ = strconv.ParseFloat(strings.TrimSuffix(v, ","), 64)
		}
		if v, ok := strings.CutPrefix(l, "#EXT-X-BYTERANGE:"); ok && secs > 0 {
			n, _, _ := strings.Cut(v, "@")
			size, _ := strconv.ParseFloat(n, 64)
			best = max(best, size*8/secs)
		}
	}
	return int(best)
}

// poster takes a picture out of our own rendition; without one the medium
// still plays.
func (f *FFmpeg) poster(ctx context.Context, dir, file string, at time.Duration) bool {
	args := append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y"}, guard()...)
	args = append(args, "-ss", strconv.FormatFloat(at.Seconds(), 'f', 3, 64), "-i", file, "-frames:v", "1", "-q:v", "4", "-f", "image2", "-update", "1", "poster.jpg")
	err := f.cage.run(ctx, dir, limits{wall: 2 * time.Minute, cpu: 2 * time.Minute, memory: 4 << 30, file: 16 << 20}, io.Discard, "ffmpeg", args...)
	st, serr := os.Stat(filepath.Join(dir, "poster.jpg"))
	return err == nil && serr == nil && st.Size() > 0
}

// blame says whose fault a bad end of the encoder is: the file's (a
// domain.Error that the trainer reads) or the machine's (any other error; it
// is tried again).
func blame(err error) error {
	bad, ok := errors.AsType[*caged](err)
	if !ok {
		return err
	}
	said := strings.ToLower(bad.stderr)
	switch {
	case errors.Is(bad.cause, errTooSlow), bad.signal == syscall.SIGXCPU:
		return because("media.took_too_long", bad)
	case errors.Is(bad.cause, errStalled):
		return because("media.encoder_stuck", bad)
	case bad.cause != nil, strings.HasPrefix(said, "cage:"), strings.Contains(said, "no space left"), bad.code == 127:
		return bad
	case bad.signal == syscall.SIGKILL:
		return fmt.Errorf("%w: %w", media.ErrEncoder, bad)
	case bad.signal == syscall.SIGXFSZ, strings.Contains(said, "file too large"):
		return because("media.output_too_large", bad)
	case strings.Contains(said, "cannot allocate memory"):
		return because("media.needs_too_much_memory", bad)
	}
	return because("media.unreadable", bad)
}

// because keeps what the program said for the log, beside the reason that the
// trainer reads.
func because(reason string, bad *caged) error {
	return fmt.Errorf("%w (%s)", domain.E(domain.Invalid, reason), bad.Error())
}
