package api_test

import (
	"strings"
	"testing"

	"zhixing/app/api/apitest"
)

// The page lists every operation and takes nothing from anywhere: no script, no
// address of another host, so that our Content-Security-Policy has nothing to
// refuse. Seen red: with the operations of one tag left out.
func TestAPIDocs(t *testing.T) {
	e := apitest.New(t)
	r := e.Anyone(t).Do("GET", "/api/docs", nil).Want(200)
	page := string(r.Body)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("headers %v", r.Header)
	}
	for _, o := range e.Server.Operations() {
		if !strings.Contains(page, `<details id="`+o.ID+`">`) {
			t.Errorf("%s is not listed", o.ID)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %s", foreign)
		}
	}
	if !strings.Contains(page, `id="schema-Problem"`) {
		t.Error("schemas are not listed")
	}
}
