package media

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// What a source may be at most. A 4K lecture of a morning is inside.
const (
	MaxDuration = 6 * time.Hour
	MinDuration = time.Second
	MaxPixels   = 4096 * 2304
	MinSide     = 64
	MaxStreams  = 16
)

// Demuxers are the only containers that the encoder may open, by ffmpeg's
// names. A playlist or a concat script is never among them: it would make the
// encoder read other files.
var Demuxers = []string{"mov", "matroska", "webm", "mpegts", "mpeg", "avi", "flv", "asf"}

// VideoCodecs and AudioCodecs are the only decoders that the encoder may use.
var (
	VideoCodecs = []string{"h264", "hevc", "mpeg4", "msmpeg4v2", "msmpeg4v3", "mpeg1video", "mpeg2video", "h263", "flv1", "vp8", "vp9", "av1", "mjpeg", "prores", "wmv1", "wmv2", "wmv3", "vc1"}
	AudioCodecs = []string{"aac", "mp1", "mp2", "mp3", "ac3", "eac3", "opus", "vorbis", "flac", "alac", "wmav1", "wmav2", "wmapro", "amrnb", "amr_nb", "amrwb", "amr_wb", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_mulaw", "pcm_alaw", "adpcm_ms", "adpcm_ima_wav", "speex", "nellymoser"}
)

// Source is what a probe found in a file.
type Source struct {
	Format   string // the demuxer
	Duration time.Duration
	Streams  []Stream
}

// Stream is one track of a source.
type Stream struct {
	Index    int
	Kind     string // video, audio, subtitle, data
	Codec    string
	Width    int // as stored
	Height   int
	SAR      float64 // pixel width / pixel height; 0 or 1 is square
	Rotation int     // degrees
	FPS      float64 // average; 0 if unknown
	Transfer string  // color transfer, e.g. smpte2084
	Picture  bool    // a cover picture, not moving video
	Default  bool
}

// Plan is how an accepted source is to be encoded.
type Plan struct {
	Video      int // index of the stream
	Audio      int // index of the stream, -1 without sound
	FPSNum     int // output frames per second as a fraction, constant
	FPSDen     int
	HDR        bool // needs tone mapping to SDR
	Duration   time.Duration
	Renditions []Size // best first
}

// Size is one rendition to make.
type Size struct {
	Name          string
	Width, Height int // even
	Bitrate       int // ceiling of the video, bits per second
}

// Accept decides whether a probed source can be played and how it is encoded.
// Errors, each with a text that a trainer can act on: media.no_video,
// media.codec_not_supported, media.no_duration, media.too_short,
// media.too_long, media.too_many_pixels, media.picture_too_small,
// media.too_many_streams.
func Accept(s Source) (Plan, error) {
	if len(s.Streams) > MaxStreams {
		return Plan{}, domain.E(domain.Invalid, "media.too_many_streams", "limit", MaxStreams)
	}
	v, ok := pick(s.Streams, "video")
	if !ok {
		return Plan{}, domain.E(domain.Invalid, "media.no_video")
	}
	if !slices.Contains(VideoCodecs, v.Codec) {
		return Plan{}, domain.E(domain.Invalid, "media.codec_not_supported", "codec", v.Codec)
	}
	plan := Plan{Video: v.Index, Audio: -1, Duration: s.Duration, HDR: v.Transfer == "smpte2084" || v.Transfer == "arib-std-b67"}
	if a, ok := pick(s.Streams, "audio"); ok {
		if !slices.Contains(AudioCodecs, a.Codec) {
			return Plan{}, domain.E(domain.Invalid, "media.codec_not_supported", "codec", a.Codec)
		}
		plan.Audio = a.Index
	}
	switch {
	case s.Duration <= 0:
		return Plan{}, domain.E(domain.Invalid, "media.no_duration")
	case s.Duration < MinDuration:
		return Plan{}, domain.E(domain.Invalid, "media.too_short", "limit_seconds", int(MinDuration.Seconds()))
	case s.Duration > MaxDuration:
		return Plan{}, domain.E(domain.Invalid, "media.too_long", "limit_hours", int(MaxDuration.Hours()))
	case int64(v.Width)*int64(v.Height) > MaxPixels:
		return Plan{}, domain.E(domain.Invalid, "media.too_many_pixels", "width", v.Width, "height", v.Height, "limit", "4096×2304")
	}
	w, h := v.Displayed()
	if min(w, h) < MinSide {
		return Plan{}, domain.E(domain.Invalid, "media.picture_too_small", "limit", MinSide)
	}
	plan.FPSNum, plan.FPSDen = frameRate(v.FPS)
	plan.Renditions = Ladder(w, h)
	return plan, nil
}

// pick takes the default stream of a kind, else the first; a cover picture is
// not video.
func pick(streams []Stream, kind string) (Stream, bool) {
	var found []Stream
	for _, st := range streams {
		if st.Kind == kind && !st.Picture {
			found = append(found, st)
		}
	}
	if len(found) == 0 {
		return Stream{}, false
	}
	if i := slices.IndexFunc(found, func(st Stream) bool { return st.Default }); i >= 0 {
		return found[i], true
	}
	return found[0], true
}

// Displayed is the picture's size after rotation and with square pixels.
func (s Stream) Displayed() (w, h int) {
	w, h = s.Width, s.Height
	if s.SAR > 0 && s.SAR != 1 {
		if s.SAR > 8 || s.SAR < 0.125 { // nonsense in the header
			return w, h
		}
		w = int(math.Round(float64(w) * s.SAR))
	}
	if r := ((s.Rotation % 180) + 180) % 180; r == 90 {
		w, h = h, w
	}
	return w, h
}

// boxes are the sizes that renditions fit into, long side by short side.
var boxes = []struct {
	name        string
	long, short int
	bitrate     int
}{
	{"720p", 1280, 720, 2_500_000},
	{"480p", 854, 480, 1_000_000},
}

// Ladder gives the renditions of a picture of w×h: fitted into 1280×720 and
// 854×480, upright for an upright picture, never above the source. A source
// smaller than a box is kept at its size and named by its short side.
func Ladder(w, h int) []Size {
	long, short := max(w, h), min(w, h)
	var out []Size
	for i, b := range boxes {
		f := math.Min(1, math.Min(float64(b.long)/float64(long), float64(b.short)/float64(short)))
		if i > 0 && f >= 1 {
			continue // the one above is already the source's own size
		}
		s := Size{Name: b.name, Width: even(w, f), Height: even(h, f), Bitrate: b.bitrate}
		if f >= 1 && short != b.short || i > 0 && out[0].Name == b.name {
			s.Name = name(min(s.Width, s.Height))
		}
		out = append(out, s)
	}
	return out
}

func name(short int) string { return strconv.Itoa(short) + "p" }

// even scales a side to the nearest even number that is not above it.
func even(side int, f float64) int {
	return max(2, min(side/2, int(math.Round(float64(side)*f/2)))*2)
}

// frameRate picks a constant rate: a standard one near the average, half of a
// high one, and for an uneven clip the next standard rate above.
func frameRate(avg float64) (num, den int) {
	for avg > 31 {
		avg /= 2
	}
	std := []struct {
		fps      float64
		num, den int
	}{{10, 10, 1}, {12, 12, 1}, {15, 15, 1}, {20, 20, 1}, {23.976, 24000, 1001}, {24, 24, 1}, {25, 25, 1}, {29.97, 30000, 1001}, {30, 30, 1}}
	if avg <= 0 || math.IsNaN(avg) {
		return 25, 1
	}
	for _, s := range std {
		if avg <= s.fps*1.0005 {
			return s.num, s.den
		}
	}
	return 30, 1
}

// Sniff looks at the first bytes of a file and refuses what is plainly no
// video, by what it is: media.empty, media.is_playlist, media.is_image,
// media.is_document, media.is_text. nil means: let the probe decide.
func Sniff(head []byte) error {
	if len(head) == 0 {
		return domain.E(domain.Invalid, "media.empty")
	}
	has := func(sigs ...string) bool {
		return slices.ContainsFunc(sigs, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	text = bytes.TrimLeft(text, " \t\r\n")
	low := strings.ToLower(string(text[:min(len(text), 64)]))
	switch {
	case strings.HasPrefix(low, "#extm3u"), strings.HasPrefix(low, "ffconcat"), strings.HasPrefix(low, "file '"), strings.Contains(low, "<mpd"):
		return domain.E(domain.Invalid, "media.is_playlist")
	case has("\x89PNG", "\xff\xd8\xff", "GIF8", "BM", "II*\x00", "MM\x00*"), len(head) > 11 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return domain.E(domain.Invalid, "media.is_image")
	case has("%PDF", "PK\x03\x04", "\xd0\xcf\x11\xe0", "Rar!", "7z\xbc\xaf"):
		return domain.E(domain.Invalid, "media.is_document")
	case isText(head):
		return domain.E(domain.Invalid, "media.is_text")
	}
	return nil
}

func isText(head []byte) bool {
	for i := range min(4, len(head)) { // a cut rune at the end is no proof against text
		if b := head[:len(head)-i]; utf8.Valid(b) {
			return !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' })
		}
	}
	return false
}

// CutShort compares what came out with what the header promised: a file whose
// end is missing plays for less than it says. Error: media.truncated.
func CutShort(promised, got time.Duration) error {
	if lost := promised - got; lost > 2*time.Second && float64(got) < 0.9*float64(promised) {
		return domain.E(domain.Invalid, "media.truncated", "promised_seconds", int(promised.Seconds()), "found_seconds", int(got.Seconds()))
	}
	return nil
}
