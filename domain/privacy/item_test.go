package privacy

import (
	"slices"
	"strings"
	"testing"

	"zhixing/domain"
)

// Each item says all that is asked of it, in words that are known, and no column
// stands under two of them.
func TestItemsAreWhole(t *testing.T) {
	grounds := []string{GroundDuty, GroundService, GroundSecurity, GroundOwn}
	untils := []string{UntilRecord, UntilAccount, UntilLedger, UntilFile, UntilLog, UntilWork}
	keys, columns := map[string]bool{}, map[string]string{}
	for _, i := range Items() {
		if keys[i.Key] {
			t.Errorf("%s stands twice", i.Key)
		}
		keys[i.Key] = true
		if !slices.Contains(grounds, i.Ground) || len(i.Readers) == 0 || !slices.Contains([]string{EraseBlank, EraseRemove, EraseKeep}, i.Erase) {
			t.Errorf("%s: ground %q, readers %v, erase %q", i.Key, i.Ground, i.Readers, i.Erase)
		}
		if _, err := RuleOf(i.Rule); (i.Rule == "") == (i.Until == "") || i.Rule != "" && err != nil || i.Until != "" && !slices.Contains(untils, i.Until) {
			t.Errorf("%s: rule %q, until %q", i.Key, i.Rule, i.Until)
		}
		for _, f := range i.Fields {
			for c := range strings.FieldsSeq(f.Columns) {
				if other := columns[f.Table+"."+c]; other != "" {
					t.Errorf("%s.%s stands under %s and %s", f.Table, c, other, i.Key)
				}
				columns[f.Table+"."+c] = i.Key
			}
		}
	}
}

func TestTermBounds(t *testing.T) {
	for _, x := range []struct {
		term   Term
		reason string
	}{
		{Term{Rule: RuleReads, Days: 180, Reason: "制度"}, ""},
		{Term{Rule: RuleReads, Days: 3650, Reason: "制度"}, ""},
		{Term{Rule: RuleReads, Days: 179, Reason: "制度"}, "privacy.term_bounds"},
		{Term{Rule: RuleReads, Days: 3651, Reason: "制度"}, "privacy.term_bounds"},
		{Term{Rule: RuleImports, Days: 90, Reason: "制度"}, "privacy.term_fixed"},
		{Term{Rule: RuleReads, Days: 200, Reason: " "}, "privacy.reason_missing"},
		{Term{Rule: "grades", Days: 200, Reason: "制度"}, "privacy.rule_unknown"},
	} {
		if err := x.term.Check(); domain.ReasonOf(err) != x.reason {
			t.Errorf("%+v: %v, want %q", x.term, err, x.reason)
		}
	}
	for _, r := range Rules() {
		if r.Days < r.Min || r.Days > r.Max {
			t.Errorf("%s: %d is not between %d and %d", r.Key, r.Days, r.Min, r.Max)
		}
	}
}
