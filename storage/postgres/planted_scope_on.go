//go:build plant_scope

package postgres

import (
	"path"
	"runtime"
	"slices"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

var planted struct {
	sync.Mutex
	at     string
	places []string
}

// PlantScope makes the condition of scope true at one place, "" at none.
func PlantScope(at string) {
	planted.Lock()
	defer planted.Unlock()
	planted.at = at
}

// ScopePlaces lists the places that asked for a condition so far.
func ScopePlaces() []string {
	planted.Lock()
	defer planted.Unlock()
	return slices.Sorted(slices.Values(planted.places))
}

func plantedScope(q schema.QueryWithArgs) schema.QueryWithArgs {
	pcs := make([]uintptr, 1)
	runtime.Callers(3, pcs) // plantedScope, the helper, who asked for it
	frame, _ := runtime.CallersFrames(pcs).Next()
	at := path.Base(frame.Function)
	planted.Lock()
	defer planted.Unlock()
	if !slices.Contains(planted.places, at) {
		planted.places = append(planted.places, at)
	}
	if planted.at == at {
		return bun.SafeQuery("TRUE")
	}
	return q
}
