package org

import (
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Password length bounds in characters (ASVS 5.0 6.2.1, 6.2.9).
const (
	MinPassword = 8
	MaxPassword = 128
)

// CheckPassword refuses a new password that is too short, too long, equal to
// the number, or one character repeated. Errors: Invalid "session.password_…".
func CheckPassword(next, number string) error {
	n := utf8.RuneCountInString(next)
	switch {
	case n < MinPassword:
		return domain.E(domain.Invalid, "session.password_too_short", "min", MinPassword)
	case n > MaxPassword:
		return domain.E(domain.Invalid, "session.password_too_long", "max", MaxPassword)
	case next == number, oneRune(next):
		return domain.E(domain.Invalid, "session.password_too_simple")
	}
	return nil
}

func oneRune(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	for _, r := range s {
		if r != first {
			return false
		}
	}
	return true
}

// Throttle policy of sign-in: free tries, then a wait that doubles up to a cap.
const (
	freeTries = 5
	firstWait = 5 * time.Second
	maxWait   = 15 * time.Minute
)

// ThrottleWait returns how long a key must wait after its n-th failure in a
// row. The cap keeps an attacker from locking a person out for long.
func ThrottleWait(failures int) time.Duration {
	if failures < freeTries {
		return 0
	}
	wait := firstWait
	for range failures - freeTries {
		if wait *= 2; wait >= maxWait {
			return maxWait
		}
	}
	return wait
}

// Session lifetimes: 12 hours without use, 7 days in all.
const (
	SessionIdle     = 12 * time.Hour
	SessionAbsolute = 7 * 24 * time.Hour
)

// SessionEnds returns when a session started at start and last used at used ends.
func SessionEnds(start, used time.Time) time.Time {
	idle, absolute := used.Add(SessionIdle), start.Add(SessionAbsolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}
