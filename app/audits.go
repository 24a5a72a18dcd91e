package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/org"
)

// Audits reads the record of who did what.
type Audits struct {
	Store audit.Store
	File  audit.AnchorFile // nil anchors nothing
}

// List returns recorded deeds, latest first.
func (u *Audits) List(ctx context.Context, who Actor, f audit.Filter, p domain.Paging) (domain.Page[audit.Event], error) {
	return u.Store.Events(ctx, who.Scope(org.PermAuditRead), f, p)
}
