package org

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Kinds of peers that say who somebody is.
const (
	ConnectionOIDC     = "oidc"
	ConnectionCAS      = "cas"
	ConnectionLDAP     = "ldap"
	ConnectionWeCom    = "wecom"
	ConnectionDingTalk = "dingtalk"
)

// ConnectionKinds lists the kinds in the order that screens show them.
func ConnectionKinds() []string {
	return []string{ConnectionOIDC, ConnectionCAS, ConnectionLDAP, ConnectionWeCom, ConnectionDingTalk}
}

// ConnectionConfig is what a connection needs to know; which fields count
// depends on its kind.
type ConnectionConfig struct {
	URL         string `json:"url"`         // issuer, CAS server, ldap(s)://host; API address of a private WeChat Work or DingTalk
	ClientID    string `json:"client_id"`   // OIDC client, WeChat Work corp id, DingTalk client id
	AgentID     string `json:"agent_id"`    // WeChat Work
	Scopes      string `json:"scopes"`      // OIDC, by spaces; openid is always asked for
	Number      string `json:"number"`      // the verified attribute that holds the staff or student number
	Subject     string `json:"subject"`     // LDAP: the attribute that never changes
	BindDN      string `json:"bind_dn"`     // LDAP
	BaseDN      string `json:"base_dn"`     // LDAP
	Filter      string `json:"filter"`      // LDAP, with {name}
	StartTLS    bool   `json:"start_tls"`   // LDAP
	CASVersion  string `json:"cas_version"` // 3 or 2
	Authorities string `json:"authorities"` // certificates (PEM) to trust beside the system's
	Hosts       string `json:"hosts"`       // further hosts that the peer may send us to for data, by commas
	LinkNumber  bool   `json:"link_number"` // link who comes for the first time by his number
}

// Connection is one peer. Secret is sealed.
type Connection struct {
	ID       string
	Kind     string
	Name     string
	Enabled  bool
	Position int
	Config   ConnectionConfig
	Secret   string
	Version  int
}

// Default attributes that hold the number, by kind.
var numberAttributes = map[string]string{
	ConnectionOIDC: "preferred_username", ConnectionCAS: "user", ConnectionLDAP: "uid", ConnectionWeCom: "userid", ConnectionDingTalk: "job_number",
}

// Check cleans a connection and refuses one that cannot work or is not safe.
// Errors: Invalid "identity.connection_wrong" with the fields.
func (c *Connection) Check() error {
	bad := domain.E(domain.Invalid, "identity.connection_wrong")
	need := func(field, v string) {
		if v == "" {
			bad = bad.At("body."+field, "identity.field_missing")
		}
	}
	c.Name, c.Config.URL = strings.TrimSpace(c.Name), strings.TrimRight(strings.TrimSpace(c.Config.URL), "/")
	if n := utf8.RuneCountInString(c.Name); n < 1 || n > 40 {
		bad = bad.At("body.name", "identity.name_form")
	}
	if !slices.Contains(ConnectionKinds(), c.Kind) {
		return bad.At("body.kind", "identity.kind_unknown")
	}
	if c.Config.Number == "" {
		c.Config.Number = numberAttributes[c.Kind]
	}
	schemes := []string{"https"}
	switch c.Kind {
	case ConnectionOIDC:
		need("url", c.Config.URL)
		need("client_id", c.Config.ClientID)
	case ConnectionCAS:
		need("url", c.Config.URL)
		if c.Config.CASVersion == "" {
			c.Config.CASVersion = "3"
		}
		if c.Config.CASVersion != "3" && c.Config.CASVersion != "2" {
			bad = bad.At("body.cas_version", "identity.cas_version")
		}
	case ConnectionLDAP:
		schemes = []string{"ldaps", "ldap"}
		need("url", c.Config.URL)
		need("base_dn", c.Config.BaseDN)
		if c.Config.Filter == "" {
			c.Config.Filter = "(uid={name})"
		}
		if strings.Count(c.Config.Filter, "{name}") != 1 || !strings.HasPrefix(c.Config.Filter, "(") {
			bad = bad.At("body.filter", "identity.filter_form")
		}
		if c.Config.Subject == "" {
			c.Config.Subject = "entryUUID"
		}
		if strings.HasPrefix(c.Config.URL, "ldap://") && !c.Config.StartTLS {
			bad = bad.At("body.start_tls", "identity.plain_text")
		}
	case ConnectionWeCom:
		need("client_id", c.Config.ClientID)
		need("agent_id", c.Config.AgentID)
	default: // DingTalk
		need("client_id", c.Config.ClientID)
	}
	if c.Config.URL != "" {
		u, err := url.Parse(c.Config.URL)
		if err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			bad = bad.At("body.url", "identity.url_form", "schemes", strings.Join(schemes, ":// "))
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Flow is one browser on its way to a peer and back.
type Flow struct {
	State, Nonce, Verifier string
	Callback               string // our address, from the settings and never from a request
	InApp                  bool   // inside WeChat Work's own browser
}

// Assertion is what a peer said of somebody, checked. Subject never changes and
// is never given to another.
type Assertion struct {
	Subject string
	Number  string // "" when the peer did not tell
}

// Finding is one step of a test of a connection. Reason "" is well.
type Finding struct {
	Step, Reason string
	Params       map[string]any
}

// Peer is a connection that can be spoken to. A bad answer is Unauthenticated
// "identity.…"; no answer is Unavailable "identity.unreachable".
type Peer interface {
	// Begin returns where the browser goes.
	Begin(ctx context.Context, f Flow) (string, error)
	// Finish judges with what parameters the browser came back.
	Finish(ctx context.Context, f Flow, params map[string]string) (*Assertion, error)
	// Password asks a directory whether name and password fit.
	Password(ctx context.Context, name, password string) (*Assertion, error)
	// Try speaks to the peer and says in steps what is well and what is wrong.
	Try(ctx context.Context, callback string) []Finding
}

// PeerMaker makes peers of connections; secret is open.
type PeerMaker interface {
	Peer(c Connection, secret string) (Peer, error)
}

// Link ties what a peer calls somebody to a person.
type Link struct {
	ID, ConnectionID, Subject, PersonID string
	ConnectionName, Kind                string
	LinkedAt                            time.Time
	LastUsedAt                          *time.Time
}

// IdentityConflict is somebody a peer vouched for and who could not be let in.
type IdentityConflict struct {
	ID, ConnectionID, ConnectionName, Subject, Number, Reason string
	Tries                                                     int
	FirstAt, LastAt                                           time.Time
}

// FlowRow is a flow as it is kept: its secrets sealed.
type FlowRow struct {
	StateHash, BrowserHash          []byte
	ConnectionID, Secrets, ReturnTo string
}

// ConnectionStore keeps connections, links, flows and conflicts.
type ConnectionStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx ConnectionStore) error) error
	Connections(ctx context.Context) ([]Connection, error)
	// Connection returns NotFound "identity.connection_unknown".
	Connection(ctx context.Context, id string) (*Connection, error)
	InsertConnection(ctx context.Context, c *Connection) error
	// SaveConnection returns Conflict "identity.connection_changed" when somebody
	// saved another version meanwhile.
	SaveConnection(ctx context.Context, c *Connection) error
	RemoveConnection(ctx context.Context, id string) error
	InsertFlow(ctx context.Context, f *FlowRow, life time.Duration) error
	// TakeFlow returns a flow of this browser and forgets it; Unauthenticated
	// "identity.flow_over" when it is unknown, over, taken or another browser's.
	TakeFlow(ctx context.Context, stateHash, browserHash []byte) (*FlowRow, error)
	// Link returns NotFound "identity.not_linked".
	Link(ctx context.Context, connectionID, subject string) (*Link, error)
	LinksOf(ctx context.Context, personID string) ([]Link, error)
	// InsertLink returns Conflict "identity.number_conflict" when subject or person
	// are linked otherwise.
	InsertLink(ctx context.Context, l *Link) error
	LinkUsed(ctx context.Context, id string) error
	// RemoveLink returns the link; NotFound "identity.not_linked". personID ""
	// removes anybody's.
	RemoveLink(ctx context.Context, id, personID string) (*Link, error)
	// PersonByNumber returns NotFound "identity.person_unknown".
	PersonByNumber(ctx context.Context, number string) (*Person, error)
	// HoldsGrant and Reaches are those of PersonStore.
	HoldsGrant(ctx context.Context, personID string) (bool, error)
	Reaches(ctx context.Context, s domain.Scope) (bool, error)
	// OpenAccount makes an account without a password where there is none.
	OpenAccount(ctx context.Context, personID string) error
	NoteConflict(ctx context.Context, c *IdentityConflict) error
	Conflicts(ctx context.Context, p domain.Paging) (domain.Page[IdentityConflict], error)
	// ConflictForUpdate returns one that is open; NotFound "identity.conflict_unknown".
	ConflictForUpdate(ctx context.Context, id string) (*IdentityConflict, error)
	// ResolveConflict returns NotFound "identity.conflict_unknown".
	ResolveConflict(ctx context.Context, id, by string) error
	// SetBreakGlass returns NotFound "person.no_account".
	SetBreakGlass(ctx context.Context, personID string, on bool) error
	// BreakGlassPeople lists who is named, at most 100.
	BreakGlassPeople(ctx context.Context) ([]BreakGlassPerson, error)
	// LockSignInPolicy returns the policy; nobody changes it, or who is a break-glass
	// administrator, until the transaction ends.
	LockSignInPolicy(ctx context.Context) (SignInPolicy, error)
	// BreakGlass counts those who could sign in by password.
	BreakGlass(ctx context.Context) (int, error)
}

// BreakGlassPerson is somebody who signs in by password whatever the policy says.
// Ready is whether he could: a password, an open account and the institution's
// settings in his hands.
type BreakGlassPerson struct {
	ID, Number, Name string
	Ready            bool
}

// SafeReturn is an address of this application, or "/".
func SafeReturn(path string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, path)
	if !strings.HasPrefix(clean, "/") || strings.HasPrefix(clean, "//") || strings.HasPrefix(clean, `/\`) || len(clean) > 2000 {
		return "/"
	}
	return clean
}
