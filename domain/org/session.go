package org

import "time"

// Account is how a person signs in.
type Account struct {
	PersonID     string
	PasswordHash string
	MustChange   bool
	DisabledAt   *time.Time
}

// Session is one signed-in device.
type Session struct {
	ID         string `bun:",pk"`
	TokenHash  []byte
	PersonID   string
	DeviceID   string
	UserAgent  string
	IP         string
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	RevokedAt  *time.Time
}

// Identity is who a session belongs to and what he may do, read in one query.
type Identity struct {
	SessionID   string
	PersonID    string
	LastSeenAt  time.Time
	ExpiresAt   time.Time
	MustChange  bool
	Roles       []Role
	Permissions []Permission
}
