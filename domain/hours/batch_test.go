package hours_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
)

var (
	batchNow   = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	batchToday = hours.DateOf(batchNow)
)

func batchOf(state hours.BatchState) *hours.Batch {
	return &hours.Batch{
		ID: "b", State: state, FiledBy: "filer", Version: 1, File: &hours.BatchFile{Digest: "d"},
		BatchContent: hours.BatchContent{
			Title: "党务干部培训班", DocumentNo: "党校〔2026〕7 号", DocumentOn: batchToday - 30, Organiser: "学院党校", Source: hours.OfflineTraining,
			StartsOn: batchToday - 10, EndsOn: batchToday - 8,
		},
		People: []hours.BatchPerson{{PersonID: "a", Number: "001", AmountCenti: 2400}, {PersonID: "b", Number: "002", AmountCenti: 1600}},
	}
}

// Every deed on every state: only what the table has happens.
// Seen red: with move not looking at the table.
func TestBatchMoves(t *testing.T) {
	deeds := map[string]struct {
		do   func(b *hours.Batch) error
		from []hours.BatchState
		to   hours.BatchState
	}{
		"submit":   {func(b *hours.Batch) error { return b.Submit("filer", 1, batchToday, batchNow) }, []hours.BatchState{"draft", "rejected"}, "filed"},
		"approve":  {func(b *hours.Batch) error { return b.Decide("other", 1, true, "", batchNow) }, []hours.BatchState{"filed"}, "approved"},
		"reject":   {func(b *hours.Batch) error { return b.Decide("other", 1, false, "名单不符", batchNow) }, []hours.BatchState{"filed"}, "rejected"},
		"withdraw": {func(b *hours.Batch) error { return b.Withdraw("filer", 1, "填错了", batchNow) }, []hours.BatchState{"draft", "filed", "rejected"}, "withdrawn"},
		"reverse":  {func(b *hours.Batch) error { return b.Reverse("other", 1, "重复", batchNow) }, []hours.BatchState{"approved"}, "reversed"},
	}
	for name, d := range deeds {
		for _, state := range hours.BatchStates {
			b := batchOf(state)
			err := d.do(b)
			switch allowed := slices.Contains(d.from, state); {
			case allowed && (err != nil || b.State != d.to || b.Version != 2):
				t.Errorf("%s of %s: %v, %s", name, state, err, b.State)
			case !allowed && (domain.ReasonOf(err) != "hours.batch_state" || b.State != state):
				t.Errorf("%s of %s: %v, %s", name, state, err, b.State)
			}
		}
	}
}

// Two persons: who filed it does not decide it, nor who earns by it.
// Seen red: without the look at FiledBy in Decide; without the look at People.
func TestBatchTwoPersons(t *testing.T) {
	for _, approve := range []bool{true, false} {
		for by, want := range map[string]string{"filer": "hours.batch_two_persons", "a": "hours.batch_own", "other": ""} {
			b := batchOf(hours.BatchFiled)
			if err := b.Decide(by, 1, approve, "因为", batchNow); domain.ReasonOf(err) != want {
				t.Errorf("%s, approve %v: %v", by, approve, err)
			}
		}
	}
	for name, err := range map[string]error{
		"submit by another":   batchOf("draft").Submit("other", 1, batchToday, batchNow),
		"withdraw by another": batchOf("filed").Withdraw("other", 1, "因为", batchNow),
		"change by another":   batchOf("draft").Change("other", 1, batchOf("draft").BatchContent, batchOf("draft").People, batchToday),
	} {
		if domain.ReasonOf(err) != "hours.batch_not_yours" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := batchOf("filed").Decide("other", 2, true, "", batchNow); domain.ReasonOf(err) != "hours.batch_changed" {
		t.Errorf("an old version: %v", err)
	}
	if err := batchOf("filed").Decide("other", 1, false, " ", batchNow); domain.ReasonOf(err) != "hours.reason_required" {
		t.Errorf("rejected without a reason: %v", err)
	}
	b := batchOf("draft")
	b.File = nil
	if err := b.Submit("filer", 1, batchToday, batchNow); domain.ReasonOf(err) != "hours.batch_no_file" {
		t.Errorf("filed without a document: %v", err)
	}
}

func TestBatchRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(c *hours.BatchContent, p *[]hours.BatchPerson)
		at    string
	}{
		"no title":          {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.Title = " " }, "body.title"},
		"long title":        {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.Title = strings.Repeat("字", 201) }, "body.title"},
		"no document":       {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.DocumentNo = "" }, "body.document_no"},
		"no organiser":      {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.Organiser = "" }, "body.organiser"},
		"automatic source":  {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.Source = hours.OnlineVideo }, "body.source"},
		"unknown source":    {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.Source = "x" }, "body.source"},
		"document tomorrow": {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.DocumentOn = batchToday + 1 }, "body.document_on"},
		"ends before":       {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.EndsOn = c.StartsOn - 1 }, "body.ends_on"},
		"ends tomorrow":     {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.EndsOn = batchToday + 1 }, "body.ends_on"},
		"over new year":     {func(c *hours.BatchContent, _ *[]hours.BatchPerson) { c.StartsOn = hours.NewDate(2025, 12, 31) }, "body.ends_on"},
		"nobody":            {func(_ *hours.BatchContent, p *[]hours.BatchPerson) { *p = nil }, "body.people"},
		"twice":             {func(_ *hours.BatchContent, p *[]hours.BatchPerson) { (*p)[1].PersonID = "a" }, "body.people[1].number"},
		"no hours":          {func(_ *hours.BatchContent, p *[]hours.BatchPerson) { (*p)[0].AmountCenti = 0 }, "body.people[0].amount_centi"},
		"negative":          {func(_ *hours.BatchContent, p *[]hours.BatchPerson) { (*p)[0].AmountCenti = -100 }, "body.people[0].amount_centi"},
		"9 hours a day":     {func(_ *hours.BatchContent, p *[]hours.BatchPerson) { (*p)[0].AmountCenti = 2401 }, "body.people[0].amount_centi"},
	} {
		b := batchOf(hours.BatchDraft)
		content, people := b.BatchContent, b.People
		c.spoil(&content, &people)
		err := b.Change("filer", 1, content, people, batchToday)
		de, ok := err.(*domain.Error) //nolint:errorlint // returned as it is
		if !ok || de.Reason != "hours.batch_not_valid" || de.Fields[0].Location != c.at {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := batchOf(hours.BatchDraft)
	if err := b.Change("filer", 1, b.BatchContent, b.People, batchToday); err != nil {
		t.Errorf("as it is: %v", err)
	}
}

// The same days cannot hold more than they have, whatever is filed beside it.
// Seen red: with the other batches left out of the load; with BatchID not
// compared, a batch stood in its own way.
func TestBatchOverlap(t *testing.T) {
	b := batchOf(hours.BatchFiled) // a: 8 a day for three days; b: 5.33
	s := func(person string, from, to hours.Date, amount int) hours.Stretch {
		return hours.Stretch{PersonID: person, BatchID: "x", Title: "另一期", StartsOn: from, EndsOn: to, AmountCenti: amount}
	}
	first, last := b.StartsOn, b.EndsOn
	for name, c := range map[string]struct {
		others []hours.Stretch
		want   string
	}{
		"nothing else":           {nil, ""},
		"the day before":         {[]hours.Stretch{s("a", first-1, first-1, 800)}, ""},
		"the day after":          {[]hours.Stretch{s("a", last+1, last+1, 800)}, ""},
		"the last day":           {[]hours.Stretch{s("a", last, last+3, 100)}, "body.people[0].number"},
		"what is left of a day":  {[]hours.Stretch{s("b", first, first, 266)}, ""},
		"more than is left":      {[]hours.Stretch{s("b", first, first, 267)}, "body.people[1].number"},
		"two that are too many":  {[]hours.Stretch{s("b", first, first, 200), s("b", first, last, 300)}, "body.people[1].number"},
		"another person":         {[]hours.Stretch{s("c", first, last, 2400)}, ""},
		"the same, filed again":  {[]hours.Stretch{s("a", first, last, 2400)}, "body.people[0].number"},
		"itself, as it is filed": {[]hours.Stretch{{PersonID: "a", BatchID: "b", Title: "这一期", StartsOn: first, EndsOn: last, AmountCenti: 2400}}, ""},
	} {
		err := b.CheckOverlap(c.others)
		de, _ := err.(*domain.Error) //nolint:errorlint // returned as it is
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, de.Fields)
		case c.want != "" && (de == nil || de.Fields[0].Location != c.want):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBatchFileType(t *testing.T) {
	for body, want := range map[string]string{
		"%PDF-1.7 …": "application/pdf", "\xff\xd8\xff\xe0": "image/jpeg", "\x89PNG\r\n\x1a\n…": "image/png",
		"": "", "PK\x03\x04": "", "<html>": "", "%PDF": "", "MZ": "",
	} {
		if got, err := hours.BatchFileType([]byte(body)); got != want || (want == "") != (domain.ReasonOf(err) == "hours.batch_file_kind") {
			t.Errorf("%q: %q, %v", body, got, err)
		}
	}
	if _, err := hours.BatchFileType(make([]byte, hours.MaxBatchFile+1)); domain.ReasonOf(err) != "hours.batch_file_size" {
		t.Errorf("too large: %v", err)
	}
}
