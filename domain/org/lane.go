package org

import (
	"net/netip"
	"strings"
	"time"
)

// Lane bounds guesses at one secret: Burst at once, then one per Every. A guess
// takes its place before it is judged, so that a thousand at once are no more
// than a thousand in a row, and gives it back when it was right.
//
// There is no lane for an address or for a device across people: a hall of ten
// thousand behind one address, or on machines copied from one image, must never
// wait for the mistakes of others.
type Lane struct {
	Key   string
	Burst int
	Every time.Duration
}

// PasswordLane is the lane of a password guess. From a device that has signed in
// to this account before (knownDevice is its digest) it is the device's own, so
// that strangers cannot lock the owner out. Of strangers there are at most 10
// guesses in any hour, all together; those in an exam hall count apart from the
// rest of the world.
func PasswordLane(number, knownDevice string, inHall bool) Lane {
	switch number = strings.ToLower(number); {
	case knownDevice != "":
		return Lane{"known:" + number + ":" + knownDevice, 10, time.Minute}
	case inHall:
		return Lane{"hall:" + number, 5, 12 * time.Minute}
	default:
		return Lane{"account:" + number, 5, 12 * time.Minute}
	}
}

// CodeLane is the lane of one-time codes: 59 bits need no slow lane, and whoever
// was locked out by strangers comes in by a code.
func CodeLane(number string) Lane {
	return Lane{"code:" + strings.ToLower(number), 10, time.Minute}
}

// FactorLane is the lane of a person's TOTP and recovery codes.
func FactorLane(personID string) Lane { return Lane{"factor:" + personID, 5, 5 * time.Minute} }

// StepUpLane is the lane of a password asked for again in an open session.
func StepUpLane(personID string) Lane { return Lane{"step_up:" + personID, 5, time.Minute} }

// DirectoryLane is the lane of a password that a directory (LDAP) judges.
func DirectoryLane(connectionID, name string) Lane {
	return Lane{"directory:" + connectionID + ":" + strings.ToLower(name), 5, 12 * time.Minute}
}

func parseNetworks(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if addr, err := netip.ParseAddr(part); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
