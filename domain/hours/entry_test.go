package hours

import (
	"testing"

	"zhixing/domain"
)

func TestEntryCheck(t *testing.T) {
	today := NewDate(2026, 11, 23)
	good := Entry{PersonID: "p", Source: OfflineTraining, Title: "春季集中培训", AmountCenti: 800, OccurredOn: today, Document: "签到册"}
	for name, c := range map[string]struct {
		change func(*Entry)
		reason string
	}{
		"good":            {func(*Entry) {}, ""},
		"himself":         {func(e *Entry) { e.PersonID = "by" }, "hours.enter_self"},
		"by the system":   {func(e *Entry) { e.Source = OnlineVideo }, "hours.entry_not_valid"},
		"unknown source":  {func(e *Entry) { e.Source = "rumour" }, "hours.entry_not_valid"},
		"no title":        {func(e *Entry) { e.Title = " " }, "hours.entry_not_valid"},
		"no document":     {func(e *Entry) { e.Document = "" }, "hours.entry_not_valid"},
		"nothing":         {func(e *Entry) { e.AmountCenti = 0 }, "hours.entry_not_valid"},
		"more than a lot": {func(e *Entry) { e.AmountCenti = 10_001 }, "hours.entry_not_valid"},
		"tomorrow":        {func(e *Entry) { e.OccurredOn = today + 1 }, "hours.entry_not_valid"},
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			c.change(&e)
			if err := e.Check("by", today); domain.ReasonOf(err) != c.reason {
				t.Errorf("error %v, want %q", err, c.reason)
			}
		})
	}
	twice, other := good, good
	other.OccurredOn--
	if good.Event("1", "by").SourceRef != twice.Event("2", "by").SourceRef || good.Event("1", "by").SourceRef == other.Event("1", "by").SourceRef {
		t.Error("the reference does not tell the same entry from another")
	}
}
