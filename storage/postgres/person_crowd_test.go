package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
)

// crowd is people with their facts, in tables and as the model knows them.
type crowd struct {
	db     *postgres.DB
	store  *postgres.PersonStore
	today  string
	units  []crowdUnit
	people []*crowdPerson // by pinyin, then id
}

type crowdUnit struct {
	id     string
	parent int // index, -1 of a root
	tree   string
}

type crowdPerson struct {
	id, number, name, pinyin, initials, kind, bornOn string
	merged                                           bool
	facts                                            map[org.FactKind][]org.Fact
}

// crowdNames are names with their pinyin: shared ones, one within another, with
// a dot, in letters, and beyond the basic plane.
var crowdNames = [][2]string{
	{"张三", "zhang san"},
	{"张三丰", "zhang san feng"},
	{"张建国", "zhang jian guo"},
	{"章建", "zhang jian"},
	{"赵四", "zhao si"},
	{"李建国", "li jian guo"},
	{"阿卜杜拉·艾山", "a bo du la · ai shan"},
	{"欧阳娜", "ou yang na"},
	{"Anna Li", "anna li"},
	{"𠮷田", "ji tian"},
	{"国国", "guo guo"},
	{"z", "z"},
}

func newCrowd(t *testing.T, size int) *crowd {
	c := &crowd{db: postgrestest.New(t)}
	c.store = c.db.People()
	var err error
	if c.today, err = c.store.Today(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Two trees of seven: a root, two below it, two below each of these.
	for _, tree := range []string{org.TreeParty, org.TreeAdmin} {
		first := len(c.units)
		paths := map[int]string{}
		for i := range 7 {
			u := crowdUnit{id: app.NewID(), parent: -1, tree: tree}
			path := strings.ReplaceAll(u.id, "-", "")
			var parent any
			if i > 0 {
				u.parent = first + (i-1)/2
				parent, path = c.units[u.parent].id, paths[u.parent]+"."+path
			}
			paths[first+i] = path
			c.units = append(c.units, u)
			c.exec(t, "INSERT INTO units (id, tree, parent_id, path, name, kind) VALUES ($1, $2, $3, $4::text::ltree, $5, 'general')", u.id, tree, parent, path, fmt.Sprint(tree, i))
		}
	}
	for i := range size {
		p := &crowdPerson{id: app.NewID(), number: fmt.Sprintf("%s%03d", []string{"2024", "T", "z"}[i%3], i), kind: []string{"staff", "student"}[i%2], facts: map[org.FactKind][]org.Fact{}}
		name := crowdNames[i%len(crowdNames)]
		p.name, p.pinyin, p.bornOn = name[0], name[1], c.day(-365*(20+i%40))
		for _, word := range strings.Fields(p.pinyin) {
			p.initials += string([]rune(word)[:1])
		}
		c.exec(t, "INSERT INTO people (id, number, name, pinyin, initials, kind, born_on) VALUES ($1, $2, $3, $4, $5, $6, $7)", p.id, p.number, p.name, p.pinyin, p.initials, p.kind, p.bornOn)
		c.people = append(c.people, p)
	}
	slices.SortFunc(c.people, func(a, b *crowdPerson) int { return strings.Compare(a.pinyin+"\x00"+a.id, b.pinyin+"\x00"+b.id) })
	return c
}

func (c *crowd) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := c.db.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// day is the civil date n days from today.
func (c *crowd) day(n int) string {
	d, err := time.Parse(time.DateOnly, c.today)
	if err != nil {
		panic(err)
	}
	return d.AddDate(0, 0, n).Format(time.DateOnly)
}

// within reports whether unit lies in the subtree of top, by the model.
func (c *crowd) within(unit, top string) bool {
	for i := slices.IndexFunc(c.units, func(u crowdUnit) bool { return u.id == unit }); i >= 0; i = c.units[i].parent {
		if c.units[i].id == top {
			return true
		}
	}
	return false
}

// holds reports whether the model knows a fact of a kind on a day that fits.
func (p *crowdPerson) holds(day string, fits func(*org.Fact) bool, kinds ...org.FactKind) bool {
	for _, k := range kinds {
		held := org.AsOf(p.facts[k], day)
		for i := range held {
			if fits(&held[i]) {
				return true
			}
		}
	}
	return false
}

func (p *crowdPerson) has(kind org.FactKind, value, day string) bool {
	return p.holds(day, func(f *org.Fact) bool { return f.Value == value }, kind)
}

// below reports whether the person is in the subtree of a unit on a day.
func (c *crowd) below(p *crowdPerson, unit, day string) bool {
	return p.holds(day, func(f *org.Fact) bool { return c.within(f.Value, unit) }, org.FactParty, org.FactAdmin)
}

// change does an operation on a person's facts, in the tables and in the model.
func (c *crowd) change(ctx context.Context, p *crowdPerson, op *org.Operation) error {
	op.ID, op.PersonID = app.NewID(), p.id
	if err := c.store.ApplyOperation(ctx, op); err != nil {
		return err
	}
	p.facts[op.Kind] = op.Apply(p.facts[op.Kind])
	return nil
}

// selects is the filter by brute force.
func (c *crowd) selects(f *org.PersonFilter, p *crowdPerson) bool {
	stageOn := f.StageOn
	if stageOn == "" {
		stageOn = c.today
	}
	letters := strings.ToLower(strings.ReplaceAll(f.Query, " ", ""))
	named := strings.HasPrefix(p.number, f.Query) || strings.HasPrefix(p.initials, letters) || strings.HasPrefix(strings.ReplaceAll(p.pinyin, " ", ""), letters)
	if strings.ContainsFunc(f.Query, func(r rune) bool { return r > 127 }) {
		bare := func(s string) string { return strings.ReplaceAll(s, "·", "") }
		named = strings.Contains(bare(p.name), bare(f.Query))
	}
	born := func(years int) string {
		d, _ := time.Parse(time.DateOnly, c.today)
		return d.AddDate(-years, 0, 0).Format(time.DateOnly)
	}
	status := string(org.StatusActive)
	if held := org.AsOf(p.facts[org.FactStatus], c.today); len(held) > 0 {
		status = held[0].Value
	}
	return !p.merged && (f.Query == "" || named) &&
		(f.UnitID == "" || c.below(p, f.UnitID, c.today)) &&
		(f.Stage == "" || p.has(org.FactStage, f.Stage, stageOn)) &&
		(f.Rank == "" || p.has(org.FactRank, f.Rank, c.today)) &&
		(f.Post == "" || p.has(org.FactPost, f.Post, c.today)) &&
		(f.Status == "" || f.Status == status) && (f.Kind == "" || f.Kind == p.kind) &&
		(f.AgeFrom == 0 || p.bornOn <= born(f.AgeFrom)) && (f.AgeTo == 0 || p.bornOn > born(f.AgeTo+1))
}

// settle gives everybody random facts about today.
func (c *crowd) settle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	unit := func(tree string) string {
		for {
			if u := c.units[r.IntN(len(c.units))]; u.tree == tree {
				return u.id
			}
		}
	}
	for i, p := range c.people {
		facts := []org.Fact{{Kind: org.FactParty, Value: unit(org.TreeParty)}, {Kind: org.FactAdmin, Value: unit(org.TreeAdmin)}}
		if r.IntN(3) > 0 {
			facts = append(facts, org.Fact{Kind: org.FactStage, Value: pick("applicant", "activist", "member")})
		}
		if r.IntN(2) == 0 {
			facts = append(facts, org.Fact{Kind: org.FactRank, Value: pick("section_head", "division_head")})
		}
		if r.IntN(2) == 0 {
			facts = append(facts, org.Fact{Kind: org.FactStatus, Value: pick("retired", "on_leave", "active")})
		}
		for range r.IntN(3) { // the same post in several units is held once in a list
			facts = append(facts, org.Fact{Kind: org.FactPost, Value: pick("secretary", "publicity"), UnitID: unit(org.TreeParty)})
		}
		for _, f := range facts {
			f.ID, f.PersonID, f.From = app.NewID(), p.id, c.day(r.IntN(12)-9)
			if op, err := org.Add(p.facts[f.Kind], f); err == nil {
				if err := c.change(t.Context(), p, op); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i%9 == 4 {
			c.exec(t, "UPDATE people SET merged_into = $1 WHERE id = $2", c.people[0].id, p.id)
			p.merged = true
		}
	}
}

// reader makes somebody who reads the people below units; "" is everybody.
func (c *crowd) reader(t *testing.T, number string, units ...string) (domain.Scope, func(*crowdPerson) bool) {
	id := app.NewID()
	// Nobody that a filter of the test selects: the model does not know him.
	c.exec(t, "INSERT INTO people (id, number, name, pinyin, initials, kind, merged_into) VALUES ($1, $2, 'x', 'x', 'x', 'staff', $3)", id, number, c.people[0].id)
	for _, u := range units {
		var unit any
		if u != "" {
			unit = u
		}
		c.exec(t, "INSERT INTO grants (id, person_id, role, unit_id, period, reason) VALUES ($1, $2, 'secretary', $3, '[2020-01-01,)', 'test')", app.NewID(), id, unit)
	}
	return domain.Scope{ActorID: id, Permission: string(org.PermPeopleRead)}, func(p *crowdPerson) bool {
		return slices.ContainsFunc(units, func(u string) bool { return u == "" || c.below(p, u, c.today) })
	}
}

// token makes a program that reads the people below a unit, "" is everybody, in
// the name of owner.
func (c *crowd) token(t *testing.T, owner domain.Scope, unit string) domain.Scope {
	owner.TokenID = app.NewID()
	c.exec(t, `INSERT INTO api_tokens (id, name, prefix, secret_hash, permissions, unit_id, per_minute, created_by, expires_at)
VALUES ($1, 'test', 'zx', decode(md5($1::uuid::text), 'hex'), ARRAY[$2::text], nullif($3, '')::uuid, 60, $4, now() + interval '1 day')`,
		owner.TokenID, owner.Permission, unit, owner.ActorID)
	return owner
}
