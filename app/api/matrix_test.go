package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"zhixing/app/api/apitest"
)

// oracleRoles is what each role may do, written down a second time on purpose:
// the product's own list is what is under test.
var oracleRoles = map[string][]string{
	"learner": {"self:use", "learning:learn", "exam:sit", "hours:own"},
	"trainer": {
		"media:manage", "course:author", "question:author", "exam:author", "exam:results", "exam:evidence", "exam:amend", "exam:approve", "unit:read",
	},
	"class_manager": {"people:read", "unit:read", "hours:read", "hours:file", "exam:results"},
	"own":           {"people:read", "hours:file", "exam:evidence"}, // one of the institution's own
	"editor":        {"media:manage", "unit:read"},
	"counsellor":    {"people:read", "people:correct", "unit:read", "hours:read"},
	"secretary":     {"people:read", "people:correct", "unit:read", "hours:read", "hours:file", "exam:results"},
	"auditor": {
		"people:read", "unit:read", "hours:read", "hours:audit", "hours:adjust", "hours:policy", "hours:file", "exam:results", "exam:evidence", "exam:approve", "audit:read",
	},
	"admin": {
		"media:manage", "course:author", "question:author", "exam:author", "exam:results", "people:read", "people:manage", "people:correct", "people:import", "unit:read",
		"unit:manage", "grant:manage", "role:manage", "hours:read", "hours:file", "audit:read", "support:impersonate", "system:manage",
	},
}

// operation is one of docs/openapi.json.
type operation struct {
	ID         string `json:"operationId"`
	Permission string `json:"x-permission"`
	Scope      string `json:"x-scope"`
	StepUp     bool   `json:"x-step-up"`
	Halfway    bool   `json:"x-halfway"`
	Token      bool   `json:"x-token"`
	Acting     *bool  `json:"x-acting"` // otherwise: what reads
	Parameters []struct {
		Name   string
		In     string
		Schema m
	}
	RequestBody struct{ Content map[string]struct{ Schema m } }
	Responses   map[string]struct {
		Content map[string]struct{ Schema m }
	}
	method, path string
}

// openToActing: by one who looks as another, things are read, and the looking ends.
func (o operation) openToActing() bool {
	if o.Acting != nil {
		return *o.Acting
	}
	return o.method == "GET"
}

type openAPI struct {
	operations []operation
	schemas    map[string]m
}

func readDocument(t *testing.T) openAPI {
	t.Helper()
	raw, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]m }
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	out := openAPI{schemas: d.Components.Schemas}
	for path, methods := range d.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
			out.operations = append(out.operations, o)
		}
	}
	sort.Slice(out.operations, func(i, j int) bool { return out.operations[i].ID < out.operations[j].ID })
	return out
}

// matrix runs cells and counts them.
type matrix struct {
	*matrixWorld
	doc         openAPI
	cells       int
	shownChecks int               // replies held against what their reader may see
	unknowns    map[string]string // operation -> the reason of a request for what does not exist
}

// want is what the oracle expects of a cell.
type want struct {
	status int
	reason string
	not    string // a reason that it must not have
	text   string // what the reply holds
	in     bool   // of a list: the object is in it
}

// expect is the one rule of the whole matrix: from what the document declares,
// what the roles carry and how the object stands to who asks.
func expect(o operation, s sample, a *matrixActor, rel string) want {
	ok := want{status: s.status, reason: s.reason, in: true}
	if ok.status == 0 {
		ok.status = 200
	}
	held := slices.Clone(oracleRoles["learner"])
	if a.reach == "branch" || a.reach == "whole" {
		held = append(held, oracleRoles[a.role]...)
	}
	switch {
	case o.Scope == "public":
		return ok
	case !slices.Contains(held, o.Permission):
		return want{status: 403, reason: "session.not_permitted"}
	case o.Scope == "whole" && a.reach != "whole":
		return want{status: 403, reason: "session.needs_whole"}
	}
	inside := true
	switch o.Scope {
	case "self":
		inside = rel == "own"
	case "audience": // the rule names a unit with its subtree; he is a member of his branch
		inside = rel == "own" || rel == "same" || rel == "parent" || s.authors && (slices.Contains(held, "course:author") || slices.Contains(held, "media:manage"))
	case "subtree":
		inside = a.reach == "whole" || slices.Contains([]string{"own", "same", "child", "moved in"}, rel)
		if s.made {
			inside = a.reach == "whole" || rel == "own"
		}
		if o.Permission == "self:use" { // read by whoever may read the person, and by himself
			inside = rel == "own" || slices.Contains(held, "people:read") && inside
		}
	}
	if !ownedKinds[s.about()] {
		inside = true
	}
	if inside {
		if s.except != nil {
			if status, reason, because := s.except(a, rel); because != "" {
				return want{status: status, reason: reason}
			}
		}
		return ok
	}
	if s.list || s.rows != "" {
		return want{status: 200}
	}
	if s.outside != "" {
		return want{status: ok.status, text: s.outside}
	}
	return want{status: 404, not: ok.reason}
}

// ownedKinds are those that exist in every relation; the others all share.
var ownedKinds = func() map[string]bool {
	kinds := map[string]bool{}
	for _, k := range []string{
		"unit", "change", "person", "grant", "request", "session", "passkey", "view", "bulk", "correction", "medium of", "open medium", "open lesson", "open course",
		"open exam", "batch", "erasure", "link", "twin", "play", "completion", "attempt", "inclusion", "event", "export", "push", "import",
	} {
		kinds[k] = true
	}
	return kinds
}()

// fill puts ids in the place of {kind}.
func (x *matrix) fill(text string, a *matrixActor, rel string) string {
	for {
		from := strings.Index(text, "{")
		if from < 0 {
			return text
		}
		done := 0
		for done < len(text) {
			open := strings.Index(text[done:], "{")
			if open < 0 {
				return text
			}
			open += done
			end := strings.Index(text[open:], "}")
			if end < 0 {
				return text
			}
			name := text[open+1 : open+end]
			if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz ") == "" {
				text = text[:open] + x.object(name, a, rel) + text[open+end+1:]
				continue
			}
			done = open + 1
		}
		return text
	}
}

func (x *matrix) ask(o operation, s sample, c *apitest.Client, a *matrixActor, rel string) *apitest.Reply {
	path := strings.NewReplacer("{n}", "1", "{seq}", "1", "{rendition}", "360p").Replace(o.path)
	if strings.Contains(path, "{") {
		id := x.object(s.kind, a, rel)
		path = strings.NewReplacer("{id}", id, "{person_id}", id).Replace(path)
	}
	if s.query != "" {
		path += "?" + x.fill(s.query, a, rel)
	}
	var body any
	if s.body != "" {
		body = x.fill(s.body, a, rel)
	}
	return c.Do(o.method, path, body)
}

// cell asks one cell and says what is wrong with the answer, "" when nothing.
func (x *matrix) cell(o operation, s sample, a *matrixActor, rel string) string {
	x.cells++
	w := expect(o, s, a, rel)
	r := x.ask(o, s, a.client, a, rel)
	if s.undo != "" && r.Status < 300 {
		id := x.ids[""]["nothing"]
		if s.kind != "" {
			id = x.object(s.kind, a, rel)
		}
		x.Exec(x.t, s.undo, id, a.client.PersonID)
	}
	switch {
	case r.Status == s.also && w.in: // it was done before
	case r.Status != w.status || w.not != "" && r.Reason() == w.not || !strings.Contains(string(r.Body), w.text) || w.reason != "" && r.Reason() != w.reason:
		return fmt.Sprintf("%s %s %s: got %d %s, want %d %s: %.300s", o.ID, a.name, rel, r.Status, r.Reason(), w.status, w.reason, r.Body)
	case (s.list || s.rows != "") && w.status == 200 && ownedKinds[s.about()] && holds(r, s, x.object(s.about(), a, rel)) != w.in:
		return fmt.Sprintf("%s %s %s: in the list %v, want %v", o.ID, a.name, rel, !w.in, w.in)
	case w.status == 404 && w.reason == "" && r.Reason() != x.unknown(o, s, a):
		return fmt.Sprintf("%s %s %s: %s tells that there is one; of none it says %s", o.ID, a.name, rel, r.Reason(), x.unknown(o, s, a))
	case s.total != "" && w.status == 200 && !strings.Contains(string(r.Body), fmt.Sprintf("%q:%d", s.total, x.within(a))):
		return fmt.Sprintf("%s %s: %s is not %d: %.300s", o.ID, a.name, s.total, x.within(a), r.Body)
	case r.Status < 300:
		wrong := x.shown(s, a, string(r.Body))
		if wrong == "" && !s.bytes && len(r.Body) > 0 {
			wrong = x.fields(o, r)
		}
		if wrong != "" {
			return fmt.Sprintf("%s %s %s: %s: %.300s", o.ID, a.name, rel, wrong, r.Body)
		}
	}
	return ""
}

// shown holds what a reply tells of people against what the reader's permissions
// open: everybody in the world has a telephone, an address and an id number.
func (x *matrix) shown(s sample, a *matrixActor, body string) string {
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(body, text) })
	}
	whole, masked := has(worldPhone, worldEmail), has("139****5678", "o***@example.edu.cn")
	if s.contact == "asked" {
		whole = has(worldEmail)
	}
	keeps := s.contact == "own" || s.contact == "kept" && a.reach != "ended" && slices.Contains(oracleRoles[a.role], "people:manage")
	switch {
	case keeps && (masked || !strings.Contains(body, worldPhone) || !strings.Contains(body, worldEmail)):
		return "phone and e-mail are not there as they are"
	case !keeps && whole:
		return "phone or e-mail stand there whole"
	case s.contact == "kept" && !keeps && !(has("139****5678") && has("o***@example.edu.cn")):
		return "phone and e-mail are not there masked"
	case (s.contact == "own" || s.contact == "kept") && !has(worldCardMask):
		return "the id number is not there masked"
	case worldCard.MatchString(body) != s.card:
		return fmt.Sprintf("a whole id number: %v, want %v", !s.card, s.card)
	}
	x.shownChecks++
	return ""
}

// unknown is the reason of a request for what does not exist.
func (x *matrix) unknown(o operation, s sample, a *matrixActor) string {
	if _, asked := x.unknowns[o.ID]; !asked {
		was := x.ids[""]
		x.ids[""] = map[string]string{"nothing": was["nothing"], s.kind: was["nothing"]}
		r := x.ask(o, s, a.client, a, "own")
		x.ids[""] = was
		x.unknowns[o.ID] = r.Reason()
	}
	return x.unknowns[o.ID]
}

// within is how many people with belongings an actor reaches.
func (x *matrix) within(a *matrixActor) int {
	if a.reach == "whole" {
		return len(x.actors) + len(relations) - 1
	}
	return len(x.actors) + 3
}

// holds reports whether an object stands in a list.
func holds(r *apitest.Reply, s sample, id string) bool {
	field := s.field
	if field == "" {
		field = "id"
	}
	return strings.Contains(string(r.Body), fmt.Sprintf("%q:%q", field, id))
}

// fields holds a reply against the document: what is required is there, and
// nothing is there that is not declared.
func (x *matrix) fields(o operation, r *apitest.Reply) string {
	schema := o.Responses[fmt.Sprint(r.Status)].Content["application/json"].Schema
	if schema == nil {
		return "the document declares no body for " + fmt.Sprint(r.Status)
	}
	var v any
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return err.Error()
	}
	return x.against(schema, v, "body")
}

func (x *matrix) against(schema m, v any, at string) string {
	if ref, ok := schema["$ref"].(string); ok {
		schema = x.doc.schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(m)
		for i, e := range v {
			if wrong := x.against(items, e, fmt.Sprintf("%s[%d]", at, i)); wrong != "" {
				return wrong
			}
		}
	case m:
		props, closed := schema["properties"].(m)
		if !closed {
			return ""
		}
		required, _ := schema["required"].([]any)
		for _, k := range required {
			if _, ok := v[k.(string)]; !ok {
				return fmt.Sprintf("%s lacks the field %s", at, k)
			}
		}
		for k, e := range v {
			p, ok := props[k].(m)
			if !ok {
				return fmt.Sprintf("%s has the undeclared field %s", at, k)
			}
			if wrong := x.against(p, e, at+"."+k); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

// relationsOf are the relations that make a difference in an operation for an
// actor; the cells of the others are the same request.
func relationsOf(s sample, a *matrixActor) []string {
	if a.reach == "ended" {
		return []string{"own", "same"}
	}
	if !ownedKinds[s.about()] {
		return relations[:1]
	}
	return relations
}

// row asks every cell of an operation; first stops at the first that is wrong.
func (x *matrix) row(o operation, s sample, first bool) (wrong []string) {
	for _, a := range x.actors {
		rels := relationsOf(s, a)
		for _, rel := range rels {
			if w := x.cell(o, s, a, rel); w != "" {
				wrong = append(wrong, w)
				if first {
					return wrong
				}
			}
		}
		if a.reach != "ended" {
			x.cells += len(relations) - len(rels) // nothing of an object is in the request: one answers for all
		}
	}
	return append(wrong, x.stateRow(o, s)...)
}

// stateRow asks as people whose rights suffice and whose session does not.
func (x *matrix) stateRow(o operation, s sample) (wrong []string) {
	if o.Scope == "public" {
		return nil
	}
	for state, refuse := range map[string]want{
		signedOut:  {status: 401, reason: "session.signed_out"},
		stale:      {status: 403, reason: "session.step_up_required"},
		halfSigned: {status: 403, reason: "session.second_factor_required"},
		mustChange: {status: 403, reason: "session.password_must_change"},
		actingFor:  {status: 403, reason: "session.acting"},
	} {
		if state == stale && !o.StepUp || state == halfSigned && o.Halfway || state == mustChange && o.Permission == "self:use" || state == actingFor && o.openToActing() {
			continue
		}
		x.cells++
		r := x.ask(o, s, x.states[state], x.actors[0], "sibling")
		if r.Status != refuse.status || r.Reason() != refuse.reason {
			wrong = append(wrong, fmt.Sprintf("%s %s: got %d %s, want %d %s", o.ID, state, r.Status, r.Reason(), refuse.status, refuse.reason))
		}
	}
	return wrong
}
