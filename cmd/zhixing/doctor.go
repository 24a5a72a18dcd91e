package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"zhixing/storage/local"
	"zhixing/storage/object"

	"github.com/urfave/cli/v3"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "say in plain words what is wrong with the set-up; exit code 1 if anything is",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			cfg, err := readConfig(os.Environ())
			d := &doctor{cfg: cfg, out: cmd.Root().Writer}
			return d.run(ctx, err)
		},
	}
}

// doctorLimit bounds one check.
const doctorLimit = 5 * time.Second

// leastFree is the free disk space below which uploads and transcoding suffer.
const leastFree = 5 << 30

// doctor looks at everything that the product stands on. Each finding is a line:
// well, worth knowing, or wrong with what to do about it.
type doctor struct {
	cfg   Config
	out   io.Writer
	wrong int
}

func (d *doctor) run(ctx context.Context, configErr error) error {
	if configErr != nil {
		for line := range strings.Lines(configErr.Error()) {
			d.bad("settings", strings.TrimSpace(line))
		}
	} else {
		d.good("settings", "all ZHIXING_ settings are known and well formed")
	}
	holder := d.data()
	d.programs(ctx)
	d.ffmpeg(ctx)
	if configErr != nil {
		return d.verdict()
	}
	cfg := d.cfg
	if holder != 0 {
		if e, err := local.Reach(cfg.Data); err == nil {
			cfg = onStack(cfg, e)
		}
	}
	d.copies()
	d.address(ctx, holder)
	d.services(ctx, cfg)
	return d.verdict()
}

func (d *doctor) good(what, text string) { d.line("ok  ", what, text) }
func (d *doctor) note(what, text string) { d.line("note", what, text) }
func (d *doctor) bad(what, text string)  { d.wrong++; d.line("BAD ", what, text) }

func (d *doctor) line(mark, what, text string) {
	_, _ = fmt.Fprintf(d.out, "%s  %-12s %s\n", mark, what, text)
}

func (d *doctor) verdict() error {
	if d.wrong > 0 {
		return fmt.Errorf("%d things are wrong with the set-up, marked BAD above", d.wrong)
	}
	_, _ = fmt.Fprintln(d.out, "nothing is wrong with the set-up")
	return nil
}

// data looks at the data folder and returns the process that holds it, 0 if none.
func (d *doctor) data() int {
	dir, err := filepath.Abs(cmpOr(d.cfg.Data, "./data"))
	if err != nil {
		d.bad("data folder", err.Error())
		return 0
	}
	there := dir
	for {
		if _, err := os.Stat(there); err == nil || there == filepath.Dir(there) {
			break
		}
		there = filepath.Dir(there)
	}
	probe, err := os.CreateTemp(there, ".zhixing-doctor-*")
	if err != nil {
		d.bad("data folder", fmt.Sprintf("%s cannot be written by this user; choose another ZHIXING_DATA or mend its permissions", there))
	} else {
		_ = probe.Close()
		_ = os.Remove(probe.Name())
	}
	d.room("disk space", dir, there, "another ZHIXING_DATA")
	d.room("temporary", os.TempDir(), os.TempDir(), "another TMPDIR")
	holder, held := local.Holder(dir)
	if held {
		d.note("data folder", fmt.Sprintf("in use by the zhixing with process id %d", holder))
	}
	return holder
}

// room looks at the space in a folder, which may not be there yet, but for the
// folder above it: the object store keeps videos in the data folder, and a worker
// encodes them in the temporary one.
func (d *doctor) room(what, dir, there, other string) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(there, &fs); err != nil {
		d.bad(what, fmt.Sprintf("%s cannot be looked at (%v); choose %s", dir, err, other))
		return
	}
	free := fs.Bavail * uint64(fs.Bsize)
	text := fmt.Sprintf("%s, %.1f GB free", dir, float64(free)/1e9)
	if free < leastFree {
		d.bad(what, text+"; videos need room: make some, or choose "+other)
	} else {
		d.good(what, text)
	}
}

// copies looks at the folder of copies of videos. Without it everything works,
// only slower.
func (d *doctor) copies() {
	if d.cfg.MediaCache == 0 {
		d.note("media copies", "ZHIXING_MEDIA_CACHE is 0: each range of a video is read from the object store")
		return
	}
	dir := copiesFolder(d.cfg)
	used, err := object.CopiedBytes(dir)
	if errors.Is(err, fs.ErrNotExist) {
		d.good("media copies", "none yet; `zhixing serve` or `zhixing up` makes them as videos play")
		return
	}
	if err == nil {
		err = syscall.Access(dir, 2) // W_OK
	}
	if err != nil {
		d.note("media copies", fmt.Sprintf("%s cannot be used by this user (%v): videos are read from the object store, which is slower", dir, err))
		return
	}
	d.good("media copies", fmt.Sprintf("%.1f of at most %.1f GB", float64(used)/1e9, float64(d.cfg.MediaCache)/1e9))
}

// programs looks for the services' programs, where they would be run from here.
func (d *doctor) programs(ctx context.Context) {
	if d.cfg.DatabaseURL == "" {
		found := local.PostgresPrograms()
		best := 0
		for major := range found {
			best = max(best, major)
		}
		if best < local.PostgresMajor {
			d.bad("postgresql", fmt.Sprintf("PostgreSQL %d or newer is not installed: apt-get install postgresql, or set ZHIXING_DATABASE_URL", local.PostgresMajor))
		} else {
			d.good("postgresql", fmt.Sprintf("PostgreSQL %d in %s", best, found[best]))
		}
	}
	if d.cfg.RedisURL == "" {
		d.program(ctx, "redis-server", "--version", "apt-get install redis-server, or set ZHIXING_REDIS_URL")
	}
	if d.cfg.S3.Endpoint == "" {
		if path, err := local.FindMinIO(); err != nil {
			d.bad("minio", err.Error())
		} else {
			d.good("minio", path)
		}
	}
}

// program reports the first line of a program's version.
func (d *doctor) program(ctx context.Context, name, flag, remedy string) bool {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, flag).CombinedOutput() //nolint:gosec // G204: constant names
	switch {
	case errors.Is(err, exec.ErrNotFound):
		d.bad(name, "is not installed: "+remedy)
	case err != nil:
		d.bad(name, fmt.Sprintf("is installed but does not run (%v)", err))
	default:
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		d.good(name, first)
		return true
	}
	return false
}

// encoders that the renditions need.
var encoders = []string{"libx264", "aac", "mjpeg"}

func (d *doctor) ffmpeg(ctx context.Context) {
	const remedy = "apt-get install ffmpeg; without it videos cannot be prepared"
	if !d.program(ctx, "ffprobe", "-version", remedy) || !d.program(ctx, "ffmpeg", "-version", remedy) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-encoders").Output()
	if err != nil {
		d.bad("ffmpeg", fmt.Sprintf("does not list its encoders (%v)", err))
		return
	}
	var have []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 1 {
			have = append(have, f[1])
		}
	}
	for _, e := range encoders {
		if !slices.Contains(have, e) {
			d.bad("ffmpeg", fmt.Sprintf("has no encoder %s; install a full build, such as Debian's package ffmpeg", e))
		}
	}
}

// address looks whether the API could listen, or already does.
func (d *doctor) address(ctx context.Context, holder int) {
	ln, err := listen(ctx, d.cfg.Addr)
	if err == nil {
		_ = ln.Close()
		d.good("address", d.cfg.Addr+" is free")
		return
	}
	host, port, splitErr := net.SplitHostPort(d.cfg.Addr)
	if splitErr == nil && holder != 0 {
		if host == "" {
			host = "127.0.0.1"
		}
		if getsOK(ctx, "http://"+net.JoinHostPort(host, port)+"/healthz") {
			d.good("address", d.cfg.Addr+" is answered by zhixing")
			return
		}
	}
	d.bad("address", d.cfg.Addr+" is taken by another program; stop it, or choose another ZHIXING_ADDR")
}

func cmpOr(v, def string) string {
	if v == "" {
		return def
	}
	return v
}
