package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// makePeople makes n people in a unit of their own, as the administrator would,
// and signs them in. What that costs is not measured.
func (l *loadtest) makePeople(ctx context.Context, n int) error {
	began := time.Now()
	if err := l.makeAccounts(ctx, n); err != nil {
		return err
	}
	if err := each(ctx, n, 4, func(i int) error { return patiently(ctx, l.people[i].signIn) }); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	l.say("%d people made and signed in after %.1f s", n, time.Since(began).Seconds())
	return nil
}

// makeAccounts makes n people with passwords who have not signed in yet.
func (l *loadtest) makeAccounts(ctx context.Context, n int) error {
	began := time.Now()
	mark := strings.ToUpper(fmt.Sprintf("%x", began.UnixNano()/1e6))
	var units struct {
		Items []struct {
			ID       string  `json:"id"`
			ParentID *string `json:"parent_id"`
		} `json:"items"`
	}
	if err := l.admin.do("GET", "/units?tree=admin", nil, &units); err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	unit := map[string]any{"tree": "admin", "name": "压力测试 " + mark, "kind": "department"}
	for _, u := range units.Items {
		if u.ParentID == nil {
			unit["parent_id"] = u.ID
		}
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := l.admin.do("POST", "/units", unit, &made); err != nil {
		return fmt.Errorf("make a unit: %w", err)
	}
	l.unit = made.ID
	l.people = make([]*visitor, n)
	for i := range l.people {
		number := fmt.Sprintf("lt%s-%d", mark, i)
		l.people[i] = &visitor{client: l.client, number: number, password: "load test " + mark, device: "loadtest-" + number}
	}
	const share = 10 // passwords are slow to hash on purpose
	return each(ctx, (n+share-1)/share, 2, func(k int) error {
		part := l.people[k*share : min((k+1)*share, n)]
		rows := make([]map[string]any, len(part))
		for i, v := range part {
			rows[i] = map[string]any{"number": v.number, "name": fmt.Sprintf("测试员%d", k*share+i), "kind": "staff", "stage": l.stage, "admin_unit_id": l.unit, "password": v.password}
		}
		var out struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if err := patiently(ctx, func() error { return l.admin.do("POST", "/people", map[string]any{"people": rows}, &out) }); err != nil {
			return fmt.Errorf("make people: %w", err)
		}
		for i := range out.Items {
			part[i].id = out.Items[i].ID
		}
		return nil
	})
}

// patiently tries again while the server is busy.
func patiently(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		r, ok := errors.AsType[*refused](err)
		if !ok || r.Status != http.StatusServiceUnavailable || try == 20 || ctx.Err() != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
	}
}
