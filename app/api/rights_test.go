package api_test

import (
	"slices"
	"strings"
	"testing"

	"zhixing/app/api/apitest"
)

// What somebody can see and why, and who can see somebody, are two readings of
// one condition: whoever stands among the watchers can open the record, and who
// does not, cannot.
//
// Seen red: with the watchers read from grants that ended, and with a unit's
// subtree read upside down.
func TestWhoSeesWhom(t *testing.T) {
	w := newRights(t)
	group := w.Unit(t, "party", w.own, "一小组")
	auditor := w.Person(t, "o1", "审计", "auditor")
	near := w.Person(t, "s1", "本支部书记", "secretary@"+w.own)
	above := w.Person(t, "s2", "党委秘书", "secretary@"+w.committee)
	away := w.Person(t, "s3", "二支部书记", "secretary@"+w.away)
	ended := w.Person(t, "s4", "前书记", "secretary@"+w.own)
	coming := w.Person(t, "s5", "下任书记", "secretary@"+w.own)
	trainer := w.Person(t, "t1", "编辑", "editor@"+w.own) // opens nobody's data
	low := w.Person(t, "s6", "小组长", "secretary@"+group)
	in := w.Person(t, "p9", "组员")
	w.Join(t, in.PersonID, group, "party")
	w.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', civil_today()) WHERE person_id = ?", ended.PersonID)
	w.Exec(t, "UPDATE grants SET period = daterange(civil_today() + 3, NULL) WHERE person_id = ?", coming.PersonID)

	everyone := []*apitest.Client{w.one, w.two, w.part, auditor, near, above, away, ended, coming, trainer, low}
	waitFor(t, "rights to be read anew", func() bool { return ended.Do("GET", "/people", nil).Status == 403 })
	for _, whom := range []*apitest.Client{in, w.p, near} {
		var told int // what he is told himself, in people
		var mine struct {
			Items []struct {
				Role   string
				People int
				Names  []string
			}
		}
		whom.Do("GET", "/me/watchers", nil).Want(200).Into(&mine)
		for _, i := range mine.Items {
			told += i.People
			if named := i.Role == "secretary" || i.Role == "auditor"; named != (len(i.Names) == i.People) || !named && len(i.Names) > 0 {
				t.Errorf("names of %s: %v of %d", i.Role, i.Names, i.People)
			}
		}
		var sights struct {
			Name  string
			Items []struct {
				PersonID string `json:"person_id"`
				Through  string `json:"through_unit"`
			}
			NextPageToken string `json:"next_page_token"`
		}
		var seen []string
		for page := "?limit=2"; ; page = "?limit=2&page_token=" + sights.NextPageToken {
			auditor.Do("GET", "/people/"+whom.PersonID+"/watchers"+page, nil).Want(200).Into(&sights)
			for _, i := range sights.Items {
				seen = append(seen, i.PersonID)
			}
			if sights.NextPageToken == "" {
				break
			}
		}
		if told != len(seen) { // each holds one role here
			t.Errorf("%s is told of %d who can see him, and the auditor of %d", whom.PersonID, told, len(seen))
		}
		for _, by := range everyone {
			if by.PersonID == whom.PersonID {
				continue
			}
			opens := by.Do("GET", "/people/"+whom.PersonID, nil).Status == 200
			if told := slices.Contains(seen, by.PersonID); told != opens {
				t.Errorf("%s among the watchers of %s: %v, opens the record: %v", by.PersonID, whom.PersonID, told, opens)
			}
		}
	}

	for _, name := range []string{"people:read", "audit:read", "support:impersonate", "grant:manage"} { // no names of rights
		if r := in.Do("GET", "/me/watchers", nil); strings.Contains(string(r.Body), name) {
			t.Errorf("%s stands in %s", name, r.Body)
		}
	}

	var rights struct {
		Items []struct {
			Role   string
			People int
			Coming bool
			Path   []string `json:"path_names"`
		}
	}
	auditor.Do("GET", "/people/"+above.PersonID+"/rights", nil).Want(200).Into(&rights)
	if len(rights.Items) != 1 || rights.Items[0].People != 2 || rights.Items[0].Path[0] != "党委" {
		t.Errorf("rights of the committee's secretary: %+v", rights.Items)
	}
	auditor.Do("GET", "/people/"+ended.PersonID+"/rights", nil).Want(200).Into(&rights)
	if len(rights.Items) != 0 {
		t.Errorf("rights that ended: %+v", rights.Items)
	}
	auditor.Do("GET", "/people/"+coming.PersonID+"/rights", nil).Want(200).Into(&rights)
	if len(rights.Items) != 1 || !rights.Items[0].Coming {
		t.Errorf("rights that begin later: %+v", rights.Items)
	}
	auditor.Do("GET", "/audit-events?action=person.read_watchers", nil).Want(200)
	near.Do("GET", "/people/"+in.PersonID+"/rights", nil).Want(403, "session.not_permitted")
	part := w.Person(t, "o2", "支部审计", "auditor@"+w.own)
	part.Do("GET", "/people/"+in.PersonID+"/watchers", nil).Want(200)
	part.Do("GET", "/people/"+away.PersonID+"/watchers", nil).Want(404, "person.unknown")
}
