package app

import (
	"sync"
	"time"

	"zhixing/domain/learning"
)

// recentPlays remembers what the database held after the last report of a
// play, so that the next one needs a single round trip. It is a guess that the
// database checks: the save refuses if anything it was decided on has changed,
// by another process or another request, and the report is decided anew. Lost
// or wrong, it costs a read.
type recentPlays struct {
	mu    sync.Mutex
	plays map[string]recentPlay
}

type recentPlay struct {
	state *learning.State
	read  time.Time // of this machine's monotonic clock, after state.At
}

const (
	recentPlaysMost = 20_000
	recentPlaysLife = 2 * time.Minute
)

// take removes and returns the state of a person's play, moved on to now; nil
// if it is not known. At is what the database's clock shows at least: its last
// reading plus the time since that came in.
func (r *recentPlays) take(playID, personID string, now time.Time) *learning.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.plays[playID]
	if !ok || p.state.Play.PersonID != personID {
		return nil
	}
	delete(r.plays, playID)
	since := now.Sub(p.read)
	if since < 0 || since > recentPlaysLife {
		return nil
	}
	p.state.At = p.state.At.Add(since.Truncate(time.Microsecond))
	return p.state
}

// put keeps a state whose At the database has just told. The caller gives it
// away.
func (r *recentPlays) put(st *learning.State, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plays == nil {
		r.plays = make(map[string]recentPlay)
	}
	for id, p := range r.plays { // in no order: a bounded share of the old ones each time
		if len(r.plays) < recentPlaysMost && now.Sub(p.read) <= recentPlaysLife {
			break
		}
		delete(r.plays, id)
	}
	r.plays[st.Play.ID] = recentPlay{st, now}
}
