package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Passkeys is org.PasskeyCeremony by WebAuthn. The relying party is the host of
// the public address; the authenticator checks its holder (PIN, finger, face).
type Passkeys struct {
	party *webauthn.WebAuthn // nil where browsers do not allow passkeys
}

var _ org.PasskeyCeremony = (*Passkeys)(nil)

// NewPasskeys works at one address, such as https://learn.example.edu. Browsers
// allow passkeys on https and on localhost, and never for an IP address; at any
// other address they are not available.
func NewPasskeys(name, publicURL string) (*Passkeys, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return &Passkeys{}, nil //nolint:nilerr // no address, no passkeys
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return &Passkeys{}, nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys at %s: %w", publicURL, err)
	}
	return &Passkeys{party}, nil
}

// Available implements org.PasskeyCeremony.
func (p *Passkeys) Available() bool { return p.party != nil }

// Host is the relying party's id, "" when passkeys are not available.
func (p *Passkeys) Host() string {
	if p.party == nil {
		return ""
	}
	return p.party.Config.RPID
}

// holder is a person as the library sees him.
type holder struct {
	person *org.Person
	keys   []webauthn.Credential
}

func newHolder(of *org.Person, have []org.Passkey) (*holder, error) {
	h := &holder{person: of, keys: make([]webauthn.Credential, len(have))}
	for i, k := range have {
		if err := json.Unmarshal(k.Credential, &h.keys[i]); err != nil {
			return nil, fmt.Errorf("passkey %s: %w", k.ID, err)
		}
	}
	return h, nil
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.person.ID) }
func (h *holder) WebAuthnName() string                       { return h.person.Number }
func (h *holder) WebAuthnDisplayName() string                { return h.person.Name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// Register implements org.PasskeyCeremony.
func (p *Passkeys) Register(of *org.Person, have []org.Passkey) (options, state []byte, err error) {
	h, err := newHolder(of, have)
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := p.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return encode(creation.Response, session)
}

// Registered implements org.PasskeyCeremony.
func (p *Passkeys) Registered(of *org.Person, have []org.Passkey, state, answer []byte) (*org.Passkey, error) {
	h, err := newHolder(of, have)
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return nil, fmt.Errorf("passkey ceremony: %w", err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, refusedKey(domain.Invalid, err)
	}
	c, err := p.party.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, refusedKey(domain.Invalid, err)
	}
	return passkeyOf(c)
}

// Ask implements org.PasskeyCeremony.
func (p *Passkeys) Ask(of *org.Person, have []org.Passkey) (options, state []byte, err error) {
	var assertion *protocol.CredentialAssertion
	var session *webauthn.SessionData
	if of == nil {
		assertion, session, err = p.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	} else {
		var h *holder
		if h, err = newHolder(of, have); err != nil {
			return nil, nil, err
		}
		assertion, session, err = p.party.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask a passkey: %w", err)
	}
	return encode(assertion.Response, session)
}

// Answered implements org.PasskeyCeremony.
func (p *Passkeys) Answered(state, answer []byte, find func(credentialID []byte) (*org.Passkey, error)) (*org.Passkey, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return nil, fmt.Errorf("passkey ceremony: %w", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, refusedKey(domain.Unauthenticated, err)
	}
	key, err := find(parsed.RawID)
	if err != nil {
		return nil, err
	}
	h, err := newHolder(&org.Person{ID: key.PersonID}, []org.Passkey{*key})
	if err != nil {
		return nil, err
	}
	var c *webauthn.Credential
	if len(session.UserID) == 0 {
		c, err = p.party.ValidateDiscoverableLogin(func(_, userHandle []byte) (webauthn.User, error) {
			if string(userHandle) != key.PersonID {
				return nil, errors.New("the authenticator names another person")
			}
			return h, nil
		}, session, parsed)
	} else {
		c, err = p.party.ValidateLogin(h, session, parsed)
	}
	if err != nil {
		return nil, refusedKey(domain.Unauthenticated, err)
	}
	if c.Authenticator.CloneWarning {
		return nil, refusedKey(domain.Unauthenticated, errors.New("the authenticator's counter went back: it may have been copied"))
	}
	used, err := passkeyOf(c)
	if err != nil {
		return nil, err
	}
	used.ID, used.PersonID, used.Name = key.ID, key.PersonID, key.Name
	return used, nil
}

func encode(options, session any) (o, s []byte, err error) {
	if o, err = json.Marshal(options); err != nil {
		return nil, nil, fmt.Errorf("encode passkey options: %w", err)
	}
	if s, err = json.Marshal(session); err != nil {
		return nil, nil, fmt.Errorf("encode passkey ceremony: %w", err)
	}
	return o, s, nil
}

func passkeyOf(c *webauthn.Credential) (*org.Passkey, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode passkey: %w", err)
	}
	return &org.Passkey{CredentialID: c.ID, Credential: b}, nil
}

// refusedKey keeps what the library found for the log; people are told one thing.
func refusedKey(code domain.Code, err error) error {
	detail := err.Error()
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		detail = e.Details + ": " + e.DevInfo
	}
	return fmt.Errorf("passkey: %s: %w", detail, domain.E(code, "sign_in.passkey_refused"))
}
