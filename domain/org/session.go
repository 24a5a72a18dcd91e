package org

import "time"

// Account is how a person signs in.
type Account struct {
	PersonID      string
	PasswordHash  string // "" signs in by other means alone
	MustChange    bool
	ChangedAt     time.Time
	DisabledAt    *time.Time
	CodeHash      string // of an administrator's one-time code; "" when there is none
	CodeExpiresAt *time.Time
	BreakGlass    bool   // signs in by password whatever the policy says
	TOTPSecret    string // sealed; "" when TOTP is not set up
	TOTPStep      int64  // the last time step that was used
	TOTPPending   string // sealed; set up but not confirmed
	Passkeys      int
	RecoveryLeft  int
}

// HasFactor reports whether a second factor is set up.
func (a *Account) HasFactor() bool { return a.TOTPSecret != "" || a.Passkeys > 0 }

// Factors is what a person had set up.
type Factors struct {
	TOTP     bool
	Passkeys int
}

// How a session began.
const (
	MethodPassword = "password"
	MethodCode     = "code"
	MethodPasskey  = "passkey"
	MethodExternal = "external"
)

// Session is one signed-in device.
type Session struct {
	ID          string `bun:",pk"`
	TokenHash   []byte
	PersonID    string
	DeviceID    string
	UserAgent   string
	IP          string
	Method      string
	NeedsFactor bool
	AuthAt      time.Time // when the person last proved who he is
	CreatedAt   time.Time
	LastSeenAt  time.Time
	ExpiresAt   time.Time
	RevokedAt   *time.Time
}

// RecentFor is how long after a proof dangerous deeds need no new one; HalfwayFor
// is how long a session may owe its second factor.
const (
	RecentFor  = 10 * time.Minute
	HalfwayFor = 10 * time.Minute
)

// Identity is who a session belongs to and what he may do, read in one query.
type Identity struct {
	SessionID   string
	PersonID    string
	Method      string
	CreatedAt   time.Time
	LastSeenAt  time.Time
	ExpiresAt   time.Time
	Today       string // civil date
	MustChange  bool
	NeedsFactor bool           // the second factor has not been given yet
	HasFactor   bool           // one is set up
	Recent      bool           // proved who he is within RecentFor
	MustEnrol   bool           // the policy requires a second factor and none is set up
	RotateDue   bool           // rights changed: the token must be replaced
	Careful     bool           // some role of his asks for a second factor
	Acting      *Impersonation // PersonID is whom somebody else looks as
	Roles       []Role
	Permissions []Permission
	Everywhere  []Permission // those that a grant for the whole institution gives
}

// Passkey is one credential of a person. Credential is what the ceremony library
// keeps of it, as JSON.
type Passkey struct {
	ID           string `bun:",pk"`
	PersonID     string
	CredentialID []byte
	Credential   []byte
	Name         string
	CreatedAt    time.Time
	LastUsedAt   *time.Time
}

// Ceremony is one question put to an authenticator; its answer counts once.
type Ceremony struct {
	ID       string `bun:",pk"`
	PersonID *string
	Purpose  string
	State    []byte
}

// Purposes of a ceremony.
const (
	CeremonyRegister = "register"
	CeremonySignIn   = "sign_in"
	CeremonyFactor   = "factor"
	CeremonyStepUp   = "step_up"
)
