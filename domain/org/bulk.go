package org

import "time"

// MaxBulk bounds the people of one bulk change; MaxRefused the refusals it keeps.
const (
	MaxBulk    = 5000
	MaxRefused = 500
)

// States of a bulk change: every person is checked, somebody looks at the
// outcome, then it is done.
const (
	BulkChecking = "checking"
	BulkChecked  = "checked"
	BulkRunning  = "running"
	BulkDone     = "done"
)

// Bulk is one change of facts for many people. Those for whom it is refused are
// told apart and hinder nobody else.
type Bulk struct {
	ID         string
	ActorID    string
	Kind       FactKind // "" takes the tree from the unit
	Fact       Fact     // value, unit, dates, document
	Reason     string
	PersonIDs  []string
	State      string
	Position   int
	Accepted   int
	Refused    []Refusal
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Refusal is a person for whom a bulk change cannot be done.
type Refusal struct {
	PersonID string         `json:"person_id"`
	Number   string         `json:"number"`
	Name     string         `json:"name"`
	Reason   string         `json:"reason"`
	Params   map[string]any `json:"params,omitempty"`
}

// PeopleView is a filter that somebody saved.
type PeopleView struct {
	ID        string
	OwnerID   string
	OwnerName string
	Name      string
	Shared    bool
	Filter    map[string]string // as it stands in the address of the list
}

// MaxViews bounds the filters that one person saves.
const MaxViews = 50
