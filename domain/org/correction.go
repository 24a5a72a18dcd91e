package org

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Correction is what a person asks to have changed in his own record.
type Correction struct {
	ID         string
	PersonID   string
	Number     string // read only, as the name
	Name       string
	Field      string
	Value      string
	ValueLabel string // read only: the name of a unit
	Current    string // read only: what the record says now
	FromOn     *string
	Note       string
	State      string
	CreatedAt  time.Time
	DecidedBy  string // read only: a name
	DecidedAt  *time.Time
	Decision   string
}

// States of a correction.
const (
	CorrectionOpen      = "open"
	CorrectionApproved  = "approved"
	CorrectionDeclined  = "declined"
	CorrectionWithdrawn = "withdrawn"
)

// MaxOpenCorrections bounds the open requests of one person.
const MaxOpenCorrections = 10

// factOfField is the kind of fact that a field is, for those that are dated.
var factOfField = map[string]FactKind{
	"stage": FactStage, "rank": FactRank, "party_membership": FactParty, "admin_membership": FactAdmin,
}

// FactKind is the kind of fact that is asked for, "" for a field that is not dated.
func (c *Correction) FactKind() FactKind { return factOfField[c.Field] }

// Check refuses a request that could not be granted whatever is decided. Errors:
// Invalid "person.correction_field", "person.correction_note",
// "person.date_form" and those of the fields.
func (c *Correction) Check(today string) error {
	at := func(field, reason string) error { return domain.E(domain.Invalid, reason).At("body."+field, reason) }
	c.Value, c.Note = strings.TrimSpace(c.Value), strings.TrimSpace(c.Note)
	dated := c.FactKind() != ""
	switch {
	case !dated && !slices.Contains([]string{"name", "gender", "born_on", "phone", "email"}, c.Field):
		return at("field", "person.correction_field")
	case c.Note == "" || utf8.RuneCountInString(c.Note) > 300:
		return at("note", "person.correction_note")
	case dated && (c.FromOn == nil || !ValidDate(*c.FromOn)):
		return at("from", "person.date_form")
	case dated && c.Field == "stage" && !Stage(c.Value).Known():
		return at("value", "person.stage_unknown")
	case dated && c.Field == "rank" && !slices.Contains(Ranks(), c.Value):
		return at("value", "person.rank_unknown")
	}
	if !dated {
		c.FromOn = nil
		d := Details{Number: "0", Name: "-", Kind: "staff"}
		c.Put(&d)
		if _, bad := d.Check(today); len(bad) > 0 {
			return at("value", bad[0].Reason)
		}
	}
	return nil
}

// Put writes the value that is asked for into the details.
func (c *Correction) Put(d *Details) {
	switch c.Field {
	case "name":
		d.Name = c.Value
	case "gender":
		d.Gender = c.Value
	case "born_on":
		d.BornOn = c.Value
	case "phone":
		d.Phone = c.Value
	case "email":
		d.Email = c.Value
	}
}

// Decide settles an open request. Errors: Forbidden "person.correction_own",
// Conflict "person.correction_decided", Invalid "person.reason_missing" when it
// is declined without one.
func (c *Correction) Decide(by string, approve bool, reason string, now time.Time) error {
	switch {
	case by == c.PersonID:
		return domain.E(domain.Forbidden, "person.correction_own")
	case c.State != CorrectionOpen:
		return domain.E(domain.Conflict, "person.correction_decided")
	case !approve && strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	c.State, c.Decision, c.DecidedAt = CorrectionDeclined, strings.TrimSpace(reason), &now
	if approve {
		c.State = CorrectionApproved
	}
	return nil
}

// Look is one reading of a person's record by somebody else.
type Look struct {
	At     time.Time
	By     string // name
	What   string // read, reveal, impersonate, read_sessions, or a kind of audit.ReadLog
	Reason string
}
