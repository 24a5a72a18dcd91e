package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The styles of generated videos: what trainers really bring.
const (
	styleSmall  = "small"  // 854×480 H.264/AAC, the usual
	styleWide   = "wide"   // 1280×720 H.264/AAC
	stylePhone  = "phone"  // portrait, variable frame rate
	styleHEVC   = "hevc"   // HEVC, 10 bit
	styleSilent = "silent" // no audio track
)

// videoStyle gives each course a wide first lesson and one special elsewhere.
func videoStyle(courseIndex, turn int) string {
	specials := []string{stylePhone, styleHEVC, styleSilent}
	switch {
	case turn == 0:
		return styleWide
	case turn == 1 && courseIndex < len(specials):
		return specials[courseIndex]
	}
	return styleSmall
}

// demoVideo is one video to make.
type demoVideo struct {
	course, title string
	name          string // of the file
	style         string
	hue           int
	seconds       int // 0: as the title has it, 20 to 32
}

// makeVideo draws moving pictures with the titles and a soft sound, once; it
// returns the file.
func makeVideo(ctx context.Context, dir string, v demoVideo) (string, error) {
	path := filepath.Join(dir, v.name+"-"+v.style+".mp4")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	texts := filepath.Join(dir, v.name+".txt")
	defer func() { _ = os.Remove(texts); _ = os.Remove(texts + ".course") }()
	for file, text := range map[string]string{texts: v.title, texts + ".course": v.course} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	half, err := freshPart(path)
	if err != nil {
		return "", err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "ffmpeg", append(v.arguments(ctx, texts), half)...) //nolint:gosec // G204: our own arguments
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := runBound(cmd); err != nil {
		_ = os.Remove(half)
		return "", fmt.Errorf("ffmpeg: %w: %s", err, lastLine(said.Bytes()))
	}
	return path, os.Rename(half, path)
}

// freshPart names the file that path is made in, and removes what starts that
// were killed left of it. The name is of this process alone: an ffmpeg that is
// still on its way out writes to nothing of ours.
func freshPart(path string) (string, error) {
	old, err := filepath.Glob(path + ".*.part")
	if err != nil {
		return "", err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return "", err
		}
	}
	return path + "." + strconv.Itoa(os.Getpid()) + ".part", nil
}

func (v demoVideo) arguments(ctx context.Context, texts string) []string {
	size, drawn, rate := "854:480", "214x120", 15
	switch v.style {
	case styleWide, styleHEVC:
		size, drawn = "1280:720", "320x180"
	case stylePhone:
		size, drawn, rate = "540:960", "136x240", 24
	}
	seconds := cmp.Or(v.seconds, 20+chance(v.title)%13)
	palette := []string{"c0=0x8E1015:c1=0xC8161D:c2=0x3A2A20", "c0=0x5B1A18:c1=0xB8862B:c2=0x2B2B2B", "c0=0x22303C:c1=0x8E1015:c2=0x51606B", "c0=0x6B4A12:c1=0xB8862B:c2=0x8E1015"}[v.hue%4]
	args := []string{
		"-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
		fmt.Sprintf("gradients=s=%s:r=%d:d=%d:speed=0.02:n=3:seed=%d:%s", drawn, rate, seconds, chance(v.title)+1, palette),
	}
	if v.style != styleSilent {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc='0.10*sin(2*PI*%d*t)*(0.6+0.4*sin(PI*t))+0.06*sin(2*PI*%d*t)*(0.5+0.5*sin(0.7*PI*t))':s=48000:d=%d",
			196+chance(v.course), 294+chance(v.title), seconds))
	}
	filters := []string{"scale=" + size + ":flags=bilinear", "format=yuv420p", "drawbox=x=mod(t*90\\,iw+160)-160:y=ih*0.74:w=160:h=6:color=0xB8862B:t=fill"}
	if font := chineseFont(ctx); font != "" {
		for _, t := range []struct{ text, size, y string }{
			{"textfile=" + texts, "min(w/20\\,h/9)", "h*0.44"},
			{"textfile=" + texts + ".course", "min(w/34\\,h/16)", "h*0.30"},
			{"text='%{pts\\:gmtime\\:0\\:%M\\\\\\:%S}'", "min(w/30\\,h/18)", "h*0.86"},
		} {
			filters = append(filters, fmt.Sprintf("drawtext=fontfile=%s:%s:fontsize=%s:fontcolor=white:x=(w-tw)/2:y=%s", font, t.text, t.size, t.y))
		}
	}
	if v.style == stylePhone { // frames fall out unevenly, as on a phone in dim light
		filters = append(filters, "select='not(eq(mod(n\\,7)\\,3))*not(eq(mod(n\\,11)\\,5))'")
	}
	args = append(args, "-vf", strings.Join(filters, ","))
	switch v.style {
	case stylePhone:
		args = append(args, "-fps_mode", "vfr", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	case styleHEVC:
		args = append(args, "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-x265-params", "log-level=error")
	default:
		args = append(args, "-c:v", "libx264", "-pix_fmt", "yuv420p")
	}
	return append(args, "-preset", "ultrafast", "-crf", "27", "-c:a", "aac", "-b:a", "96k", "-ac", "2", "-movflags", "+faststart", "-f", "mp4")
}

// chineseFont asks the system for a font with Chinese characters; "" when there
// is none, and the videos go without words.
func chineseFont(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "fc-match", "-f", "%{family}|%{file}", "Noto Sans CJK SC:lang=zh-cn").Output()
	family, file, _ := strings.Cut(string(out), "|")
	if err != nil || !strings.Contains(family, "CJK") || strings.ContainsAny(file, ":',\\") {
		return ""
	}
	return file
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// upload takes a file in by parts, as a browser would.
func (s *seeder) upload(ctx context.Context, path, filename string) (id string, err error) {
	f, err := os.Open(path) //nolint:gosec // G304: a file that we made
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	m, err := s.p.api.Media.Create(ctx, s.trainer, filename, info.Size())
	if err != nil {
		return "", err
	}
	part := make([]byte, m.PartSize)
	for n := 1; n <= m.PartCount; n++ {
		size, err := io.ReadFull(f, part)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", fmt.Errorf("read part %d: %w", n, err)
		}
		sum := sha256.Sum256(part[:size])
		if err := s.p.api.Media.PutPart(ctx, s.trainer, m.ID, n, hex.EncodeToString(sum[:]), part[:size]); err != nil {
			return "", err
		}
	}
	_, err = s.p.api.Media.Complete(ctx, s.trainer, m.ID)
	return m.ID, err
}
