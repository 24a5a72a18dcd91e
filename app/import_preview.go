package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/sheet"
)

// headRows is how many rows are looked at to find the header and show samples.
const headRows = 40

// ReadHead does org:read_import: it finds the header and suggests the columns.
func (u *Imports) ReadHead(ctx context.Context, j job.ReadImport) error {
	i, err := u.Store.ImportForUpdate(ctx, j.ImportID)
	if err != nil || i.State != org.ImportUploaded {
		return err
	}
	head, info, err := u.readHead(ctx, i)
	if domain.CodeOf(err) == domain.Internal && err != nil {
		return err
	}
	return u.finish(ctx, i.ID, org.ImportUploaded, func(_ context.Context, _ org.ImportStore, i *org.Import) error {
		if e, ok := errors.AsType[*domain.Error](err); ok {
			i.Failure, i.FailureAt = e.Reason, e.Params
			return i.Move(org.ImportFailed)
		}
		i.Format, i.Encoding, i.Delimiter, i.Sheet = info.Format, info.Encoding, info.Delimiter, info.Sheet
		i.Header, i.Columns = head.Line, head.Columns
		return i.Move(org.ImportRead)
	})
}

// finish ends a step of an import that is still in it.
func (u *Imports) finish(ctx context.Context, id string, in org.ImportState, edit func(ctx context.Context, tx org.ImportStore, i *org.Import) error) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
		i, err := tx.ImportForUpdate(ctx, id)
		if err != nil || i.State != in {
			return err
		}
		if err := edit(ctx, tx, i); err != nil {
			return err
		}
		return tx.SaveImport(ctx, i)
	})
}

func (u *Imports) readHead(ctx context.Context, i *org.Import) (head sheet.Header, info sheet.Info, err error) {
	book, err := u.open(ctx, i)
	if err != nil {
		return head, info, err
	}
	defer func() { _ = book.Close() }()
	var rows []sheet.Row
	for row, err := range book.Rows() {
		if err != nil {
			return head, info, err
		}
		if rows = append(rows, row); len(rows) == headRows {
			break
		}
	}
	if head = sheet.GuessHeader(rows, org.ImportFields()); head.Line == 0 {
		for n := range rows { // nobody knows these names: the first line that says anything is shown
			if !rows[n].Blank() {
				head = sheet.HeaderAt(&rows[n], org.ImportFields())
				break
			}
		}
	}
	switch {
	case head.Line == 0:
		return head, info, domain.E(domain.Invalid, "import.no_rows")
	case book.Info().Rows > sheet.MaxRows+headRows: // told at once; the preview counts exactly
		return head, info, domain.E(domain.Invalid, "import.too_many_rows", "max", sheet.MaxRows)
	case len(head.Columns) > sheet.MaxColumns:
		return head, info, domain.E(domain.Invalid, "import.too_many_columns", "max", sheet.MaxColumns)
	}
	for n := range rows {
		if rows[n].Line <= head.Line || rows[n].Blank() {
			continue
		}
		for c := range head.Columns {
			column := &head.Columns[c]
			if text, _ := sheet.Clean(rows[n].Cell(column.Index)); text != "" && len(column.Samples) < 3 {
				column.Samples = append(column.Samples, org.MaskSample(column.Field, string([]rune(text)[:min(40, len([]rune(text)))])))
			}
		}
	}
	return head, book.Info(), nil
}

// previewing is one run through a file.
type previewing struct {
	u        *Imports
	tx       org.ImportStore
	i        *org.Import
	scope    domain.Scope
	judge    *org.ImportJudge
	units    *org.ImportUnits
	batch    []*org.ImportRow
	remarks  []sheet.Remark
	counts   org.ImportCounts
	numbers  map[string]int // line of the first row with it
	cards    map[string]int
	blankAt  int
	lastLine int
	mapped   map[int]bool
}

// Preview does org:preview_import. Twice or at once gives the same rows: the
// steps of an import follow each other, and each begins anew.
func (u *Imports) Preview(ctx context.Context, j job.PreviewImport) error {
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
		if err := tx.TakeTurn(ctx, j.ImportID); err != nil {
			return err
		}
		i, err := tx.ImportUnderWay(ctx, j.ImportID)
		if errors.Is(err, domain.E(domain.NotFound, "import.unknown")) {
			return nil
		}
		if err != nil || i.State != org.ImportMapped {
			return err
		}
		p, err := u.begin(ctx, tx, i)
		if err != nil {
			return err
		}
		if err := p.run(ctx); err != nil {
			return err
		}
		return u.finishIn(ctx, tx, i.ID, func(i *org.Import) error {
			i.Counts = p.counts
			return i.Move(org.ImportPreviewed)
		})
	})
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code != domain.Internal {
		return u.finish(ctx, j.ImportID, org.ImportMapped, func(_ context.Context, _ org.ImportStore, i *org.Import) error {
			i.Failure, i.FailureAt = e.Reason, e.Params
			return i.Move(org.ImportFailed)
		})
	}
	return err
}

func (u *Imports) finishIn(ctx context.Context, tx org.ImportStore, id string, edit func(i *org.Import) error) error {
	i, err := tx.ImportForUpdate(ctx, id)
	if err != nil {
		return err
	}
	if err := edit(i); err != nil {
		return err
	}
	return tx.SaveImport(ctx, i)
}

// newJudge makes what rows of an import are judged against.
func (u *Imports) newJudge(ctx context.Context, tx org.ImportStore, i *org.Import, scope domain.Scope) (*org.ImportJudge, error) {
	today, err := tx.Today(ctx)
	if err != nil {
		return nil, err
	}
	all, err := tx.Reaches(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &org.ImportJudge{Options: i.Options, Columns: i.Columns, Today: today, All: all, Filename: i.Filename, NewID: NewID}, nil
}

func importScope(i *org.Import) domain.Scope {
	return domain.Scope{ActorID: i.CreatedBy, Permission: string(org.PermPeopleImport), TokenID: i.TokenID}
}

func (u *Imports) begin(ctx context.Context, tx org.ImportStore, i *org.Import) (*previewing, error) {
	p := &previewing{u: u, tx: tx, i: i, scope: importScope(i), numbers: map[string]int{}, cards: map[string]int{}, mapped: map[int]bool{}}
	var err error
	if p.judge, err = u.newJudge(ctx, tx, i, p.scope); err != nil {
		return nil, err
	}
	units, err := tx.UnitsWithin(ctx, p.scope)
	if err != nil {
		return nil, err
	}
	on := i.Options.From
	if on == "" {
		on = p.judge.Today
	}
	p.units = org.NewImportUnits(units, on)
	for _, c := range i.Columns {
		p.mapped[c.Index] = c.Field != ""
	}
	return p, tx.ClearRows(ctx, i.ID)
}

func (p *previewing) run(ctx context.Context) error {
	book, err := p.u.open(ctx, p.i)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }()
	for _, r := range book.Info().Remarks {
		if r.Kind != "merged" || r.Line > p.i.Header { // titles are listed as they are
			p.remarks = append(p.remarks, r)
		}
	}
	for row, err := range book.Rows() {
		if err != nil {
			return err
		}
		if err := p.row(ctx, &row); err != nil {
			return err
		}
	}
	p.endBlank()
	if err := p.flush(ctx); err != nil {
		return err
	}
	p.counts.Listed += len(p.remarks)
	return p.tx.InsertRemarks(ctx, p.i.ID, p.remarks)
}

// maxRemarks bounds the lines of a report that are no cells of the table.
const maxRemarks = 20_000

func (p *previewing) row(ctx context.Context, row *sheet.Row) error {
	blank := row.Blank()
	switch {
	case row.Line == p.i.Header:
		return nil
	case row.Line < p.i.Header && blank:
		return nil
	case row.Line < p.i.Header:
		p.remarks = append(p.remarks, sheet.Remark{Kind: sheet.RemarkTitle, Line: row.Line, Column: -1, Text: strings.Join(strings.Fields(strings.Join(row.Cells, " ")), " ")})
		return nil
	case blank:
		if p.blankAt == 0 {
			p.blankAt = row.Line
		}
		p.lastLine = row.Line
		return nil
	}
	p.endBlank()
	switch {
	case len(p.remarks) > maxRemarks:
		return domain.E(domain.Invalid, "import.too_scattered", "max", maxRemarks)
	case p.counts.Total >= sheet.MaxRows:
		return domain.E(domain.Invalid, "import.too_many_rows", "max", sheet.MaxRows)
	case len(row.Cells) > sheet.MaxColumns:
		return domain.E(domain.Invalid, "import.too_many_columns", "max", sheet.MaxColumns)
	}
	p.counts.Total++
	r := org.ReadImportRow(row, p.i.Columns, p.i.Options, p.judge.Today, p.units.Find)
	p.repeated(r)
	for n, cell := range row.Cells {
		if !p.mapped[n] && strings.TrimSpace(cell) != "" {
			p.counts.Listed++
		}
	}
	p.counts.Listed += len(r.Notes)
	plain, err := json.Marshal(sealedRow{Cells: row.Cells, IDCard: r.Values.IDCard})
	if err != nil {
		return fmt.Errorf("keep line %d: %w", row.Line, err)
	}
	if r.Sealed, err = p.u.Seals.Seal(rowPurpose(p.i.ID, row.Line), plain); err != nil {
		return err
	}
	if p.batch = append(p.batch, r); len(p.batch) == batchRows {
		return p.flush(ctx)
	}
	return nil
}

// endBlank lists a run of blank lines as one.
func (p *previewing) endBlank() {
	if p.blankAt == 0 {
		return
	}
	text := ""
	if p.lastLine > p.blankAt {
		text = fmt.Sprintf("%d-%d", p.blankAt, p.lastLine)
	}
	p.counts.Blank += p.lastLine - p.blankAt + 1
	p.remarks = append(p.remarks, sheet.Remark{Kind: sheet.RemarkBlank, Line: p.blankAt, Column: -1, Text: text})
	p.blankAt = 0
}

func (p *previewing) repeated(r *org.ImportRow) {
	if n := r.Values.Number; n != "" {
		if line, ok := p.numbers[n]; ok {
			r.Repeated(p.judge, org.FieldNumber, line)
		} else {
			p.numbers[n] = r.Line
		}
	}
	if c := r.Values.IDCard; c != "" && r.Values.IDCardMask != "" {
		if line, ok := p.cards[c]; ok {
			r.Repeated(p.judge, org.FieldIDCard, line)
		} else {
			p.cards[c] = r.Line
		}
	}
}

func (p *previewing) flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	look, err := p.u.look(ctx, p.tx, p.scope, p.batch, false)
	if err != nil {
		return err
	}
	for _, r := range p.batch {
		look.judge(p.judge, r)
		p.counts.Add(r.Outcome, 1)
	}
	if err := p.tx.InsertRows(ctx, p.i.ID, p.batch); err != nil {
		return err
	}
	p.batch = p.batch[:0]
	// How many there will be is not known before the end: the half-way mark nears.
	return p.tx.ShowProgress(ctx, p.i.ID, org.ImportMapped, 99*p.counts.Total/(p.counts.Total+5000))
}

// lookup is what the database knows about the people of a batch.
type lookup struct {
	known  map[string]*org.ImportKnown
	owners map[string]string // hex digest → number
	cards  map[string][][]byte
}

func (u *Imports) look(ctx context.Context, tx org.ImportStore, scope domain.Scope, rows []*org.ImportRow, lock bool) (*lookup, error) {
	l := &lookup{cards: map[string][][]byte{}}
	var numbers []string
	var digests [][]byte
	for _, r := range rows {
		if r.Values.Number != "" {
			numbers = append(numbers, r.Values.Number)
		}
		if c := r.Values.IDCard; c != "" && r.Values.IDCardMask != "" {
			l.cards[c] = u.Seals.Digests(org.IDCardPurpose, []byte(c))
			digests = append(digests, l.cards[c]...)
		}
	}
	var err error
	if l.known, err = tx.KnownPeople(ctx, scope, numbers, lock); err != nil {
		return nil, err
	}
	l.owners, err = tx.CardOwners(ctx, digests)
	return l, err
}

// judge judges a row by what was looked up.
func (l *lookup) judge(j *org.ImportJudge, r *org.ImportRow) []*org.Operation {
	known, owner, same := l.known[r.Values.Number], "", false
	for _, d := range l.cards[r.Values.IDCard] {
		if n := l.owners[hex.EncodeToString(d)]; n != "" && owner == "" {
			owner = n
		}
		same = same || known != nil && bytes.Equal(d, known.IDCardDigest)
	}
	return j.Judge(r, known, owner, same)
}
