package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/media"
)

// Media is taking in video material and making it playable.
type Media struct {
	Store   media.Store
	Objects media.Objects
	Encoder media.Encoder // needed by Process only
}

// Upload is a medium with the parts that are stored.
type Upload struct {
	media.Medium
	PartsDone []int
}

// Create announces an upload. Errors: as media.New and media.Quota.
func (u *Media) Create(ctx context.Context, who Actor, filename string, size int64) (*Upload, error) {
	now, err := u.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	m, err := media.New(NewID(), who.PersonID, filename, size, now)
	if err != nil {
		return nil, err
	}
	if m.UploadID, err = u.Objects.StartUpload(ctx, m.SourceKey()); err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		count, bytes, err := tx.OpenUploads(ctx, who.PersonID)
		if err != nil {
			return err
		}
		if err := media.Quota(count, bytes, size); err != nil {
			return err
		}
		if err := tx.InsertMedium(ctx, m); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("media.create", "medium", m.ID, "filename", m.Filename, "size", m.Size))
	})
	if err != nil {
		if abort := u.Objects.AbortUpload(ctx, m.SourceKey(), m.UploadID); abort != nil {
			slog.WarnContext(ctx, "abort refused upload", "error", abort)
		}
		return nil, err
	}
	return &Upload{Medium: *m, PartsDone: []int{}}, nil
}

// PutPart stores one part; the same part again is done already. sum is its
// SHA-256 in hex. Errors: media.not_found for anybody but the uploader, as
// media.CheckPart, media.part_differs when the number holds other bytes.
func (u *Media) PutPart(ctx context.Context, who Actor, id string, n int, sum string, body []byte) error {
	sum = strings.ToLower(sum)
	m, part, err := u.Store.Upload(ctx, id, n)
	if err != nil {
		return err
	}
	if m.OwnerID != who.PersonID {
		return domain.E(domain.NotFound, "media.not_found")
	}
	if err := m.CheckPart(n, body, sum); err != nil {
		return err
	}
	if part != nil {
		return samePart(part, sum)
	}
	etag, err := u.Objects.PutPart(ctx, m.SourceKey(), m.UploadID, n, body, sum)
	if errors.Is(err, media.ErrNoUpload) {
		return domain.E(domain.Conflict, "media.not_uploading")
	}
	if err != nil {
		return err
	}
	fresh, err := u.Store.InsertPart(ctx, &media.Part{MediumID: id, Number: n, Size: int64(len(body)), SHA256: sum, ETag: etag})
	if err != nil || fresh {
		return err
	}
	// Somebody was faster: with the same bytes, or the upload has ended.
	if m, part, err = u.Store.Upload(ctx, id, n); err != nil {
		return err
	}
	if part == nil {
		return domain.E(domain.Conflict, "media.not_uploading", "state", string(m.State))
	}
	return samePart(part, sum)
}

func samePart(part *media.Part, sum string) error {
	if part.SHA256 != sum {
		return domain.E(domain.Conflict, "media.part_differs", "part", part.Number)
	}
	return nil
}

// Complete joins the parts and hands the medium to the workers. A repeat is
// done already. Errors: media.not_found, media.parts_missing, media.not_uploading.
func (u *Media) Complete(ctx context.Context, who Actor, id string) (*Upload, error) {
	m, err := u.own(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if m.State == media.Uploading {
		if err := u.join(ctx, m); err != nil {
			return nil, err
		}
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		locked, err := tx.MediumForUpdate(ctx, id)
		if err != nil {
			return err
		}
		changed, err := locked.Finish(now)
		if err != nil || !changed {
			return err
		}
		if err := tx.SaveMedium(ctx, locked); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ProcessMedium{MediumID: id}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("media.complete", "medium", id))
	})
	if err != nil {
		return nil, err
	}
	return u.Medium(ctx, id)
}

// join makes the parts one object. It is safe to repeat, also after a crash
// between the object store and the row.
func (u *Media) join(ctx context.Context, m *media.Medium) error {
	parts, err := u.Store.Parts(ctx, m.ID)
	if err != nil {
		return err
	}
	if err := m.Whole(parts); err != nil {
		return err
	}
	err = u.Objects.CompleteUpload(ctx, m.SourceKey(), m.UploadID, parts)
	switch {
	case errors.Is(err, media.ErrParts):
		return u.forget(ctx, m, parts)
	case errors.Is(err, media.ErrNoUpload): // joined before, or aborted
	case err != nil:
		return err
	}
	size, err := u.Objects.Size(ctx, m.SourceKey())
	if errors.Is(err, media.ErrNoObject) {
		return domain.E(domain.Conflict, "media.not_uploading")
	}
	if err != nil {
		return err
	}
	if size != m.Size {
		return fmt.Errorf("source of medium %s has %d bytes, %d were announced", m.ID, size, m.Size)
	}
	return nil
}

// forget drops the parts that the object store does not hold as we know them,
// so that the uploader sends them again.
func (u *Media) forget(ctx context.Context, m *media.Medium, parts []media.Part) error {
	held, err := u.Objects.UploadParts(ctx, m.SourceKey(), m.UploadID)
	if err != nil {
		return err
	}
	tags := make(map[int]string, len(held))
	for _, p := range held {
		tags[p.Number] = p.ETag
	}
	var lost []int
	kept := parts[:0:0]
	for _, p := range parts {
		if tags[p.Number] == p.ETag {
			kept = append(kept, p)
		} else {
			lost = append(lost, p.Number)
		}
	}
	if len(lost) == 0 {
		return fmt.Errorf("the object store refuses the parts of medium %s", m.ID)
	}
	if err := u.Store.RemoveParts(ctx, m.ID, lost); err != nil {
		return err
	}
	return m.Whole(kept)
}

// Cancel gives an upload up and removes its bytes. A repeat is done already.
// Errors: media.not_found, media.not_uploading.
func (u *Media) Cancel(ctx context.Context, who Actor, id string) (*Upload, error) {
	if _, err := u.own(ctx, who, id); err != nil {
		return nil, err
	}
	m, err := u.cancel(ctx, who, id, func(*media.Medium, time.Time) bool { return true })
	if err != nil {
		return nil, err
	}
	if err := u.clean(ctx, m); err != nil { // the sweep does it later
		slog.WarnContext(ctx, "clean cancelled upload", "error", err, "medium_id", id)
	}
	return u.Medium(ctx, id)
}

func (u *Media) cancel(ctx context.Context, who Actor, id string, still func(*media.Medium, time.Time) bool) (m *media.Medium, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if m, err = tx.MediumForUpdate(ctx, id); err != nil || !still(m, now) {
			return err
		}
		changed, err := m.Cancel(now)
		if err != nil || !changed {
			return err
		}
		if err := tx.SaveMedium(ctx, m); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("media.cancel", "medium", id))
	})
	return m, err
}

// clean removes what a cancelled upload left in the object store.
func (u *Media) clean(ctx context.Context, m *media.Medium) error {
	if m.State != media.Cancelled || m.CleanedAt != nil {
		return nil
	}
	if m.UploadID != "" {
		if err := u.Objects.AbortUpload(ctx, m.SourceKey(), m.UploadID); err != nil {
			return err
		}
	}
	if err := u.Objects.RemovePrefix(ctx, media.Prefix(m.ID)); err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		locked, err := tx.MediumForUpdate(ctx, m.ID)
		if err != nil {
			return err
		}
		locked.CleanedAt, locked.UploadID = &now, ""
		return tx.SaveMedium(ctx, locked)
	})
}

// Retry puts a rejected medium back to work. Errors: media.not_found,
// media.not_rejected, media.no_source.
func (u *Media) Retry(ctx context.Context, who Actor, id string) (*Upload, error) {
	m, err := u.Store.Medium(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := u.Objects.Size(ctx, m.SourceKey()); errors.Is(err, media.ErrNoObject) {
		return nil, domain.E(domain.Conflict, "media.no_source")
	} else if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx media.Store) error {
		locked, err := tx.MediumForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := locked.Retry(); err != nil {
			return err
		}
		if err := tx.SaveMedium(ctx, locked); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ProcessMedium{MediumID: id}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("media.retry", "medium", id, "reason", m.Reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Medium(ctx, id)
}

// own reads a medium for its uploader; anybody else finds none.
func (u *Media) own(ctx context.Context, who Actor, id string) (*media.Medium, error) {
	m, err := u.Store.Medium(ctx, id)
	if err == nil && m.OwnerID != who.PersonID {
		err = domain.E(domain.NotFound, "media.not_found")
	}
	return m, err
}

// Medium reads one medium with the parts that are stored.
func (u *Media) Medium(ctx context.Context, id string) (*Upload, error) {
	m, err := u.Store.Medium(ctx, id)
	if err != nil {
		return nil, err
	}
	up := &Upload{Medium: *m, PartsDone: []int{}}
	if m.State == media.Uploading {
		parts, err := u.Store.Parts(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			up.PartsDone = append(up.PartsDone, p.Number)
		}
	}
	return up, nil
}

// Renditions reads what of a medium plays, best first; none before it is ready.
func (u *Media) Renditions(ctx context.Context, m media.Medium) ([]media.Rendition, error) {
	if m.RunID == "" {
		return nil, nil
	}
	return u.Store.Renditions(ctx, m.ID, m.RunID)
}

// List gives one page of the library.
func (u *Media) List(ctx context.Context, f media.Filter) (domain.Page[media.Medium], error) {
	return u.Store.Media(ctx, f)
}

// Reap gives up uploads past their time, finishes interrupted clean-ups and
// asks again for work that no job remembers. It is a sweep: state alone
// decides.
func (u *Media) Reap(ctx context.Context) error {
	overdue, err := u.Store.Overdue(ctx, 20)
	if err != nil {
		return err
	}
	var all error
	for _, o := range overdue {
		m, err := u.cancel(ctx, System(), o.ID, func(m *media.Medium, now time.Time) bool {
			return m.State == media.Uploading && m.ExpiresAt.Before(now)
		})
		if err == nil {
			err = u.clean(ctx, m)
		}
		all = errors.Join(all, err)
	}
	waiting, err := u.Store.Waiting(ctx, 20)
	if err != nil {
		return errors.Join(all, err)
	}
	for _, m := range waiting {
		all = errors.Join(all, u.Store.Enqueue(ctx, job.ProcessMedium{MediumID: m.ID}))
	}
	return all
}
