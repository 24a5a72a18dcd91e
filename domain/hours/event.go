package hours

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// The kinds of an event.
const (
	Credit   = "credit"   // hours earned
	Reversal = "reversal" // takes one earlier event out of effect
)

// The kinds of evidence an event can stand on.
const (
	EvidenceCompletion = "completion" // a lesson's completion with its watched spans
	EvidenceAttempt    = "attempt"    // a graded exam attempt
	EvidenceDecision   = "decision"   // a named person's decision with a reason
)

// Evidence names what an event stands on. Digest is hex SHA-256 of the facts at
// the time of crediting, so that a later edit of them shows.
type Evidence struct {
	Kind   string
	ID     string
	Digest string
}

// Event is one entry of a person's ledger. Entries are appended, never edited;
// a correction is a Reversal that names the entry it takes back.
type Event struct {
	ID          string
	PersonID    string
	Seq         int64 // 1, 2, … within the person, no gaps
	Kind        string
	Source      Source
	SourceRef   string // credits once per (Source, SourceRef): a completion, an attempt
	Subject     string // what was learned, e.g. a lesson id; a second credit of it in a year is a repeat
	Title       string // how it was called at the time
	AmountCenti int    // negative in a reversal of a credit
	Required    bool   // from a required course 必修
	OccurredOn  Date   // the civil date that decides the year (3.4: online = completion)
	Evidence    Evidence
	Rule        string // the conversion rule and its version, e.g. lesson_hours/1
	ReversesID  string // Reversal only
	Reason      string // Reversal and decisions only
	ActorID     string // who decided; "" = the system by rule
	RecordedAt  time.Time
	PrevHash    Hash
	Hash        Hash
}

// The conversion rules in use (hours-rules.md 1: conversion is data). Their
// text is in the locale files under hours.rule.
const (
	RuleLessonHours = "lesson_hours/1" // a lesson's declared hours, once, at completion
	RuleExamBonus   = "exam_bonus/1"   // an exam's declared hours, once, on passing (3.15)
	RuleReversal    = "reversal/1"     // the exact opposite of the entry it takes back
	// The same, because the exam or the attempt was amended; restored when that is undone.
	RuleExamReversal = "exam_reversal/1"
)

// Reverse makes the entry that takes e back, by a person for a reason. It falls
// on e's own date, so that the same year is corrected. Seq, hashes and the time
// of recording are set when it is appended.
func (e *Event) Reverse(id, by, reason string) (Event, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return Event{}, domain.E(domain.Invalid, "hours.reason_required")
	}
	return Event{
		ID: id, PersonID: e.PersonID, Kind: Reversal, Source: e.Source, SourceRef: e.ID, Subject: e.Subject,
		Title: e.Title, AmountCenti: -e.AmountCenti, Required: e.Required, OccurredOn: e.OccurredOn,
		Evidence: Evidence{Kind: EvidenceDecision, ID: id, Digest: DigestOf(map[string]string{"by": by, "reason": reason, "event_id": e.ID})},
		Rule:     RuleReversal, ReversesID: e.ID, Reason: reason, ActorID: by,
	}, nil
}

// InEffect tells, for each event by id, whether it stands: nothing that stands
// takes it back. A reversal can itself be reversed.
func InEffect(events []Event) map[string]bool {
	by := make(map[string]string, 4) // event → its reversal
	for i := range events {
		if r := events[i].ReversesID; r != "" {
			by[r] = events[i].ID
		}
	}
	stands := make(map[string]bool, len(events))
	for i := range events {
		ok := true
		for r := by[events[i].ID]; r != ""; r = by[r] {
			ok = !ok
		}
		stands[events[i].ID] = ok
	}
	return stands
}

// DigestOf is hex SHA-256 of the JSON of a value made of maps, slices, strings
// and integers; map keys are sorted, so equal facts give equal digests.
func DigestOf(facts any) string {
	b, err := json.Marshal(facts)
	if err != nil { // only values that marshal are passed
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Digest identifies the wording of a version, whatever its state.
func (v *Version) Digest() string {
	return DigestOf(map[string]any{
		"policy": v.PolicyID, "number": v.Number, "from": v.EffectiveFrom, "document": v.Document,
		"audience": v.Audience, "rule": v.Rule, "supersedes": v.Supersedes,
	})
}

// KnownOn returns the entries that were recorded by the end of a date, newest
// first: what the ledger said then.
func KnownOn(events []Event, asOf Date) []Event {
	end := (asOf + 1).Start()
	var out []Event
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].RecordedAt.Before(end) {
			out = append(out, events[i])
		}
	}
	return out
}

// Deciders returns the people who decided on entries, each once.
func Deciders(events []Event) []string {
	var out []string
	for i := range events {
		if id := events[i].ActorID; id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
