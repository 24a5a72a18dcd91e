package hours_test

import (
	"testing"

	"pgregory.net/rapid"

	"zhixing/domain/hours"
)

// Whatever becomes of a result, however often and in whatever order its jobs run:
// after the last of them the hours stand exactly when they are earned. Seen red
// with Settle reversing the first entry instead of the last.
func TestSettleFollowsTheResult(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		earned := hours.Earning{PersonID: "p", Source: hours.ExamPass, Ref: "a", By: "staff", Reason: "更正"}
		var entries []hours.Event
		settle := func() *hours.Event {
			e, err := hours.Settle(string(rune('A'+len(entries))), &earned, entries)
			if err != nil {
				rt.Fatal(err)
			}
			if e != nil {
				entries = append(entries, *e)
			}
			return e
		}
		for range rapid.IntRange(1, 12).Draw(rt, "changes") {
			earned.AmountCenti = rapid.SampledFrom([]int{0, 200}).Draw(rt, "earned")
			settle()
			if again := settle(); again != nil {
				rt.Fatalf("the second time writes %+v", again)
			}
			sum := 0
			for _, e := range entries {
				sum += e.AmountCenti
			}
			stands := hours.InEffect(entries)
			if sum != earned.AmountCenti || (len(entries) > 0 && stands[entries[0].ID] != (earned.AmountCenti > 0)) {
				rt.Fatalf("earned %d, in the ledger %d: %+v", earned.AmountCenti, sum, entries)
			}
		}
	})
}

// What a person took back by hand is not given back by a regrade. Seen red with
// the comparison of the rule taken out of Settle.
func TestSettleLeavesDecisionsOfPeople(t *testing.T) {
	earned := hours.Earning{PersonID: "p", Source: hours.ExamPass, Ref: "a", AmountCenti: 200, By: "staff", Reason: "更正"}
	credit, err := hours.Settle("1", &earned, nil)
	if err != nil || credit.Kind != hours.Credit || credit.AmountCenti != 200 {
		t.Fatalf("%+v %v", credit, err)
	}
	back, err := credit.Reverse("2", "auditor", "替考")
	if err != nil {
		t.Fatal(err)
	}
	if e, err := hours.Settle("3", &earned, []hours.Event{*credit, back}); e != nil || err != nil {
		t.Errorf("given back: %+v %v", e, err)
	}
}
