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
	ahead time.Duration // how far the database's clock is ahead of this machine's, at least
}

type recentPlay struct {
	state *learning.State
	read  time.Time
}

const (
	recentPlaysMost = 20_000
	recentPlaysLife = 2 * time.Minute
)

// take removes and returns the state of a person's play as of now, nil if it
// is not known. At is then what the database's clock shows at least. Whether
// it does is checked with the rest: a clock that was set costs a read.
func (r *recentPlays) take(playID, personID string, now time.Time) *learning.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.plays[playID]
	if !ok || p.state.Play.PersonID != personID {
		return nil
	}
	delete(r.plays, playID)
	if since := now.Sub(p.read); since < 0 || since > recentPlaysLife {
		return nil
	}
	if at := now.Add(r.ahead).Truncate(time.Microsecond); at.After(p.state.At) {
		p.state.At = at
	}
	return p.state
}

// seen learns from a reading of the database's clock that came in at now, or
// some time before. Of two readings the one that came in faster tells more;
// afresh forgets the ones before.
func (r *recentPlays) seen(at, now time.Time, afresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ahead := at.Sub(now); afresh || r.plays == nil || ahead > r.ahead {
		r.ahead = ahead
	}
}

// put keeps a state whose At the database has just told. The caller gives it
// away.
func (r *recentPlays) put(st *learning.State, now time.Time) {
	r.seen(st.At, now, false)
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
