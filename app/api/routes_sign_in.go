package api

import "zhixing/domain/org"

func (s *Server) routesOfSignIn() {
	// session
	publicRoute(s, GET, "/settings", "getSettings", s.getSettings)
	publicRoute(s, POST, "/session", "signIn", s.signIn)
	route(s, GET, "/session", "getSession", org.PermSelf, ScopeSelf, s.getSession, halfway)
	route(s, DELETE, "/session", "signOut", org.PermSelf, ScopeSelf, s.signOut, halfway)
	route(s, POST, "/session/sign-out-everywhere", "signOutEverywhere", org.PermSelf, ScopeSelf, s.signOutEverywhere)
	route(s, POST, "/session/second-factor", "giveSecondFactor", org.PermSelf, ScopeSelf, s.giveSecondFactor, halfway)
	route(s, POST, "/session/step-up", "stepUp", org.PermSelf, ScopeSelf, s.stepUp)
	publicRoute(s, POST, "/session/passkey-options", "askPasskey", s.askPasskey)
	publicRoute(s, POST, "/session/passkey", "signInByPasskey", s.signInByPasskey)
	route(s, GET, "/sessions", "listSessions", org.PermSelf, ScopeSelf, s.listSessions)
	route(s, DELETE, "/sessions/{id}", "revokeSession", org.PermSelf, ScopeSelf, s.revokeSession)
	route(s, POST, "/password", "changePassword", org.PermSelf, ScopeSelf, s.changePassword)

	// second factors of one's own
	route(s, GET, "/my-factors", "getMyFactors", org.PermSelf, ScopeSelf, s.getMyFactors, halfway)
	route(s, POST, "/my-factors/totp", "beginTotp", org.PermSelf, ScopeSelf, s.beginTOTP, recent)
	route(s, POST, "/my-factors/totp/confirm", "confirmTotp", org.PermSelf, ScopeSelf, s.confirmTOTP)
	route(s, DELETE, "/my-factors/totp", "removeTotp", org.PermSelf, ScopeSelf, s.removeTOTP, recent)
	route(s, POST, "/my-factors/recovery-codes", "newRecoveryCodes", org.PermSelf, ScopeSelf, s.newRecoveryCodes, recent)
	route(s, POST, "/my-factors/passkey-options", "beginPasskey", org.PermSelf, ScopeSelf, s.beginPasskey, recent)
	route(s, POST, "/my-factors/passkeys", "addPasskey", org.PermSelf, ScopeSelf, s.addPasskey)
	route(s, PUT, "/my-factors/passkeys/{id}", "renamePasskey", org.PermSelf, ScopeSelf, s.renamePasskey)
	route(s, DELETE, "/my-factors/passkeys/{id}", "removePasskey", org.PermSelf, ScopeSelf, s.removePasskey, recent)

	// how people sign in, for the administrator
	route(s, GET, "/sign-in-policy", "getSignInPolicy", org.PermSystem, ScopeAll, s.getSignInPolicy)
	route(s, PUT, "/sign-in-policy", "saveSignInPolicy", org.PermSystem, ScopeAll, s.saveSignInPolicy, recent)
}
