package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/media"
	"zhixing/domain/org"
)

// People is who there is, and the dated facts about them.
type People struct {
	Store     org.RosterStore
	Passwords org.PasswordHasher
	Seals     org.Sealer
	Objects   media.Objects // of photos
}

// List returns the people within the actor's scope, by pinyin. Errors: those of
// org.PersonFilter.Check.
func (u *People) List(ctx context.Context, who Actor, f org.PersonFilter, p domain.Paging) (domain.Page[org.Profile], error) {
	if err := f.Check(); err != nil {
		return domain.Page[org.Profile]{}, err
	}
	if err := u.seekKept(ctx, &f); err != nil {
		return domain.Page[org.Profile]{}, err
	}
	return u.Store.People(ctx, who.Scope(org.PermPeopleRead), f, p)
}

// Count tells how many people within the actor's scope the filter selects.
// Errors: as List.
func (u *People) Count(ctx context.Context, who Actor, f org.PersonFilter) (int, error) {
	if err := f.Check(); err != nil {
		return 0, err
	}
	if err := u.seekKept(ctx, &f); err != nil {
		return 0, err
	}
	return u.Store.CountPeople(ctx, who.Scope(org.PermPeopleRead), f)
}

// seekKept lets the number of a record that was merged find the one that holds it.
func (u *People) seekKept(ctx context.Context, f *org.PersonFilter) error {
	if f.Query == "" {
		return nil
	}
	kept, err := u.Store.KeptNumber(ctx, f.Query)
	f.Query = cmp.Or(kept, f.Query)
	return err
}

// Read returns one person with his timeline. Phone and e-mail are masked for
// those who do not keep the person's data. Reading another's record is itself
// recorded. NotFound "person.unknown".
func (u *People) Read(ctx context.Context, who Actor, id string) (*org.Record, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return nil, err
	}
	r, err := u.Store.Record(ctx, who.Scope(org.PermPeopleRead), id)
	if err != nil {
		return nil, err
	}
	manages, err := u.Store.InScope(ctx, who.Scope(org.PermPeopleManage), id)
	if err != nil {
		return nil, err
	}
	if !manages {
		r.Phone, r.Email = org.MaskPhone(r.Phone), org.MaskEmail(r.Email)
	}
	if id != who.PersonID {
		err = u.Store.Audit(ctx, who.Did("person.read", "person", id))
	}
	return r, err
}

// Create makes people with their first facts and, where a password is given,
// their accounts. Either every row is right and all are made, or nothing is.
// Errors: Invalid "person.rows_refused" with a field error per wrong value at
// body.people[i].<field>, Invalid "person.too_many", "person.too_many_passwords".
func (u *People) Create(ctx context.Context, who Actor, rows []org.NewPerson) ([]org.Person, error) {
	hashes := 0
	for _, r := range rows {
		if r.Password != "" {
			hashes++
		}
	}
	switch {
	case len(rows) > org.MaxNewPeople:
		return nil, domain.E(domain.Invalid, "person.too_many", "max", org.MaxNewPeople)
	case hashes > org.MaxNewPasswords:
		return nil, domain.E(domain.Invalid, "person.too_many_passwords", "max", org.MaxNewPasswords)
	}
	today, err := u.Store.Today(ctx)
	if err != nil {
		return nil, err
	}
	var bad []domain.FieldError
	seen := make(map[string]int, len(rows))
	for i := range rows {
		for _, f := range rows[i].Check(today) {
			bad = append(bad, atRow(i, f.Location, f.Reason, f.Params))
		}
		if first, ok := seen[rows[i].Number]; ok {
			bad = append(bad, atRow(i, "number", "person.number_repeated", map[string]any{"row": first + 1}))
		} else {
			seen[rows[i].Number] = i
		}
	}
	if err := refusedRows(bad); err != nil {
		return nil, err
	}
	accounts, err := u.hashAll(ctx, rows)
	if err != nil {
		return nil, err
	}
	return u.insert(ctx, who, rows, accounts)
}

func (u *People) insert(ctx context.Context, who Actor, rows []org.NewPerson, accounts []org.Account) ([]org.Person, error) {
	people := make([]org.Person, len(rows))
	var facts []org.Fact
	for i, r := range rows {
		people[i] = org.Person{
			ID: NewID(), Number: r.Number, Name: r.Name, Kind: r.Kind, Gender: optional(r.Gender), BornOn: optional(r.BornOn), Phone: r.Phone, Email: r.Email,
		}
		if r.IDCard != "" {
			if err := sealIDCard(u.Seals, &people[i], org.IDCard(r.IDCard)); err != nil {
				return nil, err
			}
		}
		facts = append(facts, firstFacts(people[i].ID, r)...)
		accounts[i].PersonID = people[i].ID
	}
	accounts = slices.DeleteFunc(accounts, func(a org.Account) bool { return a.PasswordHash == "" })
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		if err := u.checkRows(ctx, tx, who, rows); err != nil {
			return err
		}
		if err := tx.InsertPeople(ctx, people, facts, accounts); err != nil {
			return err
		}
		for i, p := range people {
			if err := tx.Audit(ctx, who.Did("person.create", "person", p.ID, "account", rows[i].Password != "")); err != nil {
				return err
			}
			if err := recompute(ctx, tx, p.ID, rows[i].From); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return people, nil
}

// checkRows refuses what only the database knows: numbers that are taken, units
// that do not exist within the scope, are of the other tree or closed.
func (u *People) checkRows(ctx context.Context, tx org.PersonStore, who Actor, rows []org.NewPerson) error {
	var numbers, ids []string
	for _, r := range rows {
		numbers = append(numbers, r.Number)
		for _, id := range []string{r.PartyUnitID, r.AdminUnitID} {
			if canonical, err := ParseID(id, ""); err == nil {
				ids = append(ids, canonical)
			}
		}
	}
	scope := who.Scope(org.PermPeopleManage)
	taken, err := tx.TakenNumbers(ctx, numbers)
	if err != nil {
		return err
	}
	units, err := tx.UnitsForShare(ctx, scope, ids)
	if err != nil {
		return err
	}
	all, err := tx.Reaches(ctx, scope)
	if err != nil {
		return err
	}
	var bad []domain.FieldError
	for i, r := range rows {
		if slices.Contains(taken, r.Number) {
			bad = append(bad, atRow(i, "number", "person.number_taken", nil))
		}
		if !all && r.PartyUnitID == "" && r.AdminUnitID == "" { // would be out of everyone's sight
			bad = append(bad, atRow(i, "party_unit_id", "person.unit_missing", nil))
		}
		for _, m := range []struct{ field, id, tree string }{{"party_unit_id", r.PartyUnitID, org.TreeParty}, {"admin_unit_id", r.AdminUnitID, org.TreeAdmin}} {
			if m.id == "" {
				continue
			}
			if reason := unitFlaw(units, m.id, m.tree, r.From); reason != "" {
				bad = append(bad, atRow(i, m.field, reason, nil))
			}
		}
	}
	return refusedRows(bad)
}

func unitFlaw(units map[string]org.Unit, id, tree, from string) string {
	switch unit, ok := units[strings.ToLower(id)]; {
	case !ok:
		return "unit.unknown"
	case unit.Tree != tree:
		return "unit.wrong_tree"
	case !unit.OpenOn(from):
		return "unit.closed"
	}
	return ""
}

func firstFacts(personID string, r org.NewPerson) []org.Fact {
	var facts []org.Fact
	for _, f := range []org.Fact{
		{Kind: org.FactParty, Value: r.PartyUnitID},
		{Kind: org.FactAdmin, Value: r.AdminUnitID},
		{Kind: org.FactStage, Value: string(r.Stage)},
		{Kind: org.FactRank, Value: r.Rank},
	} {
		if f.Value != "" {
			f.ID, f.PersonID, f.From = NewID(), personID, r.From
			facts = append(facts, f)
		}
	}
	return facts
}

// hashAll hashes each password with its own salt, two at a time, so that
// people who sign in meanwhile still get their turn.
func (u *People) hashAll(ctx context.Context, rows []org.NewPerson) ([]org.Account, error) {
	accounts := make([]org.Account, len(rows))
	errs := make([]error, len(rows))
	next := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range next {
				accounts[i].MustChange = rows[i].MustChange
				accounts[i].PasswordHash, errs[i] = u.Passwords.Hash(ctx, rows[i].Password)
			}
		})
	}
	for i, r := range rows {
		if r.Password != "" {
			next <- i
		}
	}
	close(next)
	wg.Wait()
	return accounts, first(errs...)
}

// recomputer is a store that obligations can be asked for through.
type recomputer interface {
	job.Queue
	Now(ctx context.Context) (time.Time, error)
}

// recompute asks for the obligations of every year that a fact from a day on
// bears on, at most this and the last; a later year is computed when it comes.
func recompute(ctx context.Context, tx recomputer, personID, from string) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	year := now.Add(8 * time.Hour).Year() // in Shanghai, which has no summer time
	start, err := strconv.Atoi(from[:4])
	if err != nil {
		return fmt.Errorf("year of %s: %w", from, err)
	}
	for y := max(start, year-1); y <= year; y++ {
		if err := tx.Enqueue(ctx, job.RecomputePerson{PersonID: personID, Year: y}); err != nil {
			return err
		}
	}
	return nil
}

func atRow(i int, field, reason string, params map[string]any) domain.FieldError {
	return domain.FieldError{Location: fmt.Sprintf("body.people[%d].%s", i, field), Reason: reason, Params: params}
}

func refusedRows(bad []domain.FieldError) error {
	if len(bad) == 0 {
		return nil
	}
	e := domain.E(domain.Invalid, "person.rows_refused", "count", len(bad))
	e.Fields = bad
	return e
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Acting is somebody who acts without a browser, at the command line of the
// machine. He needs the permission as on the page. Errors: NotFound
// "person.unknown", Forbidden "session.not_permitted".
func (u *People) Acting(ctx context.Context, number string, needs org.Permission) (Actor, error) {
	id, held, err := u.Store.Acting(ctx, number)
	if err != nil {
		return Actor{}, err
	}
	if !slices.Contains(held, needs) {
		return Actor{}, domain.E(domain.Forbidden, "session.not_permitted")
	}
	return Actor{PersonID: id, Permissions: held, Recent: true, RequestID: NewID()}, nil
}
