package privacy

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// The rules of retention.
const (
	RuleReads       = "reads"
	RuleSessions    = "sessions"
	RuleDevices     = "devices"
	RuleConflicts   = "conflicts"
	RuleCorrections = "corrections"
	RulePushes      = "pushes"
	RuleBulks       = "bulks"
	RuleExports     = "exports"
	RulePhotos      = "photos"
	RuleContacts    = "contacts"
	RuleIDCards     = "id_cards"
	RuleImports     = "imports"
	RuleFiles       = "export_files"
	RuleReplies     = "replies"
)

// Rule is how long data is kept: Days from an event on, which the institution may
// set between Min and Max. Where they are equal the program has one term, and its
// own sweep keeps it.
type Rule struct {
	Key            string
	Event          string // happened, ended, used, decided, left
	Days, Min, Max int
	Blank          bool // fields are emptied; otherwise rows go
}

// 网络安全法 art. 21 wants logs of the network for six months: 180 days are the least.
var rules = []Rule{
	{Key: RuleReads, Event: "happened", Days: 1095, Min: 180, Max: 3650},
	{Key: RuleSessions, Event: "ended", Days: 180, Min: 180, Max: 730},
	{Key: RuleDevices, Event: "used", Days: 730, Min: 30, Max: 730},
	{Key: RuleConflicts, Event: "decided", Days: 180, Min: 30, Max: 1095},
	{Key: RuleCorrections, Event: "decided", Days: 1095, Min: 180, Max: 3650},
	{Key: RulePushes, Event: "ended", Days: 90, Min: 30, Max: 365, Blank: true},
	{Key: RuleBulks, Event: "ended", Days: 365, Min: 90, Max: 1095},
	{Key: RuleExports, Event: "ended", Days: 1095, Min: 180, Max: 3650},
	{Key: RulePhotos, Event: "left", Days: 180, Min: 30, Max: 1095, Blank: true},
	{Key: RuleContacts, Event: "left", Days: 1095, Min: 180, Max: 3650, Blank: true},
	{Key: RuleIDCards, Event: "left", Days: 1095, Min: 180, Max: 3650, Blank: true},
	{Key: RuleImports, Event: "happened", Days: 90, Min: 90, Max: 90},
	{Key: RuleFiles, Event: "happened", Days: 7, Min: 7, Max: 7},
	{Key: RuleReplies, Event: "happened", Days: 1, Min: 1, Max: 1},
}

// Rules lists every rule, in the order that screens show them.
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf returns a rule; NotFound "privacy.rule_unknown".
func RuleOf(key string) (Rule, error) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Key == key })
	if i < 0 {
		return Rule{}, domain.E(domain.NotFound, "privacy.rule_unknown")
	}
	return rules[i], nil
}

// Fixed reports whether the term cannot be set.
func (r Rule) Fixed() bool { return r.Min == r.Max }

// Term is what the institution set for a rule.
type Term struct {
	Rule      string
	Days      int
	Reason    string
	ChangedBy string
	ByName    string // read only
	ChangedAt time.Time
}

// Check refuses a term that the rule does not allow. Errors: NotFound
// "privacy.rule_unknown", Invalid "privacy.term_fixed", "privacy.term_bounds",
// "privacy.reason_missing".
func (t *Term) Check() error {
	r, err := RuleOf(t.Rule)
	if err != nil {
		return err
	}
	if t.Reason, err = reasonOf(t.Reason); err != nil {
		return err
	}
	switch {
	case r.Fixed():
		return domain.E(domain.Invalid, "privacy.term_fixed").At("body.days", "privacy.term_fixed")
	case t.Days < r.Min || t.Days > r.Max:
		e := domain.E(domain.Invalid, "privacy.term_bounds", "min", r.Min, "max", r.Max)
		e.Fields = append(e.Fields, domain.FieldError{Location: "body.days", Reason: e.Reason, Params: e.Params})
		return e
	}
	return nil
}

func reasonOf(s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < 2 || n > 500 {
		return s, domain.E(domain.Invalid, "privacy.reason_missing").At("body.reason", "privacy.reason_missing")
	}
	return s, nil
}

// Run is what a rule took away on a day.
type Run struct {
	Rule       string
	OnDay      string // civil date
	Days       int    // the term that held
	Removed    int
	StartedAt  time.Time
	FinishedAt *time.Time
}
