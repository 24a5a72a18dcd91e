// Package domain holds the vocabulary that every context shares: error codes,
// keyset pages, the scope of a reader and the audience of a rule. It is pure:
// no I/O and no clock.
package domain

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an error is; app/api maps it to a status.
type Code string

// The codes. Internal is what every error without a code has.
const (
	Invalid         Code = "invalid"         // the input breaks a rule: 422
	Unauthenticated Code = "unauthenticated" // nobody is signed in: 401
	Forbidden       Code = "forbidden"       // signed in, not permitted: 403
	NotFound        Code = "not_found"       // absent, or outside the reader's scope: 404
	Conflict        Code = "conflict"        // the state does not allow it: 409
	TooLarge        Code = "too_large"       // 413
	TooMany         Code = "too_many"        // throttled: 429
	Unavailable     Code = "unavailable"     // a part is down, try again: 503
	Internal        Code = "internal"        // a defect: 500
)

// Error is a failure that a person can be told. Reason is stable, of the form
// "<context>.<what_is_wrong>", and is the key of its text in both languages.
type Error struct {
	Code   Code
	Reason string
	Params map[string]any
	Fields []FieldError
}

// FieldError points at one wrong field. Location is a path such as
// "body.options[2].text".
type FieldError struct {
	Location string
	Reason   string
	Params   map[string]any
}

// Error implements error. The text is for logs; people read the localised one.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Reason) }

// Is makes errors.Is(err, E(code, reason)) compare by reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

// E builds an Error. params are alternating names and values for the text.
func E(code Code, reason string, params ...any) *Error {
	e := &Error{Code: code, Reason: reason}
	if len(params) > 0 {
		e.Params = pairs(params)
	}
	return e
}

// At returns a copy of e that also points at one field.
func (e *Error) At(location, reason string, params ...any) *Error {
	c := *e
	c.Fields = append(append([]FieldError(nil), e.Fields...), FieldError{location, reason, pairs(params)})
	return &c
}

// CodeOf returns the code of the first Error in err's chain, Internal if none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// ReasonOf returns the reason of the first Error in err's chain, "" if none.
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

func pairs(kv []any) map[string]any {
	if len(kv) == 0 {
		return nil
	}
	m := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		m[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return m
}

// AsError finds the rule's own error in err.
func AsError(err error) (*Error, bool) { return errors.AsType[*Error](err) }
