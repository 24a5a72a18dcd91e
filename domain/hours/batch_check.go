package hours

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
)

// checkBatch refuses what cannot be defended later.
func checkBatch(c *BatchContent, people []BatchPerson, today Date) error {
	e := domain.E(domain.Invalid, "hours.batch_not_valid")
	text := func(field string, s *string, limit int) {
		*s = strings.TrimSpace(*s)
		if n := utf8.RuneCountInString(*s); n == 0 || n > limit {
			e = e.At("body."+field, "hours.batch_text", "limit", limit)
		}
	}
	text("title", &c.Title, 200)
	text("document_no", &c.DocumentNo, 100)
	text("organiser", &c.Organiser, 100)
	if c.Note = strings.TrimSpace(c.Note); utf8.RuneCountInString(c.Note) > 500 {
		e = e.At("body.note", "hours.batch_text", "limit", 500)
	}
	if !slices.Contains(Sources, c.Source) || c.Source == OnlineVideo || c.Source == ExamPass {
		e = e.At("body.source", "hours.source_unknown", "source", string(c.Source))
	}
	if c.DocumentOn > today {
		e = e.At("body.document_on", "hours.entry_future")
	}
	days := int(c.EndsOn-c.StartsOn) + 1
	switch {
	case days < 1 || days > maxBatchDays:
		e = e.At("body.ends_on", "hours.batch_dates")
	case c.EndsOn > today:
		e = e.At("body.ends_on", "hours.entry_future")
	case c.StartsOn.Year() != c.EndsOn.Year(): // 3.4: split by year
		e = e.At("body.ends_on", "hours.batch_two_years")
	}
	if n := len(people); n == 0 || n > MaxBatchPeople {
		e = e.At("body.people", "hours.batch_people", "max", MaxBatchPeople)
	}
	seen := map[string]bool{}
	for i, p := range people {
		at := fmt.Sprintf("body.people[%d]", i)
		if seen[p.PersonID] {
			e = e.At(at+".number", "hours.batch_twice", "number", p.Number)
		}
		seen[p.PersonID] = true
		switch {
		case p.AmountCenti <= 0 || p.AmountCenti > maxBatchCenti:
			e = e.At(at+".amount_centi", "hours.entry_amount", "max", maxBatchCenti/100)
		case days > 0 && p.AmountCenti > days*BatchDayCenti:
			e = e.At(at+".amount_centi", "hours.batch_day_full", "number", p.Number, "max", BatchDayCenti/100)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// Stretch is what another batch gives a person over its dates.
type Stretch struct {
	PersonID    string
	BatchID     string
	Title       string
	StartsOn    Date
	EndsOn      Date
	AmountCenti int
}

// perDay is a stretch's share of one of its days, in thousandths of a
// centi-hour, rounded down.
func perDay(amount int, from, to Date) int { return amount * 1000 / (int(to-from) + 1) }

// CheckOverlap refuses a batch that would give a person more than a day holds,
// together with others on the same dates (3.8: the same training filed twice,
// or two at once). Error: Conflict "hours.batch_overlap" with a field error per
// person, naming the other batch.
func (b *Batch) CheckOverlap(others []Stretch) error {
	by := map[string][]Stretch{}
	for _, s := range others {
		if s.BatchID != b.ID {
			by[s.PersonID] = append(by[s.PersonID], s)
		}
	}
	e := domain.E(domain.Conflict, "hours.batch_overlap")
	for i, p := range b.People {
		own := perDay(p.AmountCenti, b.StartsOn, b.EndsOn)
		for day := b.StartsOn; day <= b.EndsOn; day++ {
			load, title := own, ""
			for _, s := range by[p.PersonID] {
				if s.StartsOn <= day && day <= s.EndsOn {
					load, title = load+perDay(s.AmountCenti, s.StartsOn, s.EndsOn), s.Title
				}
			}
			if title != "" && load > BatchDayCenti*1000 {
				e = e.At(fmt.Sprintf("body.people[%d].number", i), "hours.batch_overlap_with",
					"number", p.Number, "name", p.Name, "title", title, "on", day.String(), "max", BatchDayCenti/100)
				break
			}
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// batchKinds are the files a batch may have, by their first bytes.
var batchKinds = []struct{ magic, kind string }{
	{"%PDF-", "application/pdf"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", "image/png"},
}

// BatchFileType is the type of a file by its first bytes, whatever it is
// called. Errors: hours.batch_file_kind, hours.batch_file_size.
func BatchFileType(body []byte) (string, error) {
	if len(body) > MaxBatchFile {
		return "", domain.E(domain.TooLarge, "hours.batch_file_size", "limit_mb", MaxBatchFile>>20)
	}
	for _, k := range batchKinds {
		if strings.HasPrefix(string(body[:min(len(body), 8)]), k.magic) {
			return k.kind, nil
		}
	}
	return "", domain.E(domain.Invalid, "hours.batch_file_kind")
}
