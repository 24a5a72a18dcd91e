package app

import (
	"context"
	"slices"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// PersonYear is one person's year, computed from the ledger when asked.
type PersonYear struct {
	Person      hours.PersonHead
	Year        int
	AsOf        hours.Date
	Now         time.Time
	Obligations []hours.Obligation
	Versions    []hours.Version // that govern the year
	Events      []hours.Event   // newest first
	Stands      map[string]bool
	Names       map[string]string // of those who decided
	Chain       ChainCheck
}

// My returns the actor's own year. year 0 is the current one.
func (h *Hours) My(ctx context.Context, who Actor, year int) (*PersonYear, error) {
	return h.personYear(ctx, domain.Scope{}, who.PersonID, year, nil)
}

// Person returns a person's year within the actor's scope, as it was known at
// the end of asOf (nil: now).
func (h *Hours) Person(ctx context.Context, who Actor, personID string, year int, asOf *hours.Date) (*PersonYear, error) {
	id, err := ParseID(personID, "hours.person_unknown")
	if err != nil {
		return nil, err
	}
	return h.personYear(ctx, who.Scope(org.PermHoursRead), id, year, asOf)
}

func (h *Hours) personYear(ctx context.Context, sc domain.Scope, id string, year int, asOf *hours.Date) (*PersonYear, error) {
	person, err := h.Store.PersonInScope(ctx, sc, id)
	if err != nil {
		return nil, err
	}
	v := &PersonYear{Person: *person, Year: year}
	if v.Now, err = h.Store.Now(ctx); err != nil {
		return nil, err
	}
	today := hours.DateOf(v.Now)
	if v.Year == 0 {
		v.Year = today.Year()
	}
	if v.Year < hours.MinYear || v.Year > hours.MaxYear {
		return nil, domain.E(domain.Invalid, "hours.year_out_of_range", "from", hours.MinYear, "to", hours.MaxYear)
	}
	v.AsOf = today
	if asOf != nil && *asOf < today {
		v.AsOf = *asOf
	}
	policies, err := h.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := h.Store.FactsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := h.Store.EventsOfYear(ctx, v.Year, id)
	if err != nil {
		return nil, err
	}
	v.Events = hours.KnownOn(events[id], v.AsOf)
	v.Versions = hours.Governing(policies, v.Year, v.AsOf)
	v.Obligations = hours.Assess(v.Year, v.AsOf, &facts[0], v.Versions, v.Events)
	v.Stands = hours.InEffect(v.Events)
	if v.Names, err = h.Store.Names(ctx, hours.Deciders(v.Events)); err != nil {
		return nil, err
	}
	v.Chain, err = chainOf(ctx, h.Store, id)
	return v, err
}

// Overview returns the figures of a filter within the actor's scope.
func (h *Hours) Overview(ctx context.Context, who Actor, f hours.PeopleFilter) (*hours.Overview, hours.PeopleFilter, time.Time, error) {
	now, err := h.filter(ctx, &f)
	if err != nil {
		return nil, f, now, err
	}
	v, err := h.Store.Overview(ctx, who.Scope(org.PermHoursRead), f, hours.DateOf(now))
	return v, f, now, err
}

// People returns one page of the table of people within the actor's scope.
func (h *Hours) People(ctx context.Context, who Actor, f hours.PeopleFilter, p domain.Paging) (domain.Page[hours.PersonRow], time.Time, error) {
	now, err := h.filter(ctx, &f)
	if err != nil {
		return domain.Page[hours.PersonRow]{}, now, err
	}
	page, err := h.Store.People(ctx, who.Scope(org.PermHoursRead), f, hours.DateOf(now), p)
	return page, now, err
}

// filter completes and checks a filter; the year is the current one by default.
func (h *Hours) filter(ctx context.Context, f *hours.PeopleFilter) (time.Time, error) {
	now, err := h.Store.Now(ctx)
	if err != nil {
		return now, err
	}
	return now, checkFilter(f, hours.DateOf(now).Year())
}

func checkFilter(f *hours.PeopleFilter, year int) (err error) {
	if f.Year == 0 {
		f.Year = year
	}
	if f.UnitID != "" {
		if f.UnitID, err = ParseID(f.UnitID, "hours.unit_unknown"); err != nil {
			return err
		}
	}
	if f.PolicyID != "" {
		if f.PolicyID, err = ParseID(f.PolicyID, "hours.policy_unknown"); err != nil {
			return err
		}
	}
	return f.Check()
}

// EventDetail is one entry with all that it stands on.
type EventDetail struct {
	Event    hours.Event
	Person   hours.PersonHead
	Reversal *hours.Event // what takes it back
	Reverses *hours.Event // what it takes back
	Lesson   *hours.LessonEvidence
	Attempt  *hours.AttemptEvidence
	Batch    *hours.Batch
	Missing  bool // the evidence is gone
	Changed  bool // the evidence is not what it was when the entry was written
	Regraded bool // it stands on an earlier grade, which is kept; there is a newer one
	Counts   []Count
	Stands   bool // not taken back
	Names    map[string]string
	Chain    ChainCheck
}

// Count is what the entry gives to one obligation, with the rule that decides.
type Count struct {
	Policy hours.Version
	Line   hours.Line
}

// Event returns an entry of a person in scope with its evidence, the rules that
// count it and a check of the person's chain.
func (h *Hours) Event(ctx context.Context, who Actor, eventID string) (*EventDetail, error) {
	id, err := ParseID(eventID, "hours.event_unknown")
	if err != nil {
		return nil, err
	}
	sc := who.Scope(org.PermHoursAudit)
	e, p, err := h.Store.EventInScope(ctx, sc, id)
	if err != nil {
		return nil, err
	}
	d := &EventDetail{Event: *e, Person: *p}
	if d.Reversal, err = h.Store.ReversalOf(ctx, e.ID); err != nil {
		return nil, err
	}
	if e.ReversesID != "" {
		if d.Reverses, err = h.Store.EventForAdjusting(ctx, sc, e.ReversesID); err != nil {
			return nil, err
		}
	}
	if err := h.evidence(ctx, d); err != nil {
		return nil, err
	}
	if err := h.counts(ctx, d); err != nil {
		return nil, err
	}
	deciders := []hours.Event{*e}
	if d.Reversal != nil {
		deciders = append(deciders, *d.Reversal)
	}
	people := hours.Deciders(deciders)
	for _, c := range d.Counts {
		people = append(people, c.Policy.ActivatedBy)
	}
	if d.Names, err = h.Store.Names(ctx, people); err != nil {
		return nil, err
	}
	d.Chain, err = chainOf(ctx, h.Store, e.PersonID)
	return d, err
}

func (h *Hours) evidence(ctx context.Context, d *EventDetail) (err error) {
	e := d.Event
	if d.Reverses != nil { // a decision stands on the entry that it is about
		e = *d.Reverses
	}
	var digest string
	switch e.Evidence.Kind {
	case hours.EvidenceCompletion:
		if d.Lesson, err = h.Store.LessonEvidence(ctx, e.Evidence.ID); err == nil {
			digest = d.Lesson.Digest
		}
	case hours.EvidenceAttempt:
		if d.Attempt, err = h.Store.AttemptEvidence(ctx, e.Evidence.ID); err == nil {
			if digest = d.Attempt.Digest; slices.Contains(d.Attempt.Earlier, e.Evidence.Digest) {
				digest, d.Regraded = e.Evidence.Digest, true
			}
		}
	case hours.EvidenceBatch:
		if d.Batch, err = h.Store.BatchEvidence(ctx, e.Evidence.ID); err == nil {
			digest = d.Batch.Digest()
		}
	default:
		return nil
	}
	if domain.CodeOf(err) == domain.NotFound {
		d.Missing, err = true, nil
	}
	d.Changed = !d.Missing && digest != e.Evidence.Digest
	return err
}

func (h *Hours) counts(ctx context.Context, d *EventDetail) error {
	now, err := h.Store.Now(ctx)
	if err != nil {
		return err
	}
	today, year := hours.DateOf(now), d.Event.OccurredOn.Year()
	policies, err := h.Store.Policies(ctx)
	if err != nil {
		return err
	}
	versions := hours.Governing(policies, year, today)
	facts, err := h.Store.FactsOf(ctx, d.Event.PersonID)
	if err != nil {
		return err
	}
	events, err := h.Store.EventsOfYear(ctx, year, d.Event.PersonID)
	if err != nil {
		return err
	}
	d.Stands = hours.InEffect(events[d.Event.PersonID])[d.Event.ID]
	os := hours.Assess(year, today, &facts[0], versions, events[d.Event.PersonID])
	for _, o := range os {
		for _, l := range o.Lines {
			if l.EventID != d.Event.ID {
				continue
			}
			for _, v := range versions {
				if v.ID == o.VersionID {
					d.Counts = append(d.Counts, Count{Policy: v, Line: l})
				}
			}
		}
	}
	return nil
}
