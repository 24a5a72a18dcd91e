package sheet

import (
	"regexp"
	"strings"
	"unicode"
)

// Clean takes what cannot be seen out of a cell: zero-width characters, soft
// hyphens, byte order marks, controls; odd spaces become plain ones and the ends
// are trimmed. changed reports whether more than the ends was touched.
func Clean(s string) (text string, changed bool) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r == 0x00AD:
			changed = true
			return -1
		case r == 0x00A0 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F:
			changed = true
			return ' '
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7F:
			changed = true
			return -1
		}
		return r
	}, s)
	return strings.Trim(text, " \u3000"), changed
}

// Narrow is Clean for codes, numbers and dates: full-width characters become
// plain ones, the marks by which spreadsheets keep digits as text are taken off
// ('0012 and ="0012"), and a number's .0 goes.
func Narrow(s string) (text string, changed bool) {
	text, changed = Clean(s)
	narrowed := strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == 0x3000:
			return ' '
		}
		return r
	}, text)
	narrowed = strings.TrimSpace(narrowed)
	if m := keptAsText.FindStringSubmatch(narrowed); m != nil {
		narrowed = m[1]
	}
	narrowed = strings.TrimPrefix(narrowed, "'")
	if m := wholeNumber.FindStringSubmatch(narrowed); m != nil {
		narrowed = m[1]
	}
	return narrowed, changed || narrowed != text
}

var (
	keptAsText  = regexp.MustCompile(`^="([^"]*)"$`)
	wholeNumber = regexp.MustCompile(`^([0-9]+)\.0+$`)
	scientific  = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}$`)
	cellError   = regexp.MustCompile(`^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)$|^#+$`)
)

// Destroyed reports whether a spreadsheet has turned a long number into a
// measurement such as 1.10101E+17: its digits are gone.
func Destroyed(s string) bool { return scientific.MatchString(strings.TrimSpace(s)) }

// ErrorValue reports whether a cell shows that a formula failed, or #### for
// what did not fit.
func ErrorValue(s string) bool { return cellError.MatchString(strings.TrimSpace(s)) }

// Formula reports whether a text cell holds a formula that was never worked out.
// The mark that keeps digits as text is none.
func Formula(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) > 1 && s[0] == '=' && !keptAsText.MatchString(s)
}

// Safe makes a text that no spreadsheet takes for a formula when it reads it
// from a CSV file: neither by its first character nor by the first after spaces
// and what cannot be seen, of either width.
func Safe(s string) string {
	first := firstRune(strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r < ' '
	}))
	if first != 0 && strings.ContainsRune("=+-@＝＋－＠", first) || strings.ContainsRune("\t\r\n", firstRune(s)) {
		return "'" + s
	}
	return s
}

// Code is Safe for numbers that are names: where a spreadsheet would drop their
// zeros or round them, a tab before keeps them as text; readers trim it.
func Code(s string) string {
	if len(s) > 0 && (len(s) > 11 || s[0] == '0') && strings.Trim(s, "0123456789") == "" {
		return "\t" + s
	}
	return Safe(s)
}

// Plain takes off the mark that Safe put before a text.
func Plain(s string) string {
	if rest, marked := strings.CutPrefix(s, "'"); marked && Safe(rest) != rest {
		return rest
	}
	return s
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
