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
}

// List returns recorded deeds, latest first.
func (u *Audits) List(ctx context.Context, who Actor, f audit.Filter, p domain.Paging) (domain.Page[audit.Event], error) {
	return u.Store.Events(ctx, who.Scope(org.PermAuditRead), f, p)
}

// Verified is the outcome of walking the chain. Flaw is nil when it holds;
// Head is the last good link, to be kept elsewhere: a tail that was cut off
// shows only against a head that was kept.
type Verified struct {
	Head audit.Chain
	Flaw *audit.Flaw
}

// verifyBatch rows are hashed per query, well below the statement timeout.
const verifyBatch = 10_000

// Verify walks the whole chain. kept is a head that was noted earlier (zero: none).
func (u *Audits) Verify(ctx context.Context, kept audit.Chain) (*Verified, error) {
	v := &Verified{}
	for {
		links, err := u.Store.Links(ctx, v.Head.Seq, verifyBatch)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if v.Flaw = v.Head.Step(l); v.Flaw != nil {
				return v, nil
			}
			if v.Flaw = v.Head.Against(kept); v.Flaw != nil {
				return v, nil
			}
		}
		if len(links) < verifyBatch {
			if v.Head.Seq < kept.Seq {
				v.Flaw = &audit.Flaw{Seq: v.Head.Seq + 1, Why: "missing"}
			}
			return v, nil
		}
	}
}
