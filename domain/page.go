package domain

import (
	"encoding/base64"
	"encoding/json"
)

// MaxLimit bounds every list; DefaultLimit is what a list without a limit gives.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is one keyset page. NextPageToken is "" on the last one.
type Page[T any] struct {
	Items         []T
	NextPageToken string
}

// Paging is what a list was asked for.
type Paging struct {
	Limit int    // 1..MaxLimit; 0 means DefaultLimit
	Token string // NextPageToken of the page before, or ""
}

// Size returns the number of rows to give, within bounds.
func (p Paging) Size() int {
	switch {
	case p.Limit <= 0:
		return DefaultLimit
	case p.Limit > MaxLimit:
		return MaxLimit
	}
	return p.Limit
}

// EncodeToken packs the sort key values of a page's last row.
func EncodeToken(key ...string) string {
	b, err := json.Marshal(key)
	if err != nil { // strings always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// DecodeToken unpacks a token of n values. An empty token gives nil; a token
// that EncodeToken did not make is Invalid "page.bad_token".
func DecodeToken(token string, n int) ([]string, error) {
	if token == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, E(Invalid, "page.bad_token")
	}
	var key []string
	if err := json.Unmarshal(b, &key); err != nil || len(key) != n {
		return nil, E(Invalid, "page.bad_token")
	}
	return key, nil
}

// Cut makes a page of rows that were read with limit size+1: the extra row only
// tells that there is a next page. key gives the sort key values of a row.
func Cut[T any](rows []T, size int, key func(T) []string) Page[T] {
	if len(rows) <= size {
		return Page[T]{Items: rows}
	}
	rows = rows[:size]
	return Page[T]{Items: rows, NextPageToken: EncodeToken(key(rows[size-1])...)}
}
