package app

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
	"zhixing/domain/privacy"
	"zhixing/domain/sheet"
)

// personOrder is whose data an archive holds.
type personOrder struct {
	PersonID string `json:"person_id"`
}

func personOrderOf(e *hours.Export) (o personOrder, err error) {
	if err := json.Unmarshal(e.Order, &o); err != nil {
		return o, fmt.Errorf("decode order of %s: %w", e.ID, err)
	}
	return o, nil
}

// CreateArchive orders an archive of everything about one person, for a reason: of
// oneself, or of somebody whose data one keeps. Errors: NotFound "person.unknown",
// those of hours.Export.Check.
func (x *Exports) CreateArchive(ctx context.Context, who Actor, personID, reason string) (*hours.Export, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	if id != who.PersonID {
		if in, err := x.Archive.Reaches(ctx, who.Scope(org.PermPeopleManage), id); err != nil || !in {
			return nil, first(err, domain.E(domain.NotFound, "person.unknown"))
		}
	}
	order, err := json.Marshal(personOrder{id})
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	e := &hours.Export{ID: NewID(), Kind: hours.ExportPersonZIP, Order: order, Reason: reason, State: hours.ExportQueued, CreatedBy: who.PersonID}
	return x.order(ctx, who, e, "person_id", id)
}

// writePerson writes a ZIP: each source as CSV, which any spreadsheet opens and no
// cell of which is a formula; all of them as one JSON file for programs; the photo.
// The whole id number goes to the person himself alone.
func (x *Exports) writePerson(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (rows, cards int, err error) {
	o, err := personOrderOf(e)
	if err != nil {
		return 0, 0, err
	}
	own := o.PersonID == e.CreatedBy
	sealed, photo, err := x.Archive.Attached(ctx, o.PersonID)
	if err != nil {
		return 0, 0, err
	}
	a := &archive{x: x, zip: zip.NewWriter(w), personID: o.PersonID, now: now}
	if own && sealed != nil {
		plain, err := x.Seals.Open(idCardPurpose(o.PersonID), *sealed)
		if err != nil {
			return 0, 0, err
		}
		a.card, cards = string(plain), 1
	}
	if err := a.write(ctx, photo); err != nil {
		return 0, 0, err
	}
	if !own && x.Reads != nil {
		shown := &shownPeople{log: x.Reads, reader: e.CreatedBy}
		if err := errors.Join(shown.add(ctx, o.PersonID), shown.flush(ctx)); err != nil {
			return 0, 0, err
		}
	}
	return a.rows, cards, nil
}

// archive is one file on its way.
type archive struct {
	x        *Exports
	zip      *zip.Writer
	personID string
	card     string // the whole id number; "" leaves the mask
	now      time.Time
	rows     int
	contents []string
}

func (a *archive) create(name string) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.now})
}

func (a *archive) write(ctx context.Context, photo string) error {
	for i, src := range privacy.Sources() {
		if err := a.table(ctx, fmt.Sprintf("%02d-%s.csv", i+1, src.Title), src); err != nil {
			return err
		}
	}
	if err := a.json(ctx); err != nil {
		return err
	}
	if photo != "" {
		if err := a.photo(ctx, photo); err != nil {
			return err
		}
	}
	out, err := a.create("说明.txt")
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	_, err = fmt.Fprintf(out, "\ufeff个人信息副本\r\n数据截至：%s\r\n\r\n每个 CSV 文件是一类信息，可用表格软件打开；data.json 是同样的内容，供程序读取。\r\n"+
		"时间为北京时间。学时单位为百分之一学时，分数单位为千分之一分。尚未公布的成绩不在其中。\r\n密码、密钥等只保存摘要或密文，不在其中。\r\n含个人信息，请妥善保管。\r\n\r\n%s\r\n",
		a.now.In(hours.Zone).Format("2006-01-02 15:04:05"), strings.Join(a.contents, "\r\n"))
	return errors.Join(err, a.zip.Close())
}

// each gives the rows of a source.
func (a *archive) each(ctx context.Context, src privacy.Source, fn func(columns, cells []string) error) error {
	columns := strings.Fields(src.Give)
	return a.x.Archive.Rows(ctx, src, a.personID, func(cells []string) error {
		for i, c := range columns {
			if c == "id_card_mask" && a.card != "" {
				cells[i] = a.card
			}
		}
		return fn(columns, cells)
	})
}

func (a *archive) table(ctx context.Context, name string, src privacy.Source) error {
	file, err := a.create(name)
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if _, err := io.WriteString(file, "\ufeff"); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	out, n := csv.NewWriter(file), 0
	out.UseCRLF = true
	columns := strings.Fields(src.Give)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = privacy.Word(c)
	}
	if err := out.Write(line); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	err = a.each(ctx, src, func(_, cells []string) error {
		for i, c := range cells {
			line[i] = sheet.Code(c)
		}
		n++
		return out.Write(line)
	})
	out.Flush()
	a.rows += n
	a.contents = append(a.contents, fmt.Sprintf("%s：%d 条", name, n))
	return errors.Join(err, out.Error())
}

// json writes {"table":[{"column":"text",…},…],…}.
func (a *archive) json(ctx context.Context) error {
	file, err := a.create("data.json")
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	out := bufio.NewWriter(file)
	sep := "{\n"
	for _, src := range privacy.Sources() {
		_, _ = fmt.Fprintf(out, "%s%q: [", sep, src.Table) // Flush tells what went wrong
		comma := "\n"
		err := a.each(ctx, src, func(columns, cells []string) error {
			row := map[string]string{}
			for i, c := range columns {
				row[c] = cells[i]
			}
			b, err := json.Marshal(row)
			if err != nil {
				return fmt.Errorf("encode a row of %s: %w", src.Table, err)
			}
			_, err = out.WriteString(comma + string(b))
			comma = ",\n"
			return err
		})
		if err != nil {
			return err
		}
		_, _ = out.WriteString("]")
		sep = ",\n"
	}
	_, _ = out.WriteString("\n}\n")
	return out.Flush()
}

func (a *archive) photo(ctx context.Context, key string) error {
	body, err := a.x.Objects.Get(ctx, key, 0, -1)
	if err != nil {
		return fmt.Errorf("open photo: %w", err)
	}
	defer func() { _ = body.Close() }()
	out, err := a.create("照片.jpg")
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	_, err = io.Copy(out, body)
	return err
}
