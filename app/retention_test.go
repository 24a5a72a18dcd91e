package app_test

import (
	"testing"
	"time"

	"zhixing/domain/hours"
	"zhixing/domain/org"
	"zhixing/domain/privacy"
)

// What people are told of terms that cannot be set, is what the sweeps do.
func TestFixedTermsAreTrue(t *testing.T) {
	for rule, life := range map[string]time.Duration{privacy.RuleImports: org.ImportKeep, privacy.RuleFiles: hours.ExportLife, privacy.RuleReplies: 24 * time.Hour} {
		r, err := privacy.RuleOf(rule)
		if err != nil || !r.Fixed() || time.Duration(r.Days)*24*time.Hour != life {
			t.Errorf("%s: %+v, and %v is done (%v)", rule, r, life, err)
		}
	}
}
