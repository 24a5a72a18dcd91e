package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Push brings in people whom a program outside names: a push is an import of a
// table that was never a file. It is read, judged, applied, reported and undone
// like one. The steps are done at once, and no harm is done by a worker that has
// them in hand too. from is the first day of units, stages and ranks that name
// none. Errors: Invalid "push.too_many", those of Upload, SetMapping and Apply.
func (u *Imports) Push(ctx context.Context, who Actor, people []org.PushedPerson, from, reason string) (string, []org.PushOutcome, error) {
	if len(people) > org.MaxPush {
		return "", nil, domain.E(domain.Invalid, "push.too_many", "max", org.MaxPush)
	}
	table, err := tableOf(people)
	if err != nil {
		return "", nil, err
	}
	i, err := u.Upload(ctx, who, "接口推送 "+strings.ReplaceAll(who.TokenName, "/", " ")+".csv", table)
	if err != nil {
		return "", nil, err
	}
	if err := u.ReadHead(ctx, job.ReadImport{ImportID: i.ID}); err != nil {
		return i.ID, nil, err
	}
	fields := map[int]string{}
	for n, f := range org.ImportFields() {
		fields[n] = f.Key
	}
	if _, err := u.SetMapping(ctx, who, i.ID, fields, org.ImportOptions{From: from}); err != nil {
		return i.ID, nil, err
	}
	if err := u.Preview(ctx, job.PreviewImport{ImportID: i.ID}); err != nil {
		return i.ID, nil, err
	}
	if i, err = u.Get(ctx, who, i.ID); err != nil {
		return i.ID, nil, err
	}
	if i.Failure != "" {
		return i.ID, nil, domain.E(domain.Invalid, i.Failure)
	}
	if i.Counts.New+i.Counts.Changed > 0 {
		if _, err := u.Apply(ctx, who, i.ID, reason); err != nil {
			return i.ID, nil, err
		}
		if err := u.ApplyRows(ctx, job.ApplyImport{ImportID: i.ID}); err != nil {
			return i.ID, nil, err
		}
	}
	out, err := u.outcomes(ctx, i.ID, people)
	return i.ID, out, err
}

// tableOf writes people as the template has them, a line each.
func tableOf(people []org.PushedPerson) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	fields := org.ImportFields()
	row := make([]string, len(fields))
	for n, f := range fields {
		row[n] = f.Names[0]
	}
	if err := w.Write(row); err != nil {
		return nil, fmt.Errorf("write push: %w", err)
	}
	for _, p := range people {
		for n, f := range fields {
			row[n] = strings.Join(strings.FieldsFunc(p[f.Key], func(r rune) bool { return r == '\n' || r == '\r' }), " ")
		}
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("write push: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func (u *Imports) outcomes(ctx context.Context, id string, people []org.PushedPerson) ([]org.PushOutcome, error) {
	out := make([]org.PushOutcome, len(people))
	for n, p := range people { // a line of which nothing was read is no row
		out[n] = org.PushOutcome{Key: p[org.FieldNumber], Outcome: org.OutcomeRefused}
		if strings.TrimSpace(p[org.FieldNumber]) == "" {
			out[n].Refusals = []org.PushRefusal{{Field: org.FieldNumber, Reason: "import.number_missing"}}
		}
	}
	return out, u.Store.EachRow(ctx, id, func(r *org.ImportRow) error {
		if r.Line < 2 || r.Line-2 >= len(out) {
			return nil
		}
		o := &out[r.Line-2]
		o.Outcome, o.ID, o.Refusals = r.Outcome, r.PersonID, nil
		for _, c := range r.Changes {
			o.Changed = append(o.Changed, c.Field)
		}
		for _, f := range r.Refusals {
			o.Refusals = append(o.Refusals, org.PushRefusal{Field: f.Field, Reason: f.Reason, Params: f.Params})
		}
		return nil
	})
}
