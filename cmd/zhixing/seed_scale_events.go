package main

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"zhixing/app"
	"zhixing/domain/hours"

	"github.com/google/uuid"
)

// makeEvents makes every person's chain over the years, a few hundred people at
// a time, with the chains' heads.
func (s *scale) makeEvents(ctx context.Context) error {
	left := s.events
	const group = 300
	for start := 0; start < len(s.ids); start += group {
		ids := s.ids[start:min(len(s.ids), start+group)]
		var events, heads, plays, spans, completions [][]any
		for i, id := range ids {
			n := left / (len(s.ids) - start - i)
			left -= n
			chain := s.chain(id, n)
			if start+i < max(1, len(s.ids)/100) {
				p, sp, c := s.evidence(chain)
				plays, spans, completions = append(plays, p...), append(spans, sp...), append(completions, c...)
			}
			head := hours.Head{PersonID: id}
			for j := range chain {
				head = head.Append(&chain[j])
				events = append(events, eventRow(&chain[j]))
			}
			heads = append(heads, []any{id, head.Seq, head.Hash[:]})
		}
		err := errors.Join(
			s.copyRows(ctx, "hour_events", eventRowColumns, events),
			s.copyRows(ctx, "hour_chains", []string{"person_id", "seq", "hash"}, heads),
			s.insertFacts(ctx, `INSERT INTO plays (id, person_id, lesson_id, media_version, device_id, duration_ms, max_rate_percent, allow_skip, opened_at, closed_at)
VALUES ($1, $2, $3, $4, 'measuring', 2700000, 200, false, $5, $6)`, plays),
			s.insertFacts(ctx, `INSERT INTO play_spans (play_id, seq, person_id, media, rate_percent, wall)
VALUES ($1, 1, $2, '[0,2600000)', 100, tstzrange($3, $4))`, spans),
			s.insertFacts(ctx, `INSERT INTO completions (id, person_id, lesson_id, media_version, play_id, covered_ms, duration_ms, threshold_percent, completed_at)
VALUES ($1, $2, $3, $4, $5, 2600000, 2700000, 90, $6)`, completions))
		if err != nil {
			return err
		}
	}
	return nil
}

// chain makes n events of a person on different days of the years, oldest first.
func (s *scale) chain(personID string, n int) []hours.Event {
	first := hours.NewDate(s.today.Year()-scaleYears+1, 1, 1)
	span := int(s.today - first)
	days := make([]hours.Date, n)
	for i := range days {
		days[i] = first + hours.Date(s.rand.IntN(span))
	}
	slices.Sort(days)
	out := make([]hours.Event, n)
	for i := range out {
		e := &out[i]
		*e = hours.Event{
			ID: s.uuid(), PersonID: personID, Kind: hours.Credit, Source: hours.OnlineVideo, SourceRef: s.uuid(),
			Subject: s.lessons[s.rand.IntN(len(s.lessons))], Title: "测量课程 · 党章总纲导读", AmountCenti: []int{50, 100, 100, 150, 200}[s.rand.IntN(5)],
			Required: s.rand.IntN(2) == 0, OccurredOn: days[i], Rule: hours.RuleLessonHours,
			// An hour apart within the day, in the order of the chain.
			RecordedAt: days[i].Start().Add(7*time.Hour + time.Duration(i%14)*time.Hour + time.Duration(i)*time.Millisecond).UTC(),
		}
		e.Evidence = hours.Evidence{Kind: hours.EvidenceCompletion, ID: e.SourceRef, Digest: hours.DigestOf(e.SourceRef)}
		switch k := s.rand.IntN(20); {
		case k < 2:
			e.Source, e.Subject, e.Rule, e.Evidence.Kind = hours.ExamPass, s.uuid(), hours.RuleExamBonus, hours.EvidenceAttempt
		case k == 2:
			e.Source, e.Subject, e.AmountCenti, e.Evidence.Kind = hours.OfflineTraining, s.uuid(), 400, hours.EvidenceDecision
		}
	}
	return out
}

// evidence makes the play, the span and the completion of each lesson event,
// and sets the event's digest to theirs.
func (s *scale) evidence(chain []hours.Event) (plays, spans, completions [][]any) {
	versions := map[string]int{}
	for i := range chain {
		e := &chain[i]
		if e.Source != hours.OnlineVideo {
			continue
		}
		versions[e.Subject]++
		play, version := app.NewID(), versions[e.Subject]
		done := e.OccurredOn.Start().Add(time.Duration(i%28) * 50 * time.Minute).UTC()
		from := done.Add(-45 * time.Minute)
		if n := len(spans); n > 0 { // nobody watches two at once
			if last, ok := spans[n-1][3].(time.Time); ok && from.Before(last) {
				from, done = last, last.Add(45*time.Minute)
			}
		}
		plays = append(plays, []any{play, e.PersonID, e.Subject, version, from, done})
		spans = append(spans, []any{play, e.PersonID, from, done})
		completions = append(completions, []any{e.SourceRef, e.PersonID, e.Subject, version, play, done})
	}
	return plays, spans, completions
}

var eventRowColumns = []string{
	"id", "person_id", "seq", "kind", "source", "source_ref", "subject", "title", "amount_centi", "required", "occurred_on",
	"evidence_kind", "evidence_id", "evidence_digest", "rule", "reason", "recorded_at", "prev_hash", "hash",
}

func eventRow(e *hours.Event) []any {
	return []any{
		e.ID, e.PersonID, e.Seq, e.Kind, string(e.Source), e.SourceRef, e.Subject, e.Title, e.AmountCenti, e.Required, e.OccurredOn.Time(),
		e.Evidence.Kind, e.Evidence.ID, e.Evidence.Digest, e.Rule, e.Reason, e.RecordedAt, e.PrevHash[:], e.Hash[:],
	}
}

// uuid makes an id of the same data each time; ids of events rise as they do in use.
func (s *scale) uuid() string {
	s.serial++
	var b [16]byte
	ms := uint64(1_600_000_000_000) + s.serial //nolint:gosec // a counter
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	for i := 6; i < 16; i++ {
		b[i] = byte(s.rand.Uint32())
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	id, err := uuid.FromBytes(b[:])
	if err != nil { // sixteen bytes always are one
		return hex.EncodeToString(b[:])
	}
	return id.String()
}
