package org

import (
	"net/netip"
	"slices"
	"time"

	"zhixing/domain"
)

// PasswordProfile is the family of rules that a sign-in policy follows.
type PasswordProfile string

// The profiles. ASVS 5.0 asks for length and no composition rule (6.2.5) and no
// forced change (6.2.10); 等级保护 (GB/T 22239-2019, 8.1.4.1 a) asks for
// complexity and regular change. Both cannot be met at once, so one is chosen.
const (
	ProfileASVS   PasswordProfile = "asvs"
	ProfileGraded PasswordProfile = "graded"
)

// When something is required of people.
const (
	FactorOff   = "off"
	FactorGrace = "grace" // asked for until a date, then required
	FactorOn    = "on"
)

// SignInPolicy is how people sign in, chosen by an administrator.
type SignInPolicy struct {
	Profile       PasswordProfile `json:"profile"`
	MinLength     int             `json:"min_length"`       // characters
	Classes       int             `json:"classes"`          // kinds of characters; 0 asks for none
	MaxAgeDays    int             `json:"max_age_days"`     // 0: a password never ends
	History       int             `json:"history"`          // earlier passwords that must not come back
	CodeHours     int             `json:"code_hours"`       // life of a one-time code
	IdleMinutes   int             `json:"idle_minutes"`     // life of a session without use
	AbsoluteHours int             `json:"absolute_hours"`   // life of a session in all
	SecondFactor  string          `json:"second_factor"`    // off, grace or on, for who reads others' data
	FactorFrom    string          `json:"factor_from"`      // first civil date on which grace ends
	LocalOnly     bool            `json:"break_glass_only"` // passwords sign in break-glass administrators alone
	HallNetworks  string          `json:"hall_networks"`    // networks of exam halls, by commas
	RememberDays  int             `json:"remember_days"`    // life of a known device
}

// DefaultSignInPolicy is what holds until an administrator chooses.
func DefaultSignInPolicy() SignInPolicy {
	return SignInPolicy{
		Profile: ProfileASVS, MinLength: MinPassword, CodeHours: 72, IdleMinutes: 12 * 60, AbsoluteHours: 7 * 24,
		SecondFactor: FactorOff, RememberDays: 365,
	}
}

// GradedSignInPolicy is where 等级保护 begins.
func GradedSignInPolicy() SignInPolicy {
	p := DefaultSignInPolicy()
	p.Profile, p.MinLength, p.Classes, p.MaxAgeDays, p.History = ProfileGraded, 10, 3, 90, 5
	p.CodeHours, p.IdleMinutes, p.AbsoluteHours = 24, 30, 12
	return p
}

// Check refuses a policy that contradicts itself or its profile.
// Errors: Invalid "sign_in.policy_…" at the field.
func (p SignInPolicy) Check() error {
	bad := domain.E(domain.Invalid, "sign_in.policy_wrong")
	between := func(field string, v, low, high int) {
		if v < low || v > high {
			bad = bad.At("body."+field, "sign_in.policy_range", "low", low, "high", high)
		}
	}
	between("min_length", p.MinLength, MinPassword, 64)
	between("code_hours", p.CodeHours, 1, 30*24)
	between("idle_minutes", p.IdleMinutes, 5, 7*24*60)
	between("absolute_hours", p.AbsoluteHours, 1, 90*24)
	between("remember_days", p.RememberDays, 1, 730)
	switch p.Profile {
	case ProfileASVS:
		between("classes", p.Classes, 0, 0)
		between("max_age_days", p.MaxAgeDays, 0, 0)
		between("history", p.History, 0, 0)
	case ProfileGraded:
		between("classes", p.Classes, 3, 4)
		between("max_age_days", p.MaxAgeDays, 30, 365)
		between("history", p.History, 1, 24)
	default:
		bad = bad.At("body.profile", "sign_in.policy_profile")
	}
	if !slices.Contains([]string{FactorOff, FactorGrace, FactorOn}, p.SecondFactor) {
		bad = bad.At("body.second_factor", "sign_in.policy_factor")
	}
	if p.SecondFactor == FactorGrace && !ValidDate(p.FactorFrom) {
		bad = bad.At("body.factor_from", "sign_in.policy_date")
	}
	if _, err := parseNetworks(p.HallNetworks); err != nil {
		bad = bad.At("body.hall_networks", "sign_in.policy_networks")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Idle is the life of a session without use.
func (p SignInPolicy) Idle() time.Duration { return time.Duration(p.IdleMinutes) * time.Minute }

// Absolute is the life of a session in all.
func (p SignInPolicy) Absolute() time.Duration { return time.Duration(p.AbsoluteHours) * time.Hour }

// SessionEnds returns when a session started at start and last used at used ends.
func (p SignInPolicy) SessionEnds(start, used time.Time) time.Time {
	idle, absolute := used.Add(p.Idle()), start.Add(p.Absolute())
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// PasswordEnded reports whether a password set at a time must be changed.
func (p SignInPolicy) PasswordEnded(set, now time.Time) bool {
	return p.MaxAgeDays > 0 && now.Sub(set) > time.Duration(p.MaxAgeDays)*24*time.Hour
}

// FactorRequired reports whether the policy requires a second factor today of a
// person; careful is whether some role of his asks for one.
func (p SignInPolicy) FactorRequired(careful bool, today string) bool {
	return careful && (p.SecondFactor == FactorOn || p.SecondFactor == FactorGrace && today >= p.FactorFrom)
}

// FactorAsked reports whether a second factor is asked for and will be required.
func (p SignInPolicy) FactorAsked(careful bool) bool {
	return careful && p.SecondFactor != FactorOff
}

// InHall reports whether an address is in one of the exam halls' networks.
func (p SignInPolicy) InHall(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	networks, err := parseNetworks(p.HallNetworks)
	return err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) })
}
