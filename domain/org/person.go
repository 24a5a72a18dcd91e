// Package org is about people, the two trees of units, their dated facts and
// the roles they are granted.
package org

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"zhixing/domain"
)

// Stage is a step on the way into the party (发展阶段).
type Stage string

// The stages in their legal order (《中国共产党发展党员工作细则》).
const (
	StageMasses      Stage = "masses"
	StageApplicant   Stage = "applicant"
	StageActivist    Stage = "activist"
	StageTarget      Stage = "development_target"
	StageProbationer Stage = "probationary_member"
	StageMember      Stage = "member"
)

// Stages lists every stage in order.
func Stages() []Stage {
	return []Stage{StageMasses, StageApplicant, StageActivist, StageTarget, StageProbationer, StageMember}
}

// Ranks lists the cadre ranks from 副科 to 正厅.
func Ranks() []string {
	return []string{"section_deputy", "section_head", "division_deputy", "division_head", "bureau_deputy", "bureau_head"}
}

// Kinds lists what a person can be.
func Kinds() []string { return []string{"staff", "student"} }

// Person is one human being. Number is the staff or student number, by which
// he signs in.
type Person struct {
	ID       string `bun:",pk"`
	Number   string
	Name     string
	Pinyin   string
	Initials string
	Kind     string
	Gender   *string
	BornOn   *string
	Phone    string
	Email    string
	PhotoKey string // of the object store; "" is none
	// The id number: sealed, its keyed digest for finding equals, and what may be
	// shown. All three are there or none.
	IDCardSealed *string
	IDCardDigest []byte
	IDCardMask   string
	MergedInto   *string // the person who he turned out to be
	ErasedAt     *time.Time
	Version      int // grows with each change of the details
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Profile is a person with what holds today.
type Profile struct {
	Person
	PartyUnitID   string
	PartyUnitName string
	AdminUnitID   string
	AdminUnitName string
	Stage         Stage
	Rank          string
	Status        Status
	Posts         []Fact // held today
}

// NewPerson is one row of a bulk create. Optional text is "" when not given;
// dates are civil, YYYY-MM-DD.
type NewPerson struct {
	Number, Name, Kind, Gender, BornOn string
	IDCard, Phone, Email               string
	PartyUnitID, AdminUnitID           string
	Stage                              Stage
	Rank                               string
	From                               string // first day of the facts; "" is today
	Password                           string // "" makes no account
	MustChange                         bool
}

// MaxNewPeople bounds one bulk create; MaxNewPasswords bounds the rows of it
// that carry a password, because each is hashed slowly.
const (
	MaxNewPeople    = 500
	MaxNewPasswords = 200
)

// CleanName brings a name into the one form that is stored: no space at the
// ends or beside a Chinese character, and every kind of middle dot as ·.
func CleanName(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	out := make([]rune, 0, len(runes))
	for i, r := range runes {
		switch r {
		case '•', '・', '‧', '∙', '⋅', '･', '．', '●':
			r = '·'
		case ' ':
			if han(runes[i-1]) || han(runes[i+1]) { // never at an end: Fields trimmed
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) || r == '·' || r == '•' }

// Check cleans the row and returns what is wrong with it by itself. Locations
// are the JSON names of the fields.
func (n *NewPerson) Check(today string) []domain.FieldError {
	d := Details{Number: n.Number, Name: n.Name, Kind: n.Kind, Gender: n.Gender, BornOn: n.BornOn, Phone: n.Phone, Email: n.Email, IDCard: &n.IDCard}
	card, bad := d.Check(today)
	n.Number, n.Name, n.Phone, n.Email = d.Number, d.Name, d.Phone, d.Email
	if card != "" {
		n.IDCard = string(card)
	}
	if n.From == "" {
		n.From = today
	}
	refuse := func(field, reason string) { bad = append(bad, domain.FieldError{Location: field, Reason: reason}) }
	if !ValidDate(n.From) {
		refuse("from", "person.date_form")
	}
	if n.Stage != "" && !n.Stage.Known() {
		refuse("stage", "person.stage_unknown")
	}
	if n.Rank != "" && !slices.Contains(Ranks(), n.Rank) {
		refuse("rank", "person.rank_unknown")
	}
	if n.Password != "" {
		if e, ok := errors.AsType[*domain.Error](CheckPassword(n.Password, n.Number)); ok {
			bad = append(bad, domain.FieldError{Location: "password", Reason: e.Reason, Params: e.Params})
		}
	}
	return bad
}

var numberForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// unprintable is a character that no name holds; the variation selectors of
// rare ideographs do belong.
func unprintable(r rune) bool {
	return !unicode.IsPrint(r) && (r < 0xE0100 || r > 0xE01EF) && (r < 0xFE00 || r > 0xFE0F)
}

// Known reports whether s is one of the stages.
func (s Stage) Known() bool { return slices.Contains(Stages(), s) }

// PersonFilter selects people; zero fields do not limit.
type PersonFilter struct {
	UnitID  string // with its subtree
	Stage   string
	StageOn string // the stage of this day; "" is today
	Rank    string
	Post    string
	Status  string
	Kind    string
	AgeFrom int // full years today, both included; 0 does not limit
	AgeTo   int
	Query   string // part of a name, start of a number, pinyin or initials
}

// Check refuses what no list can be made of. Errors: Invalid "person.date_form",
// "person.age_form".
func (f *PersonFilter) Check() error {
	switch {
	case f.StageOn != "" && !ValidDate(f.StageOn):
		return domain.E(domain.Invalid, "person.date_form").At("query.stage_on", "person.date_form")
	case f.AgeFrom < 0 || f.AgeTo < 0 || f.AgeTo > 0 && f.AgeTo < f.AgeFrom:
		return domain.E(domain.Invalid, "person.age_form").At("query.age_to", "person.age_form")
	}
	return nil
}

// Record is a person with how he signs in and everything dated about him.
type Record struct {
	Profile
	HasAccount bool
	MustChange bool
	DisabledAt *time.Time
	MergedInto string  // the number of the person he was merged into
	Aliases    []Alias // records that were merged into this one, within the scope
	Timeline   []Fact  // latest first
}

// Alias is a record that turned out to be of the same person.
type Alias struct{ ID, Number, Name string }
