package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/org"
)

type factBody struct {
	ID       string  `json:"id"`
	Kind     string  `json:"kind" enum:"party_membership,admin_membership,stage,rank,status,post,grant"`
	Value    string  `json:"value" doc:"Unit id, stage, rank, status, post or role"`
	UnitID   string  `json:"unit_id" doc:"Of a post or a role: its unit"`
	Note     string  `json:"note" doc:"Name of a post that the list lacks"`
	Move     string  `json:"move" enum:",advance,stop,withdraw,cancel,extend,leave,expel,restore" doc:"How a stage was reached"`
	DueOn    *string `json:"due_on,omitempty" format:"date" doc:"End of an extended probation"`
	Label    string  `json:"label" doc:"Name of the unit, where there is one"`
	From     string  `json:"from" format:"date"`
	Until    *string `json:"until,omitempty" format:"date" doc:"First day on which it no longer holds"`
	Document string  `json:"document"`
}

func factOf(f *org.Fact) factBody {
	return factBody{
		ID: f.ID, Kind: string(f.Kind), Value: f.Value, UnitID: f.UnitID, Note: f.Note, Move: string(f.Move), DueOn: f.DueOn, Label: f.Label,
		From: f.From, Until: f.Until, Document: f.Document,
	}
}

func factBodies(facts []org.Fact) []factBody {
	return bodies(facts, func(f org.Fact) factBody { return factOf(&f) })
}

type addFactInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Value    string `json:"value" minLength:"1" maxLength:"64" doc:"Stage, rank or unit id"`
		From     string `json:"from" maxLength:"32" doc:"First day, YYYY-MM-DD; the fact before ends with the day before"`
		Document string `json:"document,omitempty" maxLength:"300" doc:"The paper it rests on; a stage that follows another needs one"`
		Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Needed when the records of a day that is over change"`
	}
}

type factOutput struct{ Body factBody }

// addStage handles POST /api/v1/people/{id}/stages.
func (s *Server) addStage(ctx context.Context, who app.Actor, in *addFactInput) (*factOutput, error) {
	return s.addFact(ctx, who, in, org.FactStage)
}

// addRank handles POST /api/v1/people/{id}/ranks.
func (s *Server) addRank(ctx context.Context, who app.Actor, in *addFactInput) (*factOutput, error) {
	return s.addFact(ctx, who, in, org.FactRank)
}

// addMembership handles POST /api/v1/people/{id}/memberships; the unit tells the tree.
func (s *Server) addMembership(ctx context.Context, who app.Actor, in *addFactInput) (*factOutput, error) {
	return s.addFact(ctx, who, in, "")
}

func (s *Server) addFact(ctx context.Context, who app.Actor, in *addFactInput, kind org.FactKind) (*factOutput, error) {
	b := in.Body
	f, err := s.People.AddFact(ctx, who, org.Fact{PersonID: in.ID, Kind: kind, Value: b.Value, From: b.From, Document: b.Document}, b.Reason)
	if err != nil {
		return nil, err
	}
	return &factOutput{factOf(f)}, nil
}

type factDeedBody struct {
	Verb        string `json:"verb" enum:"add,end,correct,remove,undo"`
	Kind        string `json:"kind,omitempty" enum:"membership,party_membership,admin_membership,stage,rank,status,post" doc:"Of what is added; membership takes its tree from the unit"`
	FactID      string `json:"fact_id,omitempty" maxLength:"64" doc:"What is ended, corrected or removed"`
	OperationID string `json:"operation_id,omitempty" maxLength:"64" doc:"What is undone"`
	Value       string `json:"value,omitempty" maxLength:"64" doc:"Unit id, stage, rank, status or post"`
	UnitID      string `json:"unit_id,omitempty" maxLength:"64" doc:"Of a post"`
	Note        string `json:"note,omitempty" maxLength:"100" doc:"Name of a post that the list lacks"`
	Move        string `json:"move,omitempty" enum:"advance,stop,withdraw,cancel,extend,leave,expel,restore" doc:"How a stage is reached, where more than one way leads there"`
	DueOn       string `json:"due_on,omitempty" maxLength:"10" doc:"End of an extended probation"`
	From        string `json:"from,omitempty" maxLength:"10"`
	Until       string `json:"until,omitempty" maxLength:"10" doc:"Of what is added: the first day on which it no longer holds, if that is known"`
	On          string `json:"on,omitempty" maxLength:"10" doc:"Of what is ended: the first day on which it no longer holds"`
	Document    string `json:"document,omitempty" maxLength:"300"`
	Reason      string `json:"reason,omitempty" maxLength:"500" doc:"Needed when the records of a day that is over change"`
}

func (b *factDeedBody) deed(personID string) app.FactDeed {
	f := org.Fact{
		Kind: org.FactKind(b.Kind), Value: b.Value, UnitID: b.UnitID, Note: b.Note, Move: org.StageMove(b.Move), DueOn: given(b.DueOn),
		From: b.From, Until: given(b.Until), Document: b.Document,
	}
	if b.Kind == "membership" {
		f.Kind = ""
	}
	return app.FactDeed{
		PersonID: personID, Verb: org.Verb(b.Verb), Fact: f, FactID: b.FactID, On: b.On, OperationID: b.OperationID, Reason: b.Reason,
	}
}

// given makes "" nil.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type factDeedInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body factDeedBody
}

type factOperationBody struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Verb     string     `json:"verb"`
	FirstDay string     `json:"first_day" format:"date" doc:"The first day on which something else holds than before"`
	Before   []factBody `json:"before" doc:"The rows as they were; one that is not in after was superseded"`
	After    []factBody `json:"after"`
	Reason   string     `json:"reason"`
	ActorID  string     `json:"actor_id"`
	At       time.Time  `json:"at"`
	UndoneBy *string    `json:"undone_by,omitempty"`
	Undoes   *string    `json:"undoes,omitempty"`
}

func factOperationOf(o *org.Operation) factOperationBody {
	return factOperationBody{
		ID: o.ID, Kind: string(o.Kind), Verb: string(o.Verb), FirstDay: o.FirstDay, Before: factBodies(o.Before), After: factBodies(o.After),
		Reason: o.Reason, ActorID: o.ActorID, At: o.At.UTC(), UndoneBy: o.UndoneBy, Undoes: o.Undoes,
	}
}

type warningBody struct {
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

type watcherBody struct {
	PersonID string `json:"person_id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Unit     string `json:"unit"`
}

type dutyBody struct {
	RequiredCenti int `json:"required_centi"`
	CountedCenti  int `json:"counted_centi"`
}

type dutyChangeBody struct {
	Policy string    `json:"policy"`
	Year   int       `json:"year"`
	Before *dutyBody `json:"before,omitempty"`
	After  *dutyBody `json:"after,omitempty"`
}

type openingBody struct {
	What  string `json:"what" enum:"exam,course"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

type factChangeBody struct {
	Operation   factOperationBody `json:"operation"`
	Warnings    []warningBody     `json:"warnings"`
	NeedsReason bool              `json:"needs_reason"`
	SightGained []watcherBody     `json:"sight_gained" doc:"Of a preview: who comes to see the person today"`
	SightLost   []watcherBody     `json:"sight_lost"`
	Duties      []dutyChangeBody  `json:"duties" doc:"Of a preview: obligations of this year and the last that change"`
	Opened      []openingBody     `json:"opened" doc:"Of a preview: exams and courses whose audience the person comes into"`
	Closed      []openingBody     `json:"closed"`
}

type factChangeOutput struct{ Body factChangeBody }

func (s *Server) factChange(c *app.FactChange) *factChangeOutput {
	b := factChangeBody{
		Operation: factOperationOf(c.Operation), NeedsReason: c.NeedsReason,
		Warnings: bodies(c.Warnings, func(w org.Warning) warningBody {
			return warningBody{w.Reason, s.Texts.sentences(w.Reason, w.Params)}
		}),
		SightGained: []watcherBody{}, SightLost: []watcherBody{}, Duties: []dutyChangeBody{}, Opened: []openingBody{}, Closed: []openingBody{},
	}
	if q := c.Consequences; q != nil {
		watcher := func(w org.Watcher) watcherBody { return watcherBody(w) }
		opening := func(o org.Opening) openingBody { return openingBody(o) }
		b.SightGained, b.SightLost = bodies(q.SightGained, watcher), bodies(q.SightLost, watcher)
		b.Opened, b.Closed = bodies(q.Opened, opening), bodies(q.Closed, opening)
		b.Duties = bodies(q.Duties, func(d org.DutyChange) dutyChangeBody {
			return dutyChangeBody{Policy: d.Policy, Year: d.Year, Before: dutyOf(d.Before), After: dutyOf(d.After)}
		})
	}
	return &factChangeOutput{b}
}

func dutyOf(d *org.Duty) *dutyBody {
	if d == nil {
		return nil
	}
	return &dutyBody{d.RequiredCenti, d.CountedCenti}
}

// changeFacts handles POST /api/v1/people/{id}/facts.
func (s *Server) changeFacts(ctx context.Context, who app.Actor, in *factDeedInput) (*factChangeOutput, error) {
	c, err := s.People.ChangeFacts(ctx, who, in.Body.deed(in.ID))
	if err != nil {
		return nil, err
	}
	return s.factChange(c), nil
}

// previewFacts handles POST /api/v1/people/{id}/facts/preview: nothing changes.
func (s *Server) previewFacts(ctx context.Context, who app.Actor, in *factDeedInput) (*factChangeOutput, error) {
	c, err := s.People.PreviewFacts(ctx, who, in.Body.deed(in.ID))
	if err != nil {
		return nil, err
	}
	return s.factChange(c), nil
}

type factOperationsOutput struct {
	Body struct {
		Items []factOperationBody `json:"items" doc:"Latest first"`
	}
}

// listFactOperations handles GET /api/v1/people/{id}/operations.
func (s *Server) listFactOperations(ctx context.Context, who app.Actor, in *idInput) (*factOperationsOutput, error) {
	history, err := s.People.FactHistory(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &factOperationsOutput{}
	out.Body.Items = make([]factOperationBody, len(history))
	for i := range history {
		out.Body.Items[len(history)-1-i] = factOperationOf(&history[i])
	}
	return out, nil
}
