package postgres

import (
	"context"

	"zhixing/domain/org"
)

// SetupStore is org.SetupStore.
type SetupStore struct{ base }

// Setup returns the store of the first step.
func (db *DB) Setup() *SetupStore { return &SetupStore{db.base()} }

var _ org.SetupStore = (*SetupStore)(nil)

// InTx implements org.SetupStore.
func (s *SetupStore) InTx(ctx context.Context, fn func(context.Context, org.SetupStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &SetupStore{tx}) })
}

// LockGrants implements org.SetupStore.
func (s *SetupStore) LockGrants(ctx context.Context) (granted bool, err error) {
	if _, err := s.db.NewRaw("LOCK TABLE grants IN SHARE ROW EXCLUSIVE MODE").Exec(ctx); err != nil {
		return false, fail(err, "lock grants", "")
	}
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM grants)").Scan(ctx, &granted)
	return granted, fail(err, "read grants", "")
}

// InsertPeople implements org.SetupStore. The first administrator can always sign
// in by password: whoever connects a campus sign-in must be able to mend it.
func (s *SetupStore) InsertPeople(ctx context.Context, people []org.Person, facts []org.Fact, accounts []org.Account) error {
	if err := (&PersonStore{s.base}).InsertPeople(ctx, people, facts, accounts); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := (&ConnectionStore{s.base}).SetBreakGlass(ctx, a.PersonID, true); err != nil {
			return err
		}
	}
	return nil
}
