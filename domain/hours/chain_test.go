package hours_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func chainOf(n int) ([]hours.Event, hours.Head) {
	h := hours.Head{PersonID: "p"}
	var out []hours.Event
	for i := range n {
		e := credit(hours.FirstDay(2026)+hours.Date(i), hours.OnlineVideo, 100+i)
		e.RecordedAt = time.UnixMicro(1_790_000_000_000_000 + int64(i))
		h = h.Append(&e)
		out = append(out, e)
	}
	return out, h
}

func walk(es []hours.Event, anchor, kept hours.Head) *hours.Break {
	w := hours.NewWalker("p", anchor)
	for i := range es {
		w.Next(&es[i])
	}
	return w.Close(kept)
}

// Promise 6: an edited, deleted, moved or cut entry is named. Seen red for each
// case by leaving its comparison out of Walker (content, link, gap, head,
// anchor).
func TestWalkerNamesTheFirstBreak(t *testing.T) {
	whole, head := chainOf(6)
	if b := walk(whole, head, head); b != nil {
		t.Fatalf("an untouched chain is broken: %+v", b)
	}
	at4 := hours.Head{PersonID: "p", Seq: 4, Hash: whole[3].Hash}
	relink := func(es []hours.Event, from int) { // an attacker who knows how to hash
		h := hours.Head{PersonID: "p"}
		if from > 0 {
			h = hours.Head{PersonID: "p", Seq: es[from-1].Seq, Hash: es[from-1].Hash}
		}
		for i := from; i < len(es); i++ {
			h = h.Append(&es[i])
		}
	}
	last := func(es []hours.Event) hours.Head {
		if len(es) == 0 {
			return hours.Head{PersonID: "p"}
		}
		return hours.Head{PersonID: "p", Seq: es[len(es)-1].Seq, Hash: es[len(es)-1].Hash}
	}
	for _, c := range []struct {
		name   string
		tamper func([]hours.Event) []hours.Event
		cover  bool // the kept head is adjusted to hide it
		seq    int64
		kind   string
	}{
		{"amount flipped", func(es []hours.Event) []hours.Event { es[2].AmountCenti++; return es }, false, 3, hours.BrokenContent},
		{"flipped and hashed again", func(es []hours.Event) []hours.Event {
			es[2].AmountCenti++
			es[2].Hash = es[2].Link(es[2].PrevHash)
			return es
		}, false, 4, hours.BrokenLink},
		{"first deleted", func(es []hours.Event) []hours.Event { return es[1:] }, false, 1, hours.BrokenGap},
		{"middle deleted", func(es []hours.Event) []hours.Event { return slices.Delete(es, 2, 3) }, false, 3, hours.BrokenGap},
		{"two moved", func(es []hours.Event) []hours.Event {
			es[1].Seq, es[2].Seq = 3, 2
			es[1], es[2] = es[2], es[1]
			return es
		}, false, 2, hours.BrokenContent},
		{"tail cut", func(es []hours.Event) []hours.Event { return es[:5] }, false, 6, hours.BrokenHead},
		{"tail and head cut below the anchor", func(es []hours.Event) []hours.Event { return es[:2] }, true, 3, hours.BrokenTruncated},
		{"whole chain gone", func([]hours.Event) []hours.Event { return nil }, true, 1, hours.BrokenTruncated},
		{"written anew from the third", func(es []hours.Event) []hours.Event { es[2].AmountCenti = 9; relink(es, 2); return es }, true, 4, hours.BrokenRewritten},
	} {
		t.Run(c.name, func(t *testing.T) {
			es := c.tamper(slices.Clone(whole))
			kept := head
			if c.cover {
				kept = last(es)
			}
			b := walk(es, at4, kept)
			if b == nil || b.Seq != c.seq || b.Kind != c.kind || b.PersonID != "p" {
				t.Errorf("got %+v, want seq %d %s", b, c.seq, c.kind)
			}
		})
	}
}

// Any change of any field of any entry is found, wherever it is. Seen red by
// leaving Reason out of Canonical.
func TestEveryFieldIsCovered(t *testing.T) {
	fields := map[string]func(*hours.Event){
		"id": func(e *hours.Event) { e.ID += "x" }, "person": func(e *hours.Event) { e.PersonID += "x" },
		"kind": func(e *hours.Event) { e.Kind += "x" }, "source": func(e *hours.Event) { e.Source += "x" },
		"source_ref": func(e *hours.Event) { e.SourceRef += "x" }, "subject": func(e *hours.Event) { e.Subject += "x" },
		"title": func(e *hours.Event) { e.Title += "x" }, "amount": func(e *hours.Event) { e.AmountCenti = -e.AmountCenti },
		"required": func(e *hours.Event) { e.Required = !e.Required }, "on": func(e *hours.Event) { e.OccurredOn++ },
		"evidence kind": func(e *hours.Event) { e.Evidence.Kind += "x" }, "evidence id": func(e *hours.Event) { e.Evidence.ID += "x" },
		"digest": func(e *hours.Event) { e.Evidence.Digest += "x" }, "rule": func(e *hours.Event) { e.Rule += "x" },
		"reverses": func(e *hours.Event) { e.ReversesID += "x" }, "reason": func(e *hours.Event) { e.Reason += "x" },
		"actor": func(e *hours.Event) { e.ActorID += "x" }, "recorded": func(e *hours.Event) { e.RecordedAt = e.RecordedAt.Add(time.Microsecond) },
		"shift between fields": func(e *hours.Event) { e.Title, e.Subject = e.Title+e.Subject[:1], e.Subject[1:] },
	}
	names := make([]string, 0, len(fields))
	for n := range fields {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		t.Run(n, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				es, head := chainOf(rapid.IntRange(1, 8).Draw(t, "n"))
				i := rapid.IntRange(0, len(es)-1).Draw(t, "i")
				fields[n](&es[i])
				if b := walk(es, hours.Head{}, head); b == nil || b.Seq != int64(i+1) {
					t.Fatalf("changed entry %d, named %+v", i+1, b)
				}
			})
		})
	}
}

func TestVersionCheck(t *testing.T) {
	good := func() hours.Version {
		return hours.Version{
			PolicyID: "a", Document: hours.Document{Title: "干部教育培训工作条例", Number: "中发〔2023〕", Clause: "第二十条", ClauseText: "每年不少于 90 学时"},
			Rule: hours.Rule{TotalCenti: 9000, RequiredCenti: 5000, SourceCaps: []hours.Cap{{Source: hours.OnlineVideo, CapCenti: 5000}}},
		}
	}
	for _, c := range []struct {
		name string
		edit func(*hours.Version)
		want []string // location reason
	}{
		{"good", func(*hours.Version) {}, nil},
		{"no clause", func(v *hours.Version) { v.Document.ClauseText = " " }, []string{"body.document.clause_text hours.document_required"}},
		{"no total", func(v *hours.Version) { v.Rule.TotalCenti, v.Rule.RequiredCenti = 0, 0 }, []string{"body.rule.total_centi hours.total_out_of_range"}},
		{"required above total", func(v *hours.Version) { v.Rule.RequiredCenti = 9001 }, []string{"body.rule.required_centi hours.required_above_total"}},
		{"unknown source", func(v *hours.Version) { v.Rule.SourceCaps[0].Source = "tv" }, []string{"body.rule.source_caps hours.source_unknown"}},
		{"source twice", func(v *hours.Version) { v.Rule.SourceCaps = append(v.Rule.SourceCaps, v.Rule.SourceCaps[0]) }, []string{"body.rule.source_caps hours.source_twice"}},
		{"floor above total", func(v *hours.Version) { v.Rule.Prorating.FloorCenti = 9001 }, []string{"body.rule.prorating hours.prorating_invalid"}},
		{"supersedes itself", func(v *hours.Version) { v.Supersedes = []string{"a"} }, []string{"body.supersedes hours.supersedes_itself"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := good()
			c.edit(&v)
			var got []string
			if e, ok := errors.AsType[*domain.Error](v.Check()); ok {
				for _, f := range e.Fields {
					got = append(got, f.Location+" "+f.Reason)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestActivate(t *testing.T) {
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	v := hours.Version{PolicyID: "a", Number: 1, State: hours.Draft, Rule: hours.Rule{TotalCenti: 100}}
	if err := v.Activate("x", "d", now); domain.ReasonOf(err) != "hours.preview_needed" {
		t.Errorf("without preview: %v", err)
	}
	v.Preview = &hours.Preview{At: now.Add(-time.Hour), Digest: "d", VersionDigest: v.Digest()}
	if err := v.Activate("x", "other", now); domain.ReasonOf(err) != "hours.preview_changed" {
		t.Errorf("with another preview: %v", err)
	}
	if err := v.Activate("x", "d", now.Add(48*time.Hour)); domain.ReasonOf(err) != "hours.preview_needed" {
		t.Errorf("with a stale preview: %v", err)
	}
	changed := v
	changed.Rule.TotalCenti = 200
	if err := changed.Activate("x", "d", now); domain.ReasonOf(err) != "hours.preview_needed" {
		t.Errorf("with the preview of another wording: %v", err)
	}
	if err := v.Activate("x", "d", now); err != nil || v.State != hours.Active {
		t.Errorf("activate: %v", err)
	}
	if err := v.Activate("x", "d", now); domain.ReasonOf(err) != "hours.version_not_draft" {
		t.Errorf("twice: %v", err)
	}
}
