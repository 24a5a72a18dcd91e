package api

import (
	"zhixing/app"
	"zhixing/domain/org"
)

// routesOfExchange are those by which people come in as tables, and by which
// programs outside and this one speak.
func (s *Server) routesOfExchange() {
	rawRoute(s, POST, "/imports", "uploadImport", org.PermPeopleImport, ScopeSubtree, "application/json", s.uploadImport)
	route(s, GET, "/imports", "listImports", org.PermPeopleImport, ScopeSubtree, s.listImports)
	rawRoute(s, GET, "/import-template", "getImportTemplate", org.PermPeopleImport, ScopeAll, app.SheetType, s.getImportTemplate)
	route(s, GET, "/imports/{id}", "getImport", org.PermPeopleImport, ScopeSubtree, s.getImport)
	route(s, POST, "/imports/{id}/map", "mapImport", org.PermPeopleImport, ScopeSubtree, s.mapImport)
	route(s, GET, "/imports/{id}/rows", "listImportRows", org.PermPeopleImport, ScopeSubtree, s.listImportRows)
	rawRoute(s, GET, "/imports/{id}/report", "getImportReport", org.PermPeopleImport, ScopeSubtree, app.SheetType, s.getImportReport)
	route(s, POST, "/imports/{id}/apply", "applyImport", org.PermPeopleImport, ScopeSubtree, s.applyImport, recent)
	route(s, POST, "/imports/{id}/undo", "undoImport", org.PermPeopleImport, ScopeSubtree, s.undoImport, recent)

	route(s, GET, "/api-tokens", "listTokens", org.PermSystem, ScopeWhole, s.listTokens)
	route(s, POST, "/api-tokens", "createToken", org.PermSystem, ScopeWhole, s.createToken, recent)
	route(s, POST, "/api-tokens/{id}/rotate", "rotateToken", org.PermSystem, ScopeWhole, s.rotateToken, recent)
	route(s, POST, "/api-tokens/{id}/revoke", "revokeToken", org.PermSystem, ScopeWhole, s.revokeToken)
	route(s, POST, "/pushes/people", "pushPeople", org.PermPeopleImport, ScopeSubtree, s.pushPeople, tokens)
	route(s, POST, "/pushes/units", "pushUnits", org.PermUnitManage, ScopeSubtree, s.pushUnits, tokens)
	route(s, POST, "/pushes/facts", "pushFacts", org.PermPeopleManage, ScopeSubtree, s.pushFacts, tokens)
	route(s, GET, "/webhooks", "listWebhooks", org.PermSystem, ScopeWhole, s.listWebhooks)
	route(s, POST, "/webhooks", "createWebhook", org.PermSystem, ScopeWhole, s.createWebhook, recent)
	route(s, PUT, "/webhooks/{id}", "updateWebhook", org.PermSystem, ScopeWhole, s.updateWebhook, recent)
	route(s, DELETE, "/webhooks/{id}", "removeWebhook", org.PermSystem, ScopeWhole, s.removeWebhook)
	route(s, POST, "/webhooks/{id}/rotate", "rotateWebhook", org.PermSystem, ScopeWhole, s.rotateWebhook, recent)
	route(s, POST, "/webhooks/{id}/test", "testWebhook", org.PermSystem, ScopeWhole, s.testWebhook)
	route(s, GET, "/webhooks/{id}/deliveries", "listDeliveries", org.PermSystem, ScopeWhole, s.listDeliveries)
	route(s, POST, "/webhook-deliveries/{id}/resend", "resendDelivery", org.PermSystem, ScopeWhole, s.resendDelivery)
	route(s, GET, "/pushes", "listPushes", org.PermSelf, ScopeSelf, s.listPushes, tokens)
	route(s, GET, "/pushes/{id}", "getPush", org.PermSelf, ScopeSelf, s.getPush, tokens)
}
