package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/sheet"
)

// Imports brings people in from the tables that colleges keep. Nothing of a file
// is lost silently: each cell is taken, or kept sealed and listed.
type Imports struct {
	Store   org.ImportStore
	Seals   org.Sealer
	Objects hours.Objects // of sealed files
	Reader  sheet.Reader
}

// batchRows is how many rows a transaction applies.
const batchRows = 500

func filePurpose(id string) string { return "imports.file:" + id }

func rowPurpose(id string, line int) string { return fmt.Sprintf("import_rows.sealed:%s:%d", id, line) }

// sealedRow is what a row keeps of the file.
type sealedRow struct {
	Cells  []string `json:"cells"`
	IDCard string   `json:"id_card,omitempty"`
}

// Upload keeps a file and has it read. Errors: Invalid "import.too_large",
// "import.empty", "import.filename".
func (u *Imports) Upload(ctx context.Context, who Actor, filename string, data []byte) (*org.Import, error) {
	filename = path.Base(strings.ReplaceAll(strings.TrimSpace(filename), `\`, "/"))
	switch n := utf8.RuneCountInString(filename); {
	case n < 1 || n > 200 || filename == "." || filename == "/" || !utf8.ValidString(filename) || strings.ContainsFunc(filename, func(r rune) bool { return r < ' ' }):
		return nil, domain.E(domain.Invalid, "import.filename")
	case len(data) == 0:
		return nil, domain.E(domain.Invalid, "import.empty")
	case len(data) > sheet.MaxBytes:
		return nil, domain.E(domain.Invalid, "import.too_large", "max", sheet.MaxBytes>>20)
	}
	sum := sha256.Sum256(data)
	i := &org.Import{
		ID: NewID(), State: org.ImportUploaded, Filename: filename, Size: int64(len(data)), Digest: hex.EncodeToString(sum[:]), CreatedBy: who.PersonID, TokenID: who.TokenID,
	}
	i.ObjectKey = "imports/" + i.ID
	sealed, err := u.Seals.Seal(filePurpose(i.ID), data)
	if err != nil {
		return nil, err
	}
	if err := u.Objects.Put(ctx, i.ObjectKey, "application/octet-stream", int64(len(sealed)), strings.NewReader(sealed)); err != nil {
		return nil, fmt.Errorf("keep import %s: %w", i.ID, err)
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
		if err := tx.InsertImport(ctx, i); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ReadImport{ImportID: i.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("import.upload", "import", i.ID, "filename", filename, "size", i.Size, "digest", i.Digest))
	})
	if err != nil {
		return nil, errors.Join(err, u.Objects.RemovePrefix(ctx, i.ObjectKey))
	}
	return u.Get(ctx, who, i.ID)
}

// List returns the actor's imports, or everybody's to who reaches everybody,
// newest first.
func (u *Imports) List(ctx context.Context, who Actor, p domain.Paging) (domain.Page[org.Import], error) {
	return u.Store.Imports(ctx, who.Scope(org.PermPeopleImport), p)
}

// Get returns one import. NotFound "import.unknown".
func (u *Imports) Get(ctx context.Context, who Actor, id string) (*org.Import, error) {
	id, err := ParseID(id, "import.unknown")
	if err != nil {
		return nil, err
	}
	i, err := u.Store.Import(ctx, who.Scope(org.PermPeopleImport), id)
	if err != nil {
		return nil, err
	}
	return i, nil
}

// Rows lists the rows of an import with what came or would come of them.
func (u *Imports) Rows(ctx context.Context, who Actor, id string, f org.ImportFilter, p domain.Paging) (*org.Import, domain.Page[org.ImportRow], error) {
	i, err := u.Get(ctx, who, id)
	if err != nil {
		return nil, domain.Page[org.ImportRow]{}, err
	}
	page, err := u.Store.ImportRows(ctx, i.ID, f, p)
	return i, page, err
}

// SetMapping confirms which column is what, and has every row judged. Errors:
// NotFound "import.unknown", Conflict "import.not_yours", those of
// org.Import.SetMapping.
func (u *Imports) SetMapping(ctx context.Context, who Actor, id string, fields map[int]string, o org.ImportOptions) (*org.Import, error) {
	return u.change(ctx, who, id, func(ctx context.Context, tx org.ImportStore, i *org.Import) error {
		if i.ObjectKey == "" {
			return domain.E(domain.Conflict, "import.kept_no_longer")
		}
		if err := i.SetMapping(fields, o); err != nil {
			return err
		}
		return tx.Enqueue(ctx, job.PreviewImport{ImportID: i.ID})
	})
}

// Apply says yes to what was previewed. Errors: as SetMapping, those of
// org.Import.Begin.
func (u *Imports) Apply(ctx context.Context, who Actor, id, reason string) (*org.Import, error) {
	return u.change(ctx, who, id, func(ctx context.Context, tx org.ImportStore, i *org.Import) error {
		if err := i.Begin(reason); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ApplyImport{ImportID: i.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("import.apply", "import", i.ID, "filename", i.Filename, "digest", i.Digest, "reason", i.Reason,
			"new", i.Counts.New, "changed", i.Counts.Changed, "refused", i.Counts.Refused))
	})
}

// Undo takes an applied import back, whole or not at all: what stands in the way
// is listed in the import. Errors: as SetMapping, Invalid "person.reason_missing".
func (u *Imports) Undo(ctx context.Context, who Actor, id, reason string) (*org.Import, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.change(ctx, who, id, func(ctx context.Context, tx org.ImportStore, i *org.Import) error {
		if i.ObjectKey == "" {
			return domain.E(domain.Conflict, "import.kept_no_longer")
		}
		if err := i.Move(org.ImportUndoing); err != nil {
			return err
		}
		i.Blockers = nil
		if err := tx.Enqueue(ctx, job.UndoImport{ImportID: i.ID, ActorID: who.PersonID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("import.undo", "import", i.ID, "filename", i.Filename, "reason", reason))
	})
}

// change edits an import of the actor's own.
func (u *Imports) change(ctx context.Context, who Actor, id string, edit func(ctx context.Context, tx org.ImportStore, i *org.Import) error) (*org.Import, error) {
	seen, err := u.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if seen.CreatedBy != who.PersonID {
		return nil, domain.E(domain.Conflict, "import.not_yours")
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
		i, err := tx.ImportForUpdate(ctx, seen.ID)
		if err != nil {
			return err
		}
		if err := edit(ctx, tx, i); err != nil {
			return err
		}
		return tx.SaveImport(ctx, i)
	})
	if err != nil {
		return nil, err
	}
	return u.Get(ctx, who, seen.ID)
}

// open opens the file of an import.
func (u *Imports) open(ctx context.Context, i *org.Import) (sheet.Book, error) {
	body, err := u.Objects.Get(ctx, i.ObjectKey, 0, -1)
	if err != nil {
		return nil, fmt.Errorf("open import %s: %w", i.ID, err)
	}
	defer func() { _ = body.Close() }()
	var sealed bytes.Buffer
	if _, err := io.Copy(&sealed, body); err != nil {
		return nil, fmt.Errorf("read import %s: %w", i.ID, err)
	}
	data, err := u.Seals.Open(filePurpose(i.ID), sealed.String())
	if err != nil {
		return nil, fmt.Errorf("unseal import %s: %w", i.ID, err)
	}
	return u.Reader.Open(data)
}

func (u *Imports) unsealRow(id string, r *org.ImportRow) (sealedRow, error) {
	var kept sealedRow
	plain, err := u.Seals.Open(rowPurpose(id, r.Line), r.Sealed)
	if err != nil {
		return kept, fmt.Errorf("unseal line %d: %w", r.Line, err)
	}
	return kept, json.Unmarshal(plain, &kept)
}

// Sweep asks again for work that was lost and forgets files after their time.
func (u *Imports) Sweep(ctx context.Context) error {
	now, err := u.Store.Now(ctx)
	if err != nil {
		return err
	}
	left, err := u.Store.LeftImports(ctx, now.Add(-5*time.Minute), 50)
	if err != nil {
		return err
	}
	var errs []error
	for n := range left {
		errs = append(errs, u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
			i, err := tx.ImportForUpdate(ctx, left[n].ID)
			if err != nil || i.State != left[n].State {
				return err
			}
			j := map[org.ImportState]job.Job{
				org.ImportUploaded: job.ReadImport{ImportID: i.ID}, org.ImportMapped: job.PreviewImport{ImportID: i.ID},
				org.ImportApplying: job.ApplyImport{ImportID: i.ID}, org.ImportUndoing: job.UndoImport{ImportID: i.ID, ActorID: i.CreatedBy},
			}[i.State]
			if err := tx.Enqueue(ctx, j); err != nil {
				return err
			}
			return tx.SaveImport(ctx, i) // heard of just now
		}))
	}
	old, err := u.Store.OldImports(ctx, now.Add(-org.ImportKeep), 50)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for n := range old {
		if err := u.Objects.RemovePrefix(ctx, old[n].ObjectKey); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
			i, err := tx.ImportForUpdate(ctx, old[n].ID)
			if err != nil {
				return err
			}
			i.ObjectKey = ""
			return errors.Join(tx.ClearRows(ctx, i.ID), tx.SaveImport(ctx, i))
		}))
	}
	return errors.Join(errs...)
}
