package org

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"zhixing/domain"
	"zhixing/domain/sheet"
)

// ImportKnown is somebody whose number stands in the file, with the facts that
// an import can change.
type ImportKnown struct {
	Person
	Facts   []Fact
	InScope bool
}

// Seen is a fingerprint of how the person stands: a row that was judged by
// another is stale.
func (k *ImportKnown) Seen() string {
	type fact struct{ ID, Kind, Value, From, Until string }
	facts := make([]fact, len(k.Facts))
	for i, f := range k.Facts {
		facts[i] = fact{f.ID, string(f.Kind), f.Value, f.From, textOf(f.Until)}
	}
	b, err := json.Marshal(struct {
		Version int
		Merged  *string
		Facts   []fact
	}{k.Version, k.MergedInto, facts})
	if err != nil { // strings always marshal
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// ImportJudge is what rows are judged against.
type ImportJudge struct {
	Options  ImportOptions
	Columns  []sheet.Column
	Today    string
	All      bool   // the actor reaches the whole institution
	Filename string // stands as the document of facts that name none
	NewID    func() string
}

// Judge decides what would come of a row that ReadImportRow took apart: a new
// person, changes field by field, nothing, or a refusal. owner is the number of
// the person who has the row's id number already, "" when nobody does. It
// returns the operations on dated facts of somebody who is known.
func (j *ImportJudge) Judge(r *ImportRow, known *ImportKnown, owner string, sameCard bool) []*Operation {
	if r.Outcome == OutcomeRefused {
		return nil
	}
	v := &r.Values
	if owner != "" && owner != v.Number {
		r.refuse(j.column(FieldIDCard), FieldIDCard, "import.id_card_taken", "number", owner)
		return nil
	}
	if known == nil {
		j.judgeNew(r)
		return nil
	}
	switch {
	case !known.InScope:
		r.refuse(j.column(FieldNumber), FieldNumber, "import.out_of_reach")
		return nil
	case known.MergedInto != nil:
		r.refuse(j.column(FieldNumber), FieldNumber, "person.is_merged")
		return nil
	}
	r.PersonID, r.Seen = known.ID, known.Seen()
	j.compareDetails(r, known, sameCard)
	ops := j.compareFacts(r, known)
	switch {
	case r.Outcome == OutcomeRefused:
		r.Changes = nil
		return nil
	case len(r.Changes) > 0:
		r.Outcome = OutcomeChanged
	default:
		r.Outcome = OutcomeSame
	}
	return ops
}

func (j *ImportJudge) column(field string) int {
	for _, c := range j.Columns {
		if c.Field == field {
			return c.Index
		}
	}
	return -1
}

func (j *ImportJudge) from() string {
	if j.Options.From != "" {
		return j.Options.From
	}
	return j.Today
}

func (j *ImportJudge) judgeNew(r *ImportRow) {
	v := &r.Values
	if v.Kind == "" {
		if v.Kind = j.Options.Kind; v.Kind == "" {
			r.refuse(j.column(FieldKind), FieldKind, "import.kind_missing")
		}
	}
	if !j.All && v.PartyUnitID == "" && v.AdminUnitID == "" { // would be out of everyone's sight
		r.refuse(-1, FieldPartyUnit, "person.unit_missing")
	}
	if r.Outcome != OutcomeRefused {
		r.Outcome = OutcomeNew
	}
}

func (j *ImportJudge) compareDetails(r *ImportRow, known *ImportKnown, sameCard bool) {
	v, d := &r.Values, r.Values.Details(&known.Person)
	change := func(field, old, is string) {
		if old != is {
			r.Changes = append(r.Changes, FieldChange{field, old, is})
		}
	}
	change(FieldName, known.Name, d.Name)
	change(FieldKind, known.Kind, d.Kind)
	change(FieldGender, textOf(known.Gender), d.Gender)
	change(FieldBornOn, textOf(known.BornOn), d.BornOn)
	change(FieldPhone, MaskPhone(known.Phone), MaskPhone(d.Phone))
	if known.Phone != d.Phone && MaskPhone(known.Phone) == MaskPhone(d.Phone) {
		r.Changes = append(r.Changes, FieldChange{FieldPhone, MaskPhone(known.Phone), MaskPhone(d.Phone)})
	}
	change(FieldEmail, known.Email, d.Email)
	if v.IDCard != "" && !sameCard {
		r.Changes = append(r.Changes, FieldChange{FieldIDCard, known.IDCardMask, v.IDCardMask})
	}
}

func (j *ImportJudge) compareFacts(r *ImportRow, known *ImportKnown) []*Operation {
	v := &r.Values
	var ops []*Operation
	for _, f := range []struct {
		kind                       FactKind
		field, value, label, dated string
		dateField                  string
	}{
		{FactParty, FieldPartyUnit, v.PartyUnitID, v.PartyUnit, "", ""},
		{FactAdmin, FieldAdminUnit, v.AdminUnitID, v.AdminUnit, "", ""},
		{FactStage, FieldStage, v.Stage, v.Stage, v.StageOn, FieldStageOn},
		{FactRank, FieldRank, v.Rank, v.Rank, v.RankOn, FieldRankOn},
	} {
		if f.value == "" {
			continue
		}
		on := f.dated
		if on == "" {
			on = j.from()
		}
		history := factsOfKind(known.Facts, f.kind)
		now := AsOf(history, max(j.Today, on))
		if len(now) > 0 && now[0].Value == f.value {
			if f.dated != "" && now[0].From != f.dated {
				r.Notes = append(r.Notes, CellFlaw{
					Column: j.column(f.dateField), Field: f.dateField, Reason: "import.note_date_kept", Params: map[string]any{"from": now[0].From},
				})
			}
			continue
		}
		old := ""
		if len(now) > 0 {
			if old = now[0].Value; now[0].Label != "" {
				old = now[0].Label
			}
		}
		op, err := Add(history, j.fact(r, known.ID, f.kind, f.value, on))
		if e, ok := errors.AsType[*domain.Error](err); ok {
			r.Refusals = append(r.Refusals, CellFlaw{Column: j.column(f.field), Field: f.field, Reason: e.Reason, Params: e.Params})
			r.Outcome = OutcomeRefused
			continue
		}
		ops = append(ops, op)
		r.Changes = append(r.Changes, FieldChange{f.field, old, f.label})
	}
	return ops
}

func (j *ImportJudge) fact(r *ImportRow, personID string, kind FactKind, value, on string) Fact {
	document := r.Values.Document
	if document == "" {
		document = j.Filename
	}
	return Fact{ID: j.NewID(), PersonID: personID, Kind: kind, Value: value, From: on, Document: document}
}

// FirstFacts are the facts that a new person begins with.
func (j *ImportJudge) FirstFacts(r *ImportRow, personID string) []Fact {
	v := &r.Values
	var out []Fact
	add := func(kind FactKind, value, on string) {
		if on == "" {
			on = j.from()
		}
		if value != "" {
			out = append(out, j.fact(r, personID, kind, value, on))
		}
	}
	add(FactParty, v.PartyUnitID, "")
	add(FactAdmin, v.AdminUnitID, "")
	add(FactStage, v.Stage, v.StageOn)
	add(FactRank, v.Rank, v.RankOn)
	return out
}

func factsOfKind(facts []Fact, kind FactKind) []Fact {
	var out []Fact
	for i := range facts {
		if facts[i].Kind == kind {
			out = append(out, facts[i])
		}
	}
	return out
}

// Repeated refuses a row whose number or id number an earlier line of the file
// has already.
func (r *ImportRow) Repeated(j *ImportJudge, field string, line int) {
	r.refuse(j.column(field), field, "import.repeated", "line", line)
}

// GoStale marks a row whose person changed since the preview.
func (r *ImportRow) GoStale() {
	r.Refusals, r.Outcome = append(r.Refusals, CellFlaw{Column: -1, Reason: "import.row_stale"}), OutcomeStale
}

// ImportUnits finds units by what people write: a name that only one unit of the
// tree has, or a path of names such as 计算机学院/软件工程系; and by what programs
// write: # and the key by which another system knows the unit.
type ImportUnits struct {
	byName map[string][]string
	byPath map[string]string
	byKey  map[string]string
	closed map[string]bool
}

// NewImportUnits indexes the units within reach; on is the day from which people
// are to be in them.
func NewImportUnits(units []UnitNode, on string) *ImportUnits {
	u := &ImportUnits{byName: map[string][]string{}, byPath: map[string]string{}, byKey: map[string]string{}, closed: map[string]bool{}}
	for i := range units {
		n := &units[i]
		if n.ClosedOn != nil && !n.OpenOn(on) {
			u.closed[n.Tree+unitName(n.Name)] = true
			continue
		}
		u.byName[n.Tree+unitName(n.Name)] = append(u.byName[n.Tree+unitName(n.Name)], n.ID)
		if n.ExternalKey != "" {
			u.byKey[n.Tree+n.ExternalKey] = n.ID
		}
		path := ""
		for k := len(n.PathNames) - 1; k >= 0; k-- { // any tail of the path will do
			if path = unitName(n.PathNames[k]) + "/" + path; k < len(n.PathNames)-1 {
				key := n.Tree + path
				if other, taken := u.byPath[key]; taken && other != n.ID {
					u.byPath[key] = ""
				} else {
					u.byPath[key] = n.ID
				}
			}
		}
	}
	return u
}

// Find returns the unit of a name, or the reason why there is none.
func (u *ImportUnits) Find(tree, name string) (id, reason string) {
	if key, ok := strings.CutPrefix(name, "#"); ok {
		if id, ok := u.byKey[tree+key]; ok {
			return id, ""
		}
		return "", "import.unit_unknown"
	}
	if key := tree + pathName(name); key != tree {
		if id, ok := u.byPath[key]; ok {
			if id == "" {
				return "", "import.unit_ambiguous"
			}
			return id, ""
		}
	}
	switch ids := u.byName[tree+unitName(name)]; {
	case len(ids) == 1:
		return ids[0], ""
	case len(ids) > 1:
		return "", "import.unit_ambiguous"
	case u.closed[tree+unitName(name)]:
		return "", "unit.closed"
	}
	return "", "import.unit_unknown"
}
