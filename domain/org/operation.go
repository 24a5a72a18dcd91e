package org

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// Verb is what an operation does to a person's dated facts.
type Verb string

// The verbs.
const (
	VerbAdd     Verb = "add"     // something holds from a day on; it ends what held before
	VerbEnd     Verb = "end"     // something ends, and nothing of its kind follows
	VerbCorrect Verb = "correct" // something was recorded wrongly: another row takes its place
	VerbRemove  Verb = "remove"  // something was never so
	VerbUndo    Verb = "undo"    // an operation is taken back
)

// Operation is one change of a person's facts of one kind: the rows that it
// touched as they were and as they became. A row in Before that is not in After
// was superseded; one in both had its period changed. Operations are never
// changed themselves; replaying them gives the facts.
type Operation struct {
	ID       string
	PersonID string
	Kind     FactKind
	Verb     Verb
	Before   []Fact
	After    []Fact
	FirstDay string // the first day on which something else holds than before
	ActorID  string
	Reason   string
	Undoes   *string
	UndoneBy *string
	BulkID   *string
	At       time.Time
}

// NeedsReason reports whether the operation changes what the records said of a
// day that is over.
func (o *Operation) NeedsReason(today string, known []Fact) bool {
	return o.Verb != VerbAdd && o.Verb != VerbEnd || len(known) > 0 && o.FirstDay < today
}

// Apply returns the facts as they stand after the operation, oldest first.
func (o *Operation) Apply(known []Fact) []Fact {
	out := slices.DeleteFunc(slices.Clone(known), func(f Fact) bool { return indexOf(o.Before, f.ID) >= 0 })
	out = append(out, o.After...)
	sortFacts(out)
	return out
}

func sortFacts(facts []Fact) {
	slices.SortFunc(facts, func(a, b Fact) int { return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.ID, b.ID)) })
}

func indexOf(facts []Fact, id string) int {
	return slices.IndexFunc(facts, func(f Fact) bool { return f.ID == id })
}

// Add plans f as a new fact from its day on, until what follows it begins. A
// fact that holds on that day ends there; facts that begin later stay. Errors:
// Conflict "person.fact_same_day", "person.fact_unchanged",
// "person.fact_unchanged_later", those of legal.
func Add(known []Fact, f Fact) (*Operation, error) {
	op := &Operation{PersonID: f.PersonID, Kind: f.Kind, Verb: VerbAdd, FirstDay: f.From}
	prev, next := around(known, &f)
	switch {
	case prev != nil && prev.From == f.From:
		return nil, domain.E(domain.Conflict, "person.fact_same_day", "from", prev.From).At("body.from", "person.fact_same_day", "from", prev.From)
	case prev != nil && prev.covers(f.From) && prev.same(&f) && f.Move != MoveExtend:
		return nil, domain.E(domain.Conflict, "person.fact_unchanged", "from", prev.From).At("body.value", "person.fact_unchanged", "from", prev.From)
	}
	if next != nil && (f.Until == nil || *f.Until > next.From) {
		f.Until = &next.From
	}
	if prev != nil && prev.covers(f.From) {
		if prev.Until != nil && (f.Until == nil || *prev.Until < *f.Until) {
			f.Until = prev.Until
		}
		ended := *prev
		ended.Until = &f.From
		op.Before, op.After = append(op.Before, *prev), append(op.After, ended)
	}
	if next != nil && *f.Until == next.From && next.same(&f) && next.Move != MoveExtend {
		return nil, domain.E(domain.Conflict, "person.fact_unchanged_later", "from", next.From).At("body.from", "person.fact_unchanged_later", "from", next.From)
	}
	op.After = append(op.After, f)
	return op, op.legal(known)
}

// around returns the last fact of f's track that begins on or before its day,
// and the first that begins after it.
func around(known []Fact, f *Fact) (prev, next *Fact) {
	for i := range known {
		k := &known[i]
		switch {
		case k.ID == f.ID || k.track() != f.track():
		case k.From <= f.From && (prev == nil || k.From > prev.From):
			prev = k
		case k.From > f.From && (next == nil || k.From < next.From):
			next = k
		}
	}
	return prev, next
}

// End plans that a fact ends on a day, with nothing of its kind after it.
// Errors: NotFound "person.fact_unknown", Conflict "person.fact_ended", Invalid
// "person.period_empty".
func End(known []Fact, id, on string) (*Operation, error) {
	i := indexOf(known, id)
	if i < 0 {
		return nil, domain.E(domain.NotFound, "person.fact_unknown")
	}
	f := known[i]
	switch {
	case f.Until != nil && *f.Until <= on:
		return nil, domain.E(domain.Conflict, "person.fact_ended", "until", *f.Until)
	case on <= f.From:
		return nil, domain.E(domain.Invalid, "person.period_empty").At("body.on", "person.period_empty")
	}
	ended := f
	ended.Until = &on
	op := &Operation{PersonID: f.PersonID, Kind: f.Kind, Verb: VerbEnd, FirstDay: on, Before: []Fact{f}, After: []Fact{ended}}
	return op, op.legal(known)
}

// Correct plans that another row takes a wrong fact's place. What the fact
// before it ended with follows the new first day; the end stays. Errors:
// NotFound "person.fact_unknown", Conflict "person.fact_unchanged",
// "person.fact_same_day", "person.fact_overlaps", Invalid "person.period_empty".
func Correct(known []Fact, id string, to Fact) (*Operation, error) {
	i := indexOf(known, id)
	if i < 0 {
		return nil, domain.E(domain.NotFound, "person.fact_unknown")
	}
	old := known[i]
	to.PersonID, to.Kind, to.Until = old.PersonID, old.Kind, old.Until
	op := &Operation{PersonID: old.PersonID, Kind: old.Kind, Verb: VerbCorrect, FirstDay: min(old.From, to.From), Before: []Fact{old}}
	if to.Until != nil && *to.Until <= to.From {
		return nil, domain.E(domain.Invalid, "person.period_empty").At("body.from", "person.period_empty")
	}
	if to.From == old.From && to.same(&old) && to.Document == old.Document && to.Move == old.Move {
		return nil, domain.E(domain.Conflict, "person.fact_unchanged", "from", old.From)
	}
	rest := slices.Delete(slices.Clone(known), i, i+1)
	before, _ := around(rest, &Fact{ID: old.ID, Kind: old.Kind, Value: old.Value, UnitID: old.UnitID, Note: old.Note, From: old.From})
	if before != nil && before.Until != nil && *before.Until == old.From && to.track() == old.track() { // they touched, and go on touching
		if to.From <= before.From {
			return nil, domain.E(domain.Conflict, "person.fact_same_day", "from", before.From).At("body.from", "person.fact_same_day", "from", before.From)
		}
		moved := *before
		moved.Until = &to.From
		if to.From != old.From {
			op.Before, op.After = append(op.Before, *before), append(op.After, moved)
		}
	}
	op.After = append(op.After, to)
	return op, op.legal(known)
}

// Remove plans that a fact was never so: the one that touched it before goes on
// in its place. Errors: NotFound "person.fact_unknown", those of legal.
func Remove(known []Fact, id string) (*Operation, error) {
	i := indexOf(known, id)
	if i < 0 {
		return nil, domain.E(domain.NotFound, "person.fact_unknown")
	}
	old := known[i]
	op := &Operation{PersonID: old.PersonID, Kind: old.Kind, Verb: VerbRemove, FirstDay: old.From, Before: []Fact{old}}
	rest := slices.Delete(slices.Clone(known), i, i+1)
	if before, _ := around(rest, &old); before != nil && before.Until != nil && *before.Until == old.From {
		longer := *before
		longer.Until = old.Until
		op.Before, op.After = append(op.Before, *before), append(op.After, longer)
	}
	return op, op.legal(known)
}

// Inverse plans that the operation is taken back. Errors: Conflict
// "person.operation_undone", "person.operation_overtaken" when a later one
// touched the same rows.
func (o *Operation) Inverse(known []Fact) (*Operation, error) {
	if o.UndoneBy != nil {
		return nil, domain.E(domain.Conflict, "person.operation_undone")
	}
	for i := range o.After {
		at := indexOf(known, o.After[i].ID)
		if at < 0 || !equalFacts(&known[at], &o.After[i]) {
			return nil, domain.E(domain.Conflict, "person.operation_overtaken")
		}
	}
	back := &Operation{PersonID: o.PersonID, Kind: o.Kind, Verb: VerbUndo, FirstDay: o.FirstDay, Before: o.After, After: o.Before, Undoes: &o.ID}
	if err := back.legal(known); err != nil {
		return nil, domain.E(domain.Conflict, "person.operation_overtaken")
	}
	return back, nil
}

func equalFacts(a, b *Fact) bool {
	return a.same(b) && a.From == b.From && (a.Until == nil) == (b.Until == nil) && (a.Until == nil || *a.Until == *b.Until)
}

// legal refuses an operation whose outcome cannot be: periods that overlap, a
// stage that does not follow from the one before it, a status after death.
// Moves of stages are named on the way.
func (o *Operation) legal(known []Fact) error {
	facts := o.Apply(known)
	last := map[string]*Fact{}
	for i := range facts {
		f := &facts[i]
		prev := last[f.track()]
		last[f.track()] = f
		if prev == nil {
			continue
		}
		if prev.Until == nil || *prev.Until > f.From {
			return domain.E(domain.Conflict, "person.fact_overlaps").At("body.from", "person.fact_overlaps")
		}
		at, before := indexOf(o.After, f.ID), indexOf(o.After, prev.ID)
		if at < 0 && before < 0 && !slices.ContainsFunc(o.Before, func(b Fact) bool { return b.From >= prev.From && b.From < f.From }) {
			continue
		}
		if f.Kind == FactStage {
			if err := f.follow(prev); err != nil {
				return err
			}
			if at >= 0 {
				o.After[at].Move, o.After[at].DueOn = f.Move, f.DueOn
			}
		}
		if f.Kind == FactStatus && Status(prev.Value) == StatusDeceased {
			return domain.E(domain.Conflict, "person.status_after_death").At("body.value", "person.status_after_death")
		}
	}
	return nil
}

// Warnings tells what must be seen before the operation is done: spans shorter
// than the rules ask.
func (o *Operation) Warnings(known []Fact, bornOn string) []Warning {
	if o.Kind != FactStage {
		return nil
	}
	return stageWarnings(o.Apply(known), func(id string) bool { return indexOf(o.After, id) >= 0 }, bornOn)
}

// Replay returns the facts that a history of operations leaves, oldest
// operation first, starting from the facts that no operation made.
func Replay(base []Fact, history []Operation) []Fact {
	facts := slices.Clone(base)
	sortFacts(facts)
	for i := range history {
		facts = history[i].Apply(facts)
	}
	return facts
}

// BaseOf returns what stood before the first operation: facts that no operation
// made, as they were when one first touched them.
func BaseOf(facts []Fact, history []Operation) []Fact {
	seen := map[string]bool{}
	var base []Fact
	for i := range history {
		for _, f := range history[i].Before {
			if !seen[f.ID] {
				base = append(base, f)
			}
		}
		for _, f := range slices.Concat(history[i].Before, history[i].After) {
			seen[f.ID] = true
		}
	}
	for _, f := range facts {
		if !seen[f.ID] {
			base = append(base, f)
		}
	}
	sortFacts(base)
	return base
}
