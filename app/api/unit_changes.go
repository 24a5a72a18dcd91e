package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/org"
)

type unitChangeBody struct {
	ID           string            `json:"id"`
	UnitID       string            `json:"unit_id"`
	UnitName     string            `json:"unit_name"`
	Verb         string            `json:"verb" enum:"rename,move,merge,close"`
	TargetID     *string           `json:"target_id,omitempty"`
	TargetName   string            `json:"target_name"`
	Name         string            `json:"name"`
	Kind         string            `json:"kind"`
	On           string            `json:"on" format:"date"`
	Reason       string            `json:"reason"`
	State        string            `json:"state" enum:"planned,applied,cancelled,failed"`
	Failure      map[string]string `json:"failure,omitempty" doc:"Why it could not be done on its day, in each language"`
	People       int               `json:"people" doc:"Members that a merge moved"`
	PlannedAt    time.Time         `json:"planned_at"`
	AppliedAt    *time.Time        `json:"applied_at,omitempty"`
	CancelledAt  *time.Time        `json:"cancelled_at,omitempty"`
	CancelReason string            `json:"cancel_reason"`
}

func unitChangeOf(c *org.UnitChange) unitChangeBody {
	return unitChangeBody{
		ID: c.ID, UnitID: c.UnitID, UnitName: c.UnitName, Verb: string(c.Verb), TargetID: c.TargetID, TargetName: c.TargetName, Name: c.Name, Kind: c.Kind,
		On: c.EffectiveOn, Reason: c.Reason, State: c.State, People: c.People, PlannedAt: c.PlannedAt.UTC(), AppliedAt: c.AppliedAt,
		CancelledAt: c.CancelledAt, CancelReason: c.CancelReason,
	}
}

type unitChangeOutput struct{ Body unitChangeBody }

type changeUnitInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Verb     string `json:"verb" enum:"rename,move,merge,close"`
		TargetID string `json:"target_id,omitempty" maxLength:"64" doc:"The new parent, or the unit that takes in; none of a move makes a root"`
		Name     string `json:"name,omitempty" maxLength:"100"`
		Kind     string `json:"kind,omitempty" maxLength:"32"`
		On       string `json:"on,omitempty" maxLength:"10" doc:"From this day on; today when none is given"`
		Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Needed for the past, for merging and for closing"`
		Version  int    `json:"version" minimum:"1" doc:"The version that was read"`
	}
}

func (in *changeUnitInput) change() org.UnitChange {
	b := in.Body
	return org.UnitChange{
		UnitID: in.ID, Verb: org.UnitVerb(b.Verb), TargetID: given(b.TargetID), Name: b.Name, Kind: b.Kind, EffectiveOn: b.On, Reason: b.Reason,
	}
}

// changeUnit handles POST /api/v1/units/{id}/changes: done at once, or planned
// when the day lies ahead.
func (s *Server) changeUnit(ctx context.Context, who app.Actor, in *changeUnitInput) (*unitChangeOutput, error) {
	c, err := s.Units.Change(ctx, who, in.change(), in.Body.Version)
	if err != nil {
		return nil, err
	}
	return &unitChangeOutput{unitChangeOf(c)}, nil
}

type unitShiftBody struct {
	UnitID string   `json:"unit_id"`
	Before []string `json:"before" doc:"Names from the root down"`
	After  []string `json:"after" doc:"Empty when it is not there any more"`
}

type unitPreviewOutput struct {
	Body struct {
		Units       []unitShiftBody `json:"units" doc:"At most 100"`
		UnitCount   int             `json:"unit_count"`
		People      int             `json:"people" doc:"People of the subtree today"`
		SightGained []watcherBody   `json:"sight_gained" doc:"Who would come to see them"`
		SightLost   []watcherBody   `json:"sight_lost"`
	}
}

// previewUnitChange handles POST /api/v1/units/{id}/changes/preview: what the
// change would bring about if it were done today. Nothing changes.
func (s *Server) previewUnitChange(ctx context.Context, who app.Actor, in *changeUnitInput) (*unitPreviewOutput, error) {
	c, err := s.Units.PreviewChange(ctx, who, in.change())
	if err != nil {
		return nil, err
	}
	out := &unitPreviewOutput{}
	out.Body.UnitCount, out.Body.People = c.UnitCount, c.People
	out.Body.Units = bodies(c.Units, func(u org.UnitShift) unitShiftBody {
		return unitShiftBody{u.UnitID, append([]string{}, u.Before...), append([]string{}, u.After...)}
	})
	watcher := func(w org.Watcher) watcherBody { return watcherBody(w) }
	out.Body.SightGained, out.Body.SightLost = bodies(c.SightGained, watcher), bodies(c.SightLost, watcher)
	return out, nil
}

type listUnitChangesInput struct {
	UnitID string `query:"unit_id" format:"uuid"`
	Open   bool   `query:"open" doc:"Only what is planned or could not be done, by day; else all, latest first"`
}

type unitChangesOutput struct {
	Body struct {
		Items []unitChangeBody `json:"items" doc:"At most 500"`
	}
}

// listUnitChanges handles GET /api/v1/unit-changes.
func (s *Server) listUnitChanges(ctx context.Context, who app.Actor, in *listUnitChangesInput) (*unitChangesOutput, error) {
	list, err := s.Units.Changes(ctx, who, in.UnitID, in.Open)
	if err != nil {
		return nil, err
	}
	out := &unitChangesOutput{}
	out.Body.Items = bodies(list, func(c org.UnitChange) unitChangeBody {
		b := unitChangeOf(&c)
		if c.Failure != "" {
			b.Failure = s.Texts.sentences(c.Failure, nil)
		}
		return b
	})
	return out, nil
}

// cancelUnitChange handles POST /api/v1/unit-changes/{id}/cancel.
func (s *Server) cancelUnitChange(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Units.CancelChange(ctx, who, in.ID, in.Body.Reason)
}
