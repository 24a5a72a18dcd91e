package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"zhixing/app"
	"zhixing/domain/audit"
)

// noteReads writes down whose data an answer shows, before it leaves: those whom
// a field person_id names, and those whose own id is tagged `shows:"person"`.
// Every operation that reads within a scope comes by here, so that a new one
// needs nothing. A record opened by itself is in the audit log already.
func (s *Server) noteReads(ctx context.Context, who app.Actor, o *Operation, out any) error {
	if o.Method != http.MethodGet || o.Scope == ScopeSelf || o.Scope == ScopeAudience || o.ID == "getPerson" || o.ID == "listAuditEvents" {
		return nil
	}
	ids := map[string]bool{}
	collectPeople(reflect.ValueOf(out), ids)
	return s.noteShown(ctx, who, readKind(o), slices.Collect(maps.Keys(ids))...)
}

// noteShown writes down that the actor is shown data of these people. Routes of
// bytes call it themselves.
func (s *Server) noteShown(ctx context.Context, who app.Actor, kind string, ids ...string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == who.PersonID })
	if len(ids) == 0 {
		return nil
	}
	reader := who.PersonID
	switch {
	case who.TokenID != "":
		reader = who.TokenID
	case who.Acting != nil: // he looks, whosever pages they are
		reader = who.Acting.ActorID
	}
	return s.Reads.NoteReads(ctx, reader, kind, ids)
}

// readKind is how the person is told what was shown of him.
func readKind(o *Operation) string {
	one := strings.Contains(o.Path, "{")
	segment, _, _ := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/")
	switch segment {
	case "people", "people-duplicates", "units":
		return audit.ReadList
	case "hours", "completions":
		if one {
			return audit.ReadHours
		}
		return audit.ReadHoursList
	case "exams", "late-inclusions":
		return audit.ReadExamList
	case "attempts":
		return audit.ReadExam
	case "hour-batches":
		return audit.ReadBatch
	case "grants", "grant-requests", "roles":
		return audit.ReadGrant
	case "person-corrections":
		return audit.ReadCorrection
	case "imports":
		return audit.ReadImport
	}
	return audit.ReadOther
}

func collectPeople(v reflect.Value, into map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collectPeople(v.Elem(), into)
		}
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Pointer, reflect.Slice, reflect.Interface:
			for i := range v.Len() {
				collectPeople(v.Index(i), into)
			}
		default:
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "person_id" || f.Tag.Get("shows") == "person" {
				if id := v.Field(i); id.Kind() == reflect.String && id.String() != "" {
					into[id.String()] = true
				}
				continue
			}
			collectPeople(v.Field(i), into)
		}
	default:
	}
}
