package api

import "zhixing/domain/org"

func (s *Server) routesOfSignIn() {
	// session
	publicRoute(s, GET, "/settings", "getSettings", s.getSettings)
	publicRoute(s, POST, "/session", "signIn", s.signIn)
	route(s, GET, "/session", "getSession", org.PermSelf, ScopeSelf, s.getSession, halfway)
	route(s, DELETE, "/session", "signOut", org.PermSelf, ScopeSelf, s.signOut, halfway, acting)
	route(s, POST, "/session/sign-out-everywhere", "signOutEverywhere", org.PermSelf, ScopeSelf, s.signOutEverywhere)
	route(s, POST, "/session/second-factor", "giveSecondFactor", org.PermSelf, ScopeSelf, s.giveSecondFactor, halfway)
	route(s, POST, "/session/end-impersonation", "endImpersonation", org.PermSelf, ScopeSelf, s.endImpersonation, acting)
	route(s, POST, "/session/step-up", "stepUp", org.PermSelf, ScopeSelf, s.stepUp)
	publicRoute(s, POST, "/session/passkey-options", "askPasskey", s.askPasskey)
	publicRoute(s, POST, "/session/passkey", "signInByPasskey", s.signInByPasskey)
	route(s, GET, "/sessions", "listSessions", org.PermSelf, ScopeSelf, s.listSessions, private)
	route(s, DELETE, "/sessions/{id}", "revokeSession", org.PermSelf, ScopeSelf, s.revokeSession)
	route(s, POST, "/password", "changePassword", org.PermSelf, ScopeSelf, s.changePassword)

	// second factors of one's own
	route(s, GET, "/my-factors", "getMyFactors", org.PermSelf, ScopeSelf, s.getMyFactors, halfway, private)
	route(s, POST, "/my-factors/totp", "beginTotp", org.PermSelf, ScopeSelf, s.beginTOTP, recent)
	route(s, POST, "/my-factors/totp/confirm", "confirmTotp", org.PermSelf, ScopeSelf, s.confirmTOTP)
	route(s, DELETE, "/my-factors/totp", "removeTotp", org.PermSelf, ScopeSelf, s.removeTOTP, recent)
	route(s, POST, "/my-factors/recovery-codes", "newRecoveryCodes", org.PermSelf, ScopeSelf, s.newRecoveryCodes, recent)
	route(s, POST, "/my-factors/passkey-options", "beginPasskey", org.PermSelf, ScopeSelf, s.beginPasskey, recent)
	route(s, POST, "/my-factors/passkeys", "addPasskey", org.PermSelf, ScopeSelf, s.addPasskey)
	route(s, PUT, "/my-factors/passkeys/{id}", "renamePasskey", org.PermSelf, ScopeSelf, s.renamePasskey)
	route(s, DELETE, "/my-factors/passkeys/{id}", "removePasskey", org.PermSelf, ScopeSelf, s.removePasskey, recent)

	// by way of peers outside
	publicRoute(s, POST, "/sign-in/connections/{id}/begin", "beginSignIn", s.beginSignIn)
	publicRoute(s, POST, "/sign-in/connections/{id}/password", "signInDirectory", s.signInDirectory)
	publicRoute(s, POST, "/sign-in/finish", "finishSignIn", s.finishSignIn)
	route(s, GET, "/my-identities", "listMyIdentities", org.PermSelf, ScopeSelf, s.listMyIdentities, private)
	route(s, DELETE, "/my-identities/{id}", "removeMyIdentity", org.PermSelf, ScopeSelf, s.removeMyIdentity, recent)
	route(s, GET, "/identity-connections", "listConnections", org.PermSystem, ScopeWhole, s.listConnections)
	route(s, POST, "/identity-connections", "addConnection", org.PermSystem, ScopeWhole, s.addConnection, recent)
	route(s, PUT, "/identity-connections/{id}", "saveConnection", org.PermSystem, ScopeWhole, s.saveConnection, recent)
	route(s, DELETE, "/identity-connections/{id}", "removeConnection", org.PermSystem, ScopeWhole, s.removeConnection, recent)
	route(s, POST, "/identity-connections/{id}/test", "testConnection", org.PermSystem, ScopeWhole, s.testConnection)
	route(s, GET, "/identity-conflicts", "listConflicts", org.PermSystem, ScopeWhole, s.listConflicts)
	route(s, POST, "/identity-conflicts/{id}/resolve", "resolveConflict", org.PermSystem, ScopeWhole, s.resolveConflict)
	route(s, POST, "/identity-conflicts/{id}/link", "linkConflict", org.PermSystem, ScopeWhole, s.linkConflict, recent)
	route(s, GET, "/people/{id}/identities", "listIdentities", org.PermSystem, ScopeWhole, s.listIdentities)
	route(s, DELETE, "/identity-links/{id}", "removeIdentity", org.PermSystem, ScopeWhole, s.removeIdentity, recent)
	route(s, GET, "/break-glass-people", "listBreakGlass", org.PermSystem, ScopeWhole, s.listBreakGlass)
	route(s, POST, "/people/{id}/break-glass", "setBreakGlass", org.PermSystem, ScopeWhole, s.setBreakGlass, recent)

	// how people sign in, for the administrator
	route(s, GET, "/sign-in-policy", "getSignInPolicy", org.PermSystem, ScopeWhole, s.getSignInPolicy)
	route(s, PUT, "/sign-in-policy", "saveSignInPolicy", org.PermSystem, ScopeWhole, s.saveSignInPolicy, recent)
}
