package privacy

import (
	"slices"
	"testing"
	"time"

	"zhixing/domain"
)

// Who is on the roll is not erased, whoever asks; nor who left while something of his
// is under way. Another person decides, and types whom it is about.
func TestErasure(t *testing.T) {
	gone, now := Standing{Status: "left"}, time.Unix(0, 0)
	for key, s := range map[string]Standing{
		"in_service": {Status: "active"}, "attempts": {Status: "left", Attempts: 1}, "grants": {Status: "left", Grants: 1},
		"batches": {Status: "deceased", Batches: 1}, "merged": {Status: "left", Merged: true}, "break_glass": {Status: "left", BreakGlass: true},
	} {
		if got := s.Blockers(); !slices.Equal(got, []string{key}) {
			t.Errorf("%+v: %v", s, got)
		}
		if _, err := NewErasure("e", "p", "keeper", "申请", s); domain.ReasonOf(err) != "privacy.erasure_blocked" {
			t.Errorf("%s: staff %v", key, err)
		}
		if _, err := NewErasure("e", "p", "p", "申请", s); err != nil {
			t.Errorf("%s: himself %v", key, err)
		}
	}
	for _, status := range []string{"active", "on_leave", "suspended", "retired", ""} {
		if len((Standing{Status: status}).Blockers()) == 0 {
			t.Errorf("%s is on the roll", status)
		}
	}
	for _, x := range []struct {
		by, reason, typed string
		approve           bool
		s                 Standing
		want              string
	}{
		{"keeper", "", "P1", true, gone, "privacy.erasure_second_person"},
		{"p", "", "P1", true, gone, "privacy.erasure_second_person"},
		{"other", "", "P2", true, gone, "privacy.erasure_confirm"},
		{"other", "", "", true, gone, "privacy.erasure_confirm"},
		{"other", "", "P1", true, Standing{Status: "active"}, "privacy.erasure_blocked"},
		{"other", "", "", false, gone, "privacy.reason_missing"},
		{"other", "", " P1 ", true, gone, ""},
		{"other", "材料不全", "", false, Standing{Status: "active"}, ""},
	} {
		e := &Erasure{PersonID: "p", Number: "P1", RequestedBy: "keeper", State: ErasureRequested}
		if err := e.Decide(x.by, x.approve, x.reason, x.typed, x.s, now); domain.ReasonOf(err) != x.want || (err != nil) != (e.State == ErasureRequested) {
			t.Errorf("%+v: %v, %s", x, err, e.State)
		}
		if x.want == "" {
			if err := e.Decide("third", true, "", "P1", gone, now); domain.ReasonOf(err) != "privacy.erasure_decided" {
				t.Errorf("twice: %v", err)
			}
		}
	}
	if name, number := Pseudonym("01a20b95-b178-7397-b00f-4589cc300234"); name != "已删除人员 4589CC" || number != "DEL-4589CC300234" {
		t.Errorf("%s %s", name, number)
	}
}
