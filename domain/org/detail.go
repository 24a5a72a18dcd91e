package org

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
)

// Details is everything about a person that is not dated. Optional text is ""
// when there is none. IDCard nil keeps what is there, "" takes it away.
type Details struct {
	Number, Name, Kind, Gender, BornOn string
	Phone, Email                       string
	IDCard                             *string
}

// Check cleans the details and returns what is wrong with them. Locations are
// the JSON names of the fields. card is the parsed id number, "" when there is none.
func (d *Details) Check(today string) (card IDCard, bad []domain.FieldError) {
	refuse := func(field, reason string) {
		bad = append(bad, domain.FieldError{Location: field, Reason: reason})
	}
	d.Number, d.Name = strings.TrimSpace(d.Number), CleanName(d.Name)
	if !numberForm.MatchString(d.Number) {
		refuse("number", "person.number_form")
	}
	if l := utf8.RuneCountInString(d.Name); l < 1 || l > 60 || strings.ContainsFunc(d.Name, unprintable) {
		refuse("name", "person.name_form")
	}
	if !slices.Contains(Kinds(), d.Kind) {
		refuse("kind", "person.kind_unknown")
	}
	if d.Gender != "" && d.Gender != "female" && d.Gender != "male" {
		refuse("gender", "person.gender_unknown")
	}
	if d.BornOn != "" && (!ValidDate(d.BornOn) || d.BornOn > today) {
		refuse("born_on", "person.date_form")
	}
	var ok bool
	if d.Phone, ok = CleanPhone(d.Phone); !ok {
		refuse("phone", "person.phone_form")
	}
	if d.Email, ok = CleanEmail(d.Email); !ok {
		refuse("email", "person.email_form")
	}
	if d.IDCard != nil && strings.TrimSpace(*d.IDCard) != "" {
		c, err := ParseIDCard(*d.IDCard)
		if err != nil {
			refuse("id_card", domain.ReasonOf(err))
		} else if c.BornOn() > today {
			refuse("id_card", "person.id_card_date")
		}
		card = c
	}
	return card, bad
}

var phoneForm = regexp.MustCompile(`^(1[3-9][0-9]{9}|0[0-9]{9,11}|\+[1-9][0-9]{6,14})$`)

// CleanPhone takes spaces, dashes and brackets out and reports whether the rest
// is a mobile number, a fixed line with its area code, or an international
// number with +. Nothing is well formed. +86 of a mobile number is left out.
func CleanPhone(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return '0' + r - '０'
		case strings.ContainsRune(" \u3000\t-()（）－—", r):
			return -1
		case r == '＋':
			return '+'
		}
		return r
	}, s)
	if m, cut := strings.CutPrefix(s, "+86"); cut && len(m) == 11 && m[0] == '1' {
		s = m
	}
	return s, s == "" || phoneForm.MatchString(s)
}

// CleanEmail trims an address, writes its domain small, and reports whether it
// is one mailbox without a name. Nothing is well formed.
func CleanEmail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 {
		return s, false
	}
	at := strings.LastIndexByte(s, '@')
	host := strings.ToLower(s[at+1:])
	return s[:at+1] + host, strings.Contains(host, ".") && !strings.HasPrefix(host, "[")
}

// MaskPhone shows the first three and the last four of a number.
func MaskPhone(s string) string {
	if len(s) < 8 {
		return strings.Repeat("*", len(s))
	}
	return s[:3] + strings.Repeat("*", len(s)-7) + s[len(s)-4:]
}

// MaskEmail shows the first character of the mailbox and the host.
func MaskEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(s)
	return string(first) + "***" + s[at:]
}
