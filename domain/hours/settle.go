package hours

// Settle gives the entry that brings the ledger in line with what a source is
// worth now, nil when it is in line already. entries are those of the source: the
// credit, what took it back, what restored it, and so on, oldest first. An entry
// that a person took back by hand stays taken back.
func Settle(id string, earned *Earning, entries []Event) (*Event, error) {
	earns, stands := earned.AmountCenti > 0, len(entries)%2 == 1
	switch {
	case earns == stands:
		return nil, nil //nolint:nilnil // nothing to write is an answer
	case len(entries) == 0:
		return &Event{
			ID: id, PersonID: earned.PersonID, Kind: Credit, Source: earned.Source, SourceRef: earned.Ref, Subject: earned.Subject,
			Title: earned.Title, AmountCenti: earned.AmountCenti, Required: earned.Required, OccurredOn: DateOf(earned.At),
			Evidence: earned.Evidence, Rule: earned.Rule,
		}, nil
	}
	last := &entries[len(entries)-1]
	if earns && last.Rule != RuleExamReversal {
		return nil, nil //nolint:nilnil // taken back by a person's own decision
	}
	e, err := last.Reverse(id, earned.By, earned.Reason)
	if err != nil {
		return nil, err
	}
	e.Rule = RuleExamReversal
	return &e, nil
}
