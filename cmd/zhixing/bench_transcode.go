package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"zhixing/domain/media"
	"zhixing/worker"

	"github.com/urfave/cli/v3"
)

func benchTranscodeCommand() *cli.Command {
	return &cli.Command{
		Name: "transcode", Usage: "a transcode by the worker beside the bare ffmpeg command on the same file",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "file", Usage: "a video; without it one of --seconds is made, 1280×720 with sound"},
			&cli.IntFlag{Name: "seconds", Value: 30, Usage: "length of the video made"},
			&cli.IntFlag{Name: "threads", Value: 2, Usage: "of either"},
			&cli.IntFlag{Name: "runs", Value: 2, Usage: "of each, in turn; the fastest counts"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			b := &transcodeBench{threads: cmd.Int("threads"), runs: max(1, cmd.Int("runs")), seconds: cmd.Int("seconds"), out: cmd.Root().Writer}
			return b.run(ctx, cmd.String("file"))
		},
	}
}

// transcodeBench runs the same work twice: in the worker's cage with its probe,
// its look at the output and its poster, and as the bare command.
type transcodeBench struct {
	threads, runs, seconds int
	out                    io.Writer
}

type transcodeTime struct{ wall, cpu time.Duration }

func (b *transcodeBench) run(ctx context.Context, file string) error {
	encoder := worker.NewFFmpeg("", b.threads)
	dir, free, err := encoder.Workspace("bench", 1<<30)
	if err != nil {
		return err
	}
	defer free()
	source := filepath.Join(dir, "source")
	if err := b.source(ctx, file, source); err != nil {
		return err
	}
	probe, err := encoder.Probe(ctx, dir, "source")
	if err != nil {
		return err
	}
	plan, err := media.Accept(probe)
	if err != nil {
		return err
	}
	bare := func() error {
		cmd := exec.CommandContext(ctx, "ffmpeg", encoder.Arguments("source", plan)...) //nolint:gosec // G204: our own arguments
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("ffmpeg: %w\n%.500s", err, out)
		}
		return nil
	}
	caged := func() error {
		// The bare run's files are another user's.
		old, err := filepath.Glob(filepath.Join(dir, "*.m*"))
		if err != nil {
			return err
		}
		for _, f := range old {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
		_, err = encoder.Encode(ctx, dir, "source", plan, func(int) {})
		return err
	}
	var best [2]transcodeTime
	for range b.runs {
		for i, do := range []func() error{bare, caged} {
			t, err := timed(do)
			if err != nil {
				return err
			}
			if best[i].wall == 0 || t.wall < best[i].wall {
				best[i] = t
			}
		}
	}
	length := plan.Duration.Seconds()
	for i, name := range []string{"bare ffmpeg", "the worker"} {
		t := best[i]
		_, _ = fmt.Fprintf(b.out, "%-12s %6.2f s, %5.2f x real time, %6.2f s of processors\n", name, t.wall.Seconds(), length/t.wall.Seconds(), t.cpu.Seconds())
	}
	_, err = fmt.Fprintf(b.out, "%d renditions of %.0f s; the worker has %.2f x the speed, by processor time %.2f x\n", len(plan.Renditions), length,
		best[0].wall.Seconds()/best[1].wall.Seconds(), best[0].cpu.Seconds()/best[1].cpu.Seconds())
	return err
}

// source copies the file, or makes one.
func (b *transcodeBench) source(ctx context.Context, file, to string) error {
	if file == "" {
		n := fmt.Sprint(b.seconds)
		out, err := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration="+n, //nolint:gosec // G204: a number
			"-f", "lavfi", "-i", "sine=frequency=440:duration="+n, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "mp4", to).CombinedOutput()
		if err != nil {
			return fmt.Errorf("make a video: %w\n%.500s", err, out)
		}
		return nil
	}
	in, err := os.Open(file) //nolint:gosec // G304: the operator names it
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to) //nolint:gosec // G304: our own folder
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// timed takes the time of a run and the processor time of its children.
func timed(do func() error) (transcodeTime, error) {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before); err != nil {
		return transcodeTime{}, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return transcodeTime{}, err
	}
	wall := time.Since(began)
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after); err != nil {
		return transcodeTime{}, err
	}
	cpu := func(r *syscall.Rusage) time.Duration { return time.Duration(r.Utime.Nano() + r.Stime.Nano()) }
	return transcodeTime{wall, cpu(&after) - cpu(&before)}, nil
}
