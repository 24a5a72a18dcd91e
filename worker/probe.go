package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/media"
)

// What ffprobe says of a picture that it would not open, and of a decoder that
// is not on the list.
var (
	tooManyPixels = regexp.MustCompile(`Picture size (\d{1,6})x(\d{1,6}) exceeds`)
	notListed     = regexp.MustCompile(`Codec \((\w{1,32})\) not on whitelist`)
)

// probed is ffprobe's JSON, as far as we read it.
type probed struct {
	Format struct {
		FormatName string `json:"format_name"`
		Duration   string `json:"duration"`
	} `json:"format"`
	Streams []struct {
		Index         int    `json:"index"`
		CodecType     string `json:"codec_type"`
		CodecName     string `json:"codec_name"`
		Width         int    `json:"width"`
		Height        int    `json:"height"`
		Level         int    `json:"level"`
		SAR           string `json:"sample_aspect_ratio"`
		AvgFrameRate  string `json:"avg_frame_rate"`
		ColorTransfer string `json:"color_transfer"`
		Duration      string `json:"duration"`
		Disposition   struct {
			Default     int `json:"default"`
			AttachedPic int `json:"attached_pic"`
		} `json:"disposition"`
		SideData []struct {
			Rotation float64 `json:"rotation"`
		} `json:"side_data_list"`
	} `json:"streams"`
}

// Probe implements media.Encoder.
func (f *FFmpeg) Probe(ctx context.Context, dir, file string) (media.Source, error) {
	if err := sniff(filepath.Join(dir, file)); err != nil {
		return media.Source{}, err
	}
	p, err := f.probe(ctx, dir, file)
	if err != nil {
		return media.Source{}, err
	}
	src := media.Source{Format: p.Format.FormatName, Duration: seconds(p.Format.Duration)}
	for _, s := range p.Streams {
		st := media.Stream{
			Index: s.Index, Kind: s.CodecType, Codec: s.CodecName, Width: s.Width, Height: s.Height,
			SAR: fraction(s.SAR, ":"), FPS: fraction(s.AvgFrameRate, "/"), Transfer: s.ColorTransfer,
			Picture: s.Disposition.AttachedPic == 1, Default: s.Disposition.Default == 1,
		}
		for _, d := range s.SideData {
			if d.Rotation != 0 {
				st.Rotation = int(math.Round(d.Rotation))
			}
		}
		src.Streams = append(src.Streams, st)
	}
	return src, nil
}

// probe runs ffprobe on a file of the workspace.
func (f *FFmpeg) probe(ctx context.Context, dir, file string) (*probed, error) {
	var out bytes.Buffer
	args := append([]string{"-v", "error", "-of", "json", "-show_format", "-show_streams"}, guard()...)
	l := limits{wall: 2 * time.Minute, cpu: time.Minute, memory: 4 << 30, file: 1 << 20}
	said, err := f.cage.hear(ctx, dir, l, &capped{w: &out, left: 1 << 20}, "ffprobe", append(args, "-i", file)...)
	if bad, ok := errors.AsType[*caged](err); ok {
		if m := notListed.FindStringSubmatch(bad.stderr); m != nil {
			return nil, domain.E(domain.Invalid, "media.codec_not_supported", "codec", m[1])
		}
	}
	if err != nil {
		return nil, blame(err)
	}
	p := &probed{}
	if err := json.Unmarshal(out.Bytes(), p); err != nil {
		return nil, fmt.Errorf("%w (%w)", domain.E(domain.Invalid, "media.unreadable"), err)
	}
	if m := tooManyPixels.FindStringSubmatch(said); m != nil {
		for i := range p.Streams {
			if s := &p.Streams[i]; s.CodecType == "video" && s.Width == 0 {
				s.Width, _ = strconv.Atoi(m[1])
				s.Height, _ = strconv.Atoi(m[2])
			}
		}
	}
	return p, nil
}

// sniff refuses a file by its first bytes, before any demuxer sees it.
func sniff(path string) error {
	file, err := os.Open(path) //nolint:gosec // our own workspace
	if err != nil {
		return fmt.Errorf("open the source: %w", err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 4096)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read the source: %w", err)
	}
	return media.Sniff(head[:n])
}

// capped refuses to hold more than left bytes.
type capped struct {
	w    io.Writer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		return 0, errors.New("too much output")
	}
	return c.w.Write(p)
}

func seconds(s string) time.Duration {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || v > 1e7 || math.IsNaN(v) {
		return 0
	}
	return time.Duration(v * float64(time.Second))
}

func fraction(s, sep string) float64 {
	a, b, ok := strings.Cut(s, sep)
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if !ok || err != nil || err2 != nil || y == 0 {
		return 0
	}
	return x / y
}
