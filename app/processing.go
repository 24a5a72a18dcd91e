package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"zhixing/domain"
	"zhixing/domain/media"
)

// sourceFile is the name of the source in its workspace.
const sourceFile = "source"

// Process probes and encodes a medium: the job media:process_medium. It is safe
// to run twice and at once: one run holds the medium by its lease, and only it
// publishes, in one commit. A run that is killed leaves nothing that plays; the
// next one begins anew under another id and removes the leftovers.
func (u *Media) Process(ctx context.Context, id string) error {
	run := NewID()
	m, err := u.begin(ctx, id, run)
	if err != nil || m == nil {
		return err
	}
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var percent atomic.Int64
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		u.beat(work, stop, id, run, &percent)
	}()
	out, err := u.encode(work, m, run, func(p int) { percent.Store(int64(p)) })
	// The beat ends before the run publishes: a run that has published no longer
	// holds the medium, and must not be taken for one that lost it.
	stop(nil)
	<-beating
	if errors.Is(context.Cause(work), errRunLost) {
		err = errRunLost
	}
	if err == nil {
		err = u.publish(ctx, id, run, out)
	}
	// What follows must happen although ctx may have ended.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return u.conclude(end, id, run, err)
}

var errRunLost = domain.E(domain.Conflict, "media.run_lost")

// begin takes the medium; nil when there is nothing to do.
func (u *Media) begin(ctx context.Context, id, run string) (m *media.Medium, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		locked, err := tx.MediumForUpdate(ctx, id)
		if err != nil {
			return err
		}
		before := locked.State
		if locked.Begin(run, now) {
			m = locked
		} else if locked.State == before {
			return nil
		}
		return tx.SaveMedium(ctx, locked)
	})
	return m, err
}

// beat keeps the lease and notes the progress, at most once a second, and stops
// the run that has lost the medium.
func (u *Media) beat(ctx context.Context, stop context.CancelCauseFunc, id, run string, percent *atomic.Int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held, err := u.Store.Beat(ctx, id, run, int(percent.Load()))
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "keep the lease of a medium", "error", err, "medium_id", id)
		}
		if err == nil && !held && ctx.Err() == nil {
			stop(errRunLost)
			return
		}
	}
}

// encode fetches, probes, encodes and stores; nothing it stores plays yet.
func (u *Media) encode(ctx context.Context, m *media.Medium, run string, percent func(int)) (media.Output, error) {
	var out media.Output
	dir, free, err := u.Encoder.Workspace(run, 2*m.Size+256<<20)
	if err != nil {
		return out, err
	}
	defer free()
	if err := u.fetch(ctx, m, filepath.Join(dir, sourceFile)); err != nil {
		return out, err
	}
	src, err := u.Encoder.Probe(ctx, dir, sourceFile)
	if err != nil {
		return out, err
	}
	plan, err := media.Accept(src)
	if err != nil {
		return out, err
	}
	if err := u.transcoding(ctx, m.ID, run); err != nil {
		return out, err
	}
	if out, err = u.Encoder.Encode(ctx, dir, sourceFile, plan, percent); err != nil {
		return out, err
	}
	if err := media.CutShort(plan.Duration, time.Duration(out.DurationMS)*time.Millisecond); err != nil {
		return out, err
	}
	for _, r := range out.Renditions {
		if err := u.keep(ctx, filepath.Join(dir, r.Name+".m4s"), media.RenditionKey(m.ID, run, r.Name), "video/mp4"); err != nil {
			return out, err
		}
	}
	if out.HasPoster {
		return out, u.keep(ctx, filepath.Join(dir, "poster.jpg"), media.PosterKey(m.ID, run), "image/jpeg")
	}
	return out, nil
}

func (u *Media) fetch(ctx context.Context, m *media.Medium, path string) (err error) {
	body, err := u.Objects.Get(ctx, m.SourceKey(), 0, -1)
	if errors.Is(err, media.ErrNoObject) {
		return domain.E(domain.Invalid, "media.no_source")
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the encoder's user reads it; the folder is private
	if err != nil {
		return fmt.Errorf("make the source file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	n, err := io.Copy(file, body)
	if err != nil {
		return fmt.Errorf("fetch the source of %s: %w", m.ID, err)
	}
	if n != m.Size {
		return fmt.Errorf("fetched %d of %d bytes of %s", n, m.Size, m.ID)
	}
	return nil
}

func (u *Media) keep(ctx context.Context, path, key, contentType string) error {
	file, err := os.Open(path) //nolint:gosec // our own workspace
	if err != nil {
		return fmt.Errorf("open an output: %w", err)
	}
	defer func() { _ = file.Close() }()
	st, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at an output: %w", err)
	}
	return u.Objects.Put(ctx, key, contentType, st.Size(), file)
}

// transcoding marks the medium as accepted and being encoded.
func (u *Media) transcoding(ctx context.Context, id, run string) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		m, err := tx.MediumForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := m.StartTranscode(run); err != nil {
			return err
		}
		return tx.SaveMedium(ctx, m)
	})
}

// publish makes the output of the run what plays, in one commit.
func (u *Media) publish(ctx context.Context, id, run string, out media.Output) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		m, err := tx.MediumForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := m.Publish(run, out, now); err != nil {
			return err
		}
		if err := tx.SaveRenditions(ctx, id, run, out.Renditions); err != nil {
			return err
		}
		if err := tx.SaveMedium(ctx, m); err != nil {
			return err
		}
		return tx.Audit(ctx, System().Did("media.publish", "medium", id, "version", m.Version, "duration_ms", m.DurationMS))
	})
}

// conclude ends a run: leftovers go when it published; its own output goes when
// it did not; a fault of the file becomes the reason that the trainer reads;
// anything else comes back and is tried again.
func (u *Media) conclude(ctx context.Context, id, run string, err error) error {
	if err == nil {
		u.sweepRuns(ctx, id, run)
		return nil
	}
	// A commit whose answer was lost may still have published: what plays stays,
	// and where that cannot be read, the next run removes what is left over.
	switch plays, readErr := u.plays(ctx, id, run); {
	case readErr != nil:
		return errors.Join(fmt.Errorf("process medium %s: %w", id, err), readErr)
	case plays:
		u.sweepRuns(ctx, id, run)
		return nil
	}
	if rm := u.Objects.RemovePrefix(ctx, media.RunPrefix(id, run)); rm != nil {
		slog.WarnContext(ctx, "remove the output of a failed run", "error", rm, "medium_id", id)
	}
	if errors.Is(err, errRunLost) {
		return nil
	}
	why, ofFile := errors.AsType[*domain.Error](err)
	ofFile = ofFile && why.Code == domain.Invalid
	txErr := u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err2 := tx.Now(ctx)
		if err2 != nil {
			return err2
		}
		m, err2 := tx.MediumForUpdate(ctx, id)
		if err2 != nil || !m.Working(run) {
			return err2
		}
		if ofFile {
			if err2 := m.Reject(run, why, now); err2 != nil {
				return err2
			}
			if err2 := tx.Audit(ctx, System().Did("media.reject", "medium", id, "reason", why.Reason)); err2 != nil {
				return err2
			}
		} else {
			m.Release(run, !errors.Is(err, media.ErrEncoder))
		}
		return tx.SaveMedium(ctx, m)
	})
	if ofFile && txErr == nil {
		slog.InfoContext(ctx, "medium rejected", "medium_id", id, "reason", why.Reason, "error", err)
		return nil
	}
	return errors.Join(fmt.Errorf("process medium %s: %w", id, err), txErr)
}

// plays reports whether the run is the published one.
func (u *Media) plays(ctx context.Context, id, run string) (plays bool, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		m, err := tx.MediumForUpdate(ctx, id)
		if err == nil {
			plays = m.RunID == run
		}
		return err
	})
	return plays, err
}

// sweepRuns removes what earlier runs left beside the published one.
func (u *Media) sweepRuns(ctx context.Context, id, run string) {
	keys, err := u.Objects.Keys(ctx, media.Prefix(id)+"run/", 1000)
	for _, k := range keys {
		if other, _, _ := strings.Cut(strings.TrimPrefix(k, media.Prefix(id)+"run/"), "/"); other != run {
			err = errors.Join(err, u.Objects.RemovePrefix(ctx, media.RunPrefix(id, other)))
		}
	}
	if err != nil {
		slog.WarnContext(ctx, "remove the leftovers of earlier runs", "error", err, "medium_id", id)
	}
}
