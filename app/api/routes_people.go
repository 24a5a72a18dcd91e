package api

import "zhixing/domain/org"

func (s *Server) routesOfRights() {
	route(s, GET, "/role-names", "listRoleNames", org.PermSelf, ScopeAll, s.listRoleNames)
	route(s, GET, "/permissions", "listPermissions", org.PermSelf, ScopeAll, s.listPermissions)
	route(s, GET, "/roles", "listRoles", org.PermGrantManage, ScopeAll, s.listRoles)
	route(s, POST, "/roles", "createRole", org.PermRoleManage, ScopeWhole, s.createRole, recent)
	route(s, GET, "/roles/{id}", "getRole", org.PermGrantManage, ScopeAll, s.getRole)
	route(s, PUT, "/roles/{id}", "changeRole", org.PermRoleManage, ScopeWhole, s.changeRole, recent)
	route(s, POST, "/roles/{id}/preview", "previewRole", org.PermRoleManage, ScopeWhole, s.previewRole)
	route(s, POST, "/roles/{id}/retire", "retireRole", org.PermRoleManage, ScopeWhole, s.retireRole, recent)
	route(s, POST, "/people/{id}/grants", "giveGrant", org.PermGrantManage, ScopeSubtree, s.giveGrant, recent)
	route(s, POST, "/people/{id}/impersonate", "impersonatePerson", org.PermSupport, ScopeSubtree, s.impersonatePerson, recent)
	route(s, GET, "/people/{id}/rights", "getPersonRights", org.PermAuditRead, ScopeSubtree, s.getPersonRights)
	route(s, GET, "/people/{id}/watchers", "listPersonWatchers", org.PermAuditRead, ScopeSubtree, s.listPersonWatchers)
	route(s, GET, "/grants", "listGrants", org.PermGrantManage, ScopeSubtree, s.listGrants)
	route(s, POST, "/grants/{id}/end", "endGrant", org.PermGrantManage, ScopeSubtree, s.endGrant, recent)
	route(s, GET, "/grant-requests", "listGrantRequests", org.PermGrantManage, ScopeSubtree, s.listGrantRequests)
	route(s, POST, "/grant-requests/{id}/approve", "approveGrantRequest", org.PermGrantManage, ScopeSubtree, s.approveGrantRequest, recent)
	route(s, POST, "/grant-requests/{id}/refuse", "refuseGrantRequest", org.PermGrantManage, ScopeSubtree, s.refuseGrantRequest)
	route(s, POST, "/grant-requests/{id}/withdraw", "withdrawGrantRequest", org.PermGrantManage, ScopeSubtree, s.withdrawGrantRequest)
}

func (s *Server) routesOfRosters() {
	route(s, GET, "/people-duplicates", "listDuplicates", org.PermPeopleManage, ScopeSubtree, s.listDuplicates)
	route(s, GET, "/people-count", "countPeople", org.PermPeopleRead, ScopeSubtree, s.countPeople)
	route(s, GET, "/people-views", "listPeopleViews", org.PermPeopleRead, ScopeSelf, s.listPeopleViews)
	route(s, POST, "/people-views", "savePeopleView", org.PermPeopleRead, ScopeSelf, s.savePeopleView)
	route(s, DELETE, "/people-views/{id}", "deletePeopleView", org.PermPeopleRead, ScopeSelf, s.deletePeopleView)
	route(s, POST, "/people-bulks", "startBulk", org.PermPeopleManage, ScopeSubtree, s.startBulk)
	route(s, GET, "/people-bulks/{id}", "getBulk", org.PermPeopleManage, ScopeSelf, s.getBulk)
	route(s, POST, "/people-bulks/{id}/apply", "applyBulk", org.PermPeopleManage, ScopeSelf, s.applyBulk, recent)
	route(s, GET, "/person-corrections", "listPersonCorrections", org.PermPeopleCorrect, ScopeSubtree, s.listPersonCorrections)
	route(s, POST, "/person-corrections/{id}/approve", "approvePersonCorrection", org.PermPeopleCorrect, ScopeSubtree, s.approvePersonCorrection)
	route(s, POST, "/person-corrections/{id}/decline", "declinePersonCorrection", org.PermPeopleCorrect, ScopeSubtree, s.declinePersonCorrection)
	route(s, GET, "/me", "getMe", org.PermSelf, ScopeSelf, s.getMe)
	route(s, GET, "/me/looks", "listLooks", org.PermSelf, ScopeSelf, s.listLooks)
	route(s, GET, "/me/watchers", "listMyWatchers", org.PermSelf, ScopeSelf, s.listMyWatchers)
	route(s, GET, "/me/corrections", "listMyCorrections", org.PermSelf, ScopeSelf, s.listMyCorrections)
	route(s, POST, "/me/corrections", "askCorrection", org.PermSelf, ScopeSelf, s.askCorrection)
	route(s, POST, "/me/corrections/{id}/withdraw", "withdrawCorrection", org.PermSelf, ScopeSelf, s.withdrawCorrection)
}

func (s *Server) routesOfPrivacy() {
	route(s, GET, "/privacy/items", "listPrivacyItems", org.PermSelf, ScopeAll, s.listPrivacyItems)
	route(s, PUT, "/privacy/rules/{id}", "setRetentionTerm", org.PermSystem, ScopeWhole, s.setRetentionTerm, recent)
	route(s, POST, "/me/data-exports", "exportMyData", org.PermSelf, ScopeSelf, s.exportMyData, recent)
	route(s, POST, "/people/{id}/data-exports", "exportPersonData", org.PermPeopleManage, ScopeSubtree, s.exportPersonData, recent)
	route(s, GET, "/me/erasure", "previewMyErasure", org.PermSelf, ScopeSelf, s.previewMyErasure)
	route(s, POST, "/me/erasure", "askMyErasure", org.PermSelf, ScopeSelf, s.askMyErasure, recent)
	route(s, GET, "/people/{id}/erasure", "previewErasure", org.PermPeopleManage, ScopeSubtree, s.previewErasure)
	route(s, POST, "/people/{id}/erasure", "askErasure", org.PermPeopleManage, ScopeSubtree, s.askErasure, recent)
	route(s, GET, "/erasures", "listErasures", org.PermPeopleManage, ScopeSubtree, s.listErasures)
	route(s, POST, "/erasures/{id}/approve", "approveErasure", org.PermPeopleManage, ScopeSubtree, s.approveErasure, recent)
	route(s, POST, "/erasures/{id}/refuse", "refuseErasure", org.PermPeopleManage, ScopeSubtree, s.refuseErasure)
	route(s, POST, "/erasures/{id}/withdraw", "withdrawErasure", org.PermSelf, ScopeSelf, s.withdrawErasure)
	route(s, GET, "/privacy/runs", "listRetentionRuns", org.PermSystem, ScopeWhole, s.listRetentionRuns)
}
