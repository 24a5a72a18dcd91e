package org

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"zhixing/domain"
)

// Password length bounds in characters (ASVS 5.0 6.2.1, 6.2.9).
const (
	MinPassword = 8
	MaxPassword = 128
)

// Owner is what a password must not be made of.
type Owner struct{ Number, Name, Pinyin string }

// CheckPassword is the least that every new password must keep, whatever the
// policy: its length, and that it is neither common nor the owner's own data.
// Errors: Invalid "session.password_…".
func CheckPassword(next, number string) error {
	return DefaultSignInPolicy().CheckPassword(next, Owner{Number: number})
}

// CheckPassword refuses a new password that the policy does not allow.
// Errors: Invalid "session.password_too_short", "session.password_too_long",
// "session.password_too_simple", "session.password_common",
// "session.password_classes".
func (p SignInPolicy) CheckPassword(next string, of Owner) error {
	n := utf8.RuneCountInString(next)
	switch {
	case n < p.MinLength:
		return domain.E(domain.Invalid, "session.password_too_short", "min", p.MinLength)
	case n > MaxPassword:
		return domain.E(domain.Invalid, "session.password_too_long", "max", MaxPassword)
	case row(next), mostlyOf(next, of):
		return domain.E(domain.Invalid, "session.password_too_simple")
	case classes(next) < p.Classes:
		return domain.E(domain.Invalid, "session.password_classes", "classes", p.Classes)
	case common()[strings.ToLower(next)]:
		return domain.E(domain.Invalid, "session.password_common")
	}
	return nil
}

// row reports whether each character follows from the one before by one and the
// same step: 11111111, 12345678, hgfedcba.
func row(s string) bool {
	runes := []rune(s)
	step := runes[1] - runes[0]
	for i := 1; i < len(runes); i++ {
		if runes[i]-runes[i-1] != step {
			return false
		}
	}
	return step >= -1 && step <= 1
}

// leastOwn is how many characters a password must hold beside its owner's data.
const leastOwn = 6

// mostlyOf reports whether little is left of the password without its owner's
// number, name and pinyin.
func mostlyOf(s string, of Owner) bool {
	rest := strings.ToLower(s)
	for _, word := range []string{of.Number, of.Name, of.Pinyin} {
		if word = strings.ToLower(word); utf8.RuneCountInString(word) >= 2 {
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	return rest != strings.ToLower(s) && utf8.RuneCountInString(rest) < leastOwn
}

// classes counts kinds of characters: lower case, upper case, digits, others.
func classes(s string) int {
	var has [4]bool
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			has[0] = true
		case unicode.IsUpper(r):
			has[1] = true
		case unicode.IsDigit(r):
			has[2] = true
		default:
			has[3] = true
		}
	}
	n := 0
	for _, h := range has {
		if h {
			n++
		}
	}
	return n
}

//go:embed common_passwords.txt
var commonText string

// common is the list of passwords that are tried first (ASVS 5.0 6.2.4, 6.2.12).
var common = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool, 20_000)
	for line := range strings.Lines(commonText) {
		if !strings.HasPrefix(line, "#") {
			m[strings.TrimSpace(line)] = true
		}
	}
	return m
})

// OneTimeCode reports whether a text has the form of a one-time code: three
// groups of four of its alphabet. Such a text is never tried as a password.
func OneTimeCode(s string) bool {
	groups := strings.Split(s, "-")
	return len(groups) == 3 && !slices.ContainsFunc(groups, func(g string) bool {
		return len(g) != 4 || strings.Trim(g, CodeAlphabet) != ""
	})
}

// CodeAlphabet holds the characters of one-time codes and recovery codes: none
// can be taken for another when read aloud or copied from paper.
const CodeAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"
