package app_test

import (
	"net/url"
	"testing"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// setNumber is what the page of details does.
func (p *peers) setNumber(t *testing.T, who app.Actor, personID, number string) error {
	t.Helper()
	people := &app.People{Store: p.db.People(), Seals: p.Seals}
	row, err := p.db.People().Record(t.Context(), domain.Scope{ActorID: who.PersonID, Permission: string(org.PermPeopleManage)}, personID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = people.UpdateDetails(t.Context(), who, personID, row.Version, org.Details{Number: number, Name: row.Name, Kind: row.Kind})
	return err
}

func (p *peers) personOf(t *testing.T, number string) (id string) {
	t.Helper()
	if err := p.db.Bun.NewRaw("SELECT id FROM people WHERE number = ?", number).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// grant gives a role for the whole institution, or for a unit.
func (p *peers) grant(t *testing.T, personID, role, unitID string) {
	t.Helper()
	p.exec(t, "INSERT INTO grants (id, person_id, role, unit_id, period) VALUES (gen_random_uuid(), ?, ?, NULLIF(?, '')::uuid, daterange('2020-01-01', NULL))", personID, role, unitID)
}

// Nobody becomes another by way of a number: whom a peer calls s1 cannot hand his
// number to somebody with a role and come in as that person.
//
// Seen red: without the check of one's own number it was only refused for holding a
// role, which stops nobody who may grant roles; without mayHandle the secretary's
// number was set, and without the look at grants in linkByNumber the provider's s1
// got a session as the secretary.
func TestNumberIsNoWayIn(t *testing.T) {
	p := newPeers(t, org.ConnectionCAS)
	unit, evil, secretary := app.NewID(), p.personOf(t, "s1"), p.personOf(t, "s2")
	p.exec(t, "INSERT INTO units (id, tree, path, name, kind) VALUES (?0, 'party', replace(?0, '-', '')::ltree, '第一党支部', 'branch')", unit)
	for _, id := range []string{evil, secretary} {
		p.exec(t, "INSERT INTO memberships (id, person_id, unit_id, tree, period) VALUES (gen_random_uuid(), ?, ?, 'party', daterange('2020-01-01', NULL))", id, unit)
	}
	p.grant(t, evil, "admin", unit)
	p.grant(t, secretary, "secretary", unit)
	who := app.Actor{PersonID: evil}
	if err := p.setNumber(t, who, evil, "s7"); domain.ReasonOf(err) != "person.number_own" {
		t.Errorf("his own number: %v", err)
	}
	if err := p.setNumber(t, who, secretary, "s8"); domain.ReasonOf(err) != "person.account_holds_roles" {
		t.Errorf("the number of who holds a role: %v", err)
	}
	if err := p.setNumber(t, who, secretary, "s2"); err != nil { // all else may be kept by the unit
		t.Errorf("details without the number: %v", err)
	}

	p.exec(t, "UPDATE people SET number = 's7' WHERE id = ?", evil) // however it came to be
	p.exec(t, "UPDATE people SET number = 's1' WHERE id = ?", secretary)
	state, browser := p.away(t)
	opened, _, err := p.FinishExternal(t.Context(), app.Door{}, browser, goodQuery[org.ConnectionCAS]+state)
	if opened != nil || domain.ReasonOf(err) != "identity.holds_roles" {
		t.Fatalf("opened %v, %v", opened != nil, err)
	}
	page, err := p.Links.Conflicts(t.Context(), domain.Paging{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Reason != "identity.holds_roles" || p.sessions(t) != 0 {
		t.Errorf("conflicts %+v, %v, %d sessions", page.Items, err, p.sessions(t))
	}
	root := app.NewID()
	p.exec(t, "INSERT INTO people (id, number, name, kind) VALUES (?, 'root', '管理员', 'staff')", root)
	p.grant(t, root, "admin", "")
	if err := p.setNumber(t, app.Actor{PersonID: root}, secretary, "s2"); err != nil {
		t.Errorf("by who may grant roles to anyone: %v", err)
	}
}

// CAS 2.0 is asked at its own address, and inside WeChat Work's browser nobody is
// sent to a picture to scan that he holds in his hand.
func TestOlderAndInApp(t *testing.T) {
	cas := newPeers(t, org.ConnectionCAS)
	cas.connect(t, org.ConnectionCAS, func(c *org.Connection) { c.Name, c.Config.CASVersion = "旧版", "2" })
	state, browser := cas.away(t)
	if _, _, err := cas.FinishExternal(t.Context(), app.Door{}, browser, goodQuery[org.ConnectionCAS]+state); err != nil {
		t.Fatal(err)
	}
	if last := cas.fake.calls[len(cas.fake.calls)-1]; last != "/serviceValidate" {
		t.Errorf("CAS 2.0 was asked at %s", last)
	}
	wecom := newPeers(t, org.ConnectionWeCom)
	for inApp, want := range map[bool]string{true: "open.weixin.qq.com", false: "login.work.weixin.qq.com"} {
		b, err := wecom.BeginExternal(t.Context(), wecom.connection.ID, "/", inApp)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(b.URL)
		if err != nil || u.Host != want || inApp != (u.Query().Get("scope") == "snsapi_base") || inApp != (u.Fragment == "wechat_redirect") {
			t.Errorf("in app %v: sent to %s, %v", inApp, b.URL, err)
		}
	}
}
