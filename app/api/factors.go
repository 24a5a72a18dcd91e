package api

import (
	"context"
	"encoding/json"
	"time"

	"zhixing/app"
)

type proofBody struct {
	Password   string          `json:"password,omitempty" maxLength:"512"`
	Code       string          `json:"code,omitempty" maxLength:"16" doc:"Of the authenticator app"`
	Recovery   string          `json:"recovery,omitempty" maxLength:"32" doc:"A recovery code; each works once"`
	CeremonyID string          `json:"ceremony_id,omitempty" maxLength:"64"`
	Answer     json.RawMessage `json:"answer,omitempty" doc:"Answer of the authenticator, JSON of WebAuthn"`
}

func (b proofBody) proof() app.Proof {
	return app.Proof{Password: b.Password, Code: b.Code, Recovery: b.Recovery, CeremonyID: b.CeremonyID, Answer: b.Answer}
}

type proofInput struct {
	DoorInput
	Body proofBody
}

// giveSecondFactor handles POST /api/v1/session/second-factor.
func (s *Server) giveSecondFactor(ctx context.Context, who app.Actor, in *proofInput) (*sessionOutput, error) {
	opened, err := s.Sessions.GiveFactor(ctx, who, s.door(in.DoorInput, who, "").Token, in.Body.proof())
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

// stepUp handles POST /api/v1/session/step-up.
func (s *Server) stepUp(ctx context.Context, who app.Actor, in *proofInput) (*sessionOutput, error) {
	opened, err := s.Sessions.StepUp(ctx, who, s.door(in.DoorInput, who, "").Token, in.Body.proof())
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

type ceremonyOutput struct {
	Body struct {
		CeremonyID string          `json:"ceremony_id"`
		Options    json.RawMessage `json:"options" doc:"For the browser, JSON of WebAuthn"`
	}
}

func ceremonyOf(a *app.Asked, err error) (*ceremonyOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &ceremonyOutput{}
	out.Body.CeremonyID, out.Body.Options = a.CeremonyID, a.Options
	return out, nil
}

// askPasskey handles POST /api/v1/session/passkey-options: to sign in, as second
// factor, or for a step-up.
func (s *Server) askPasskey(ctx context.Context, who app.Actor, _ *struct{}) (*ceremonyOutput, error) {
	return ceremonyOf(s.Sessions.AskPasskey(ctx, who))
}

type passkeySignInInput struct {
	DoorInput
	Body struct {
		CeremonyID string          `json:"ceremony_id" maxLength:"64"`
		Answer     json.RawMessage `json:"answer"`
		DeviceID   string          `json:"device_id,omitempty" maxLength:"64"`
	}
}

// signInByPasskey handles POST /api/v1/session/passkey.
func (s *Server) signInByPasskey(ctx context.Context, who app.Actor, in *passkeySignInInput) (*sessionOutput, error) {
	opened, err := s.Sessions.SignInByPasskey(ctx, s.door(in.DoorInput, who, in.Body.DeviceID),
		app.Proof{CeremonyID: in.Body.CeremonyID, Answer: in.Body.Answer})
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

type factorsOutput struct{ Body factorsBody }

type factorsBody struct {
	Password     bool          `json:"password"`
	TOTP         bool          `json:"totp"`
	Passkeys     []passkeyBody `json:"passkeys"`
	PasskeysHere bool          `json:"passkeys_here" doc:"Whether browsers allow passkeys at this installation's address"`
	RecoveryLeft int           `json:"recovery_left"`
	Asked        bool          `json:"asked" doc:"The policy asks this person for a second factor"`
	Required     bool          `json:"required"`
	RequiredFrom string        `json:"required_from" doc:"Civil date on which it becomes required; empty when none"`
}

type passkeyBody struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// getMyFactors handles GET /api/v1/my-factors.
func (s *Server) getMyFactors(ctx context.Context, who app.Actor, _ *struct{}) (*factorsOutput, error) {
	f, err := s.Sessions.Factors(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &factorsOutput{factorsBody{
		Password: f.HasPassword, TOTP: f.HasTOTP, PasskeysHere: f.PasskeysAvailable, RecoveryLeft: f.RecoveryLeft,
		Asked: f.Asked, Required: f.Required, RequiredFrom: f.RequiredFrom, Passkeys: make([]passkeyBody, len(f.Passkeys)),
	}}
	for i, k := range f.Passkeys {
		out.Body.Passkeys[i] = passkeyBody{k.ID, k.Name, k.CreatedAt, k.LastUsedAt}
	}
	return out, nil
}

type totpOutput struct {
	Body struct {
		Secret string `json:"secret" doc:"Shown this once"`
		URL    string `json:"url" doc:"For an authenticator on the same device"`
		QR     []byte `json:"qr" doc:"The address as a picture, PNG in base64"`
	}
}

// beginTOTP handles POST /api/v1/my-factors/totp.
func (s *Server) beginTOTP(ctx context.Context, who app.Actor, _ *struct{}) (*totpOutput, error) {
	t, err := s.Sessions.BeginTOTP(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &totpOutput{}
	out.Body.Secret, out.Body.URL, out.Body.QR = t.Secret, t.URL, t.QR
	return out, nil
}

type recoveryOutput struct {
	Body struct {
		RecoveryCodes []string `json:"recovery_codes" doc:"Shown this once; empty when there are some already"`
	}
}

func recoveryOf(codes []string, err error) (*recoveryOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &recoveryOutput{}
	out.Body.RecoveryCodes = append([]string{}, codes...)
	return out, nil
}

type codeInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"16"`
	}
}

// confirmTOTP handles POST /api/v1/my-factors/totp/confirm.
func (s *Server) confirmTOTP(ctx context.Context, who app.Actor, in *codeInput) (*recoveryOutput, error) {
	return recoveryOf(s.Sessions.ConfirmTOTP(ctx, who, in.Body.Code))
}

// removeTOTP handles DELETE /api/v1/my-factors/totp.
func (s *Server) removeTOTP(ctx context.Context, who app.Actor, _ *struct{}) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.RemoveTOTP(ctx, who)
}

// newRecoveryCodes handles POST /api/v1/my-factors/recovery-codes.
func (s *Server) newRecoveryCodes(ctx context.Context, who app.Actor, _ *struct{}) (*recoveryOutput, error) {
	return recoveryOf(s.Sessions.NewRecoveryCodes(ctx, who))
}

// beginPasskey handles POST /api/v1/my-factors/passkey-options.
func (s *Server) beginPasskey(ctx context.Context, who app.Actor, _ *struct{}) (*ceremonyOutput, error) {
	return ceremonyOf(s.Sessions.BeginPasskey(ctx, who))
}

type addPasskeyInput struct {
	Body struct {
		CeremonyID string          `json:"ceremony_id" maxLength:"64"`
		Name       string          `json:"name" maxLength:"200"`
		Answer     json.RawMessage `json:"answer"`
	}
}

// addPasskey handles POST /api/v1/my-factors/passkeys.
func (s *Server) addPasskey(ctx context.Context, who app.Actor, in *addPasskeyInput) (*recoveryOutput, error) {
	return recoveryOf(s.Sessions.AddPasskey(ctx, who, in.Body.CeremonyID, in.Body.Name, in.Body.Answer))
}

type renamePasskeyInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name string `json:"name" maxLength:"200"`
	}
}

// renamePasskey handles PUT /api/v1/my-factors/passkeys/{id}.
func (s *Server) renamePasskey(ctx context.Context, who app.Actor, in *renamePasskeyInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.RenamePasskey(ctx, who, in.ID, in.Body.Name)
}

// removePasskey handles DELETE /api/v1/my-factors/passkeys/{id}.
func (s *Server) removePasskey(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.RemovePasskey(ctx, who, in.ID)
}
