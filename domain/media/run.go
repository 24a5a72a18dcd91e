package media

import (
	"time"

	"zhixing/domain"
)

// Begin gives the medium to the run runID and reports true. It reports false
// when there is nothing to do: not uploaded yet, finished, or another run is
// alive (its lease has not ended). A medium whose runs have died MaxRuns times
// is rejected instead (media.encoder_failed) and false comes back.
func (m *Medium) Begin(runID string, now time.Time) bool {
	switch m.State {
	case Uploaded, Probing, Transcoding:
	default:
		return false
	}
	if m.WorkRunID != "" && m.LeaseUntil != nil && now.Before(*m.LeaseUntil) {
		return false
	}
	if m.Runs >= MaxRuns {
		m.reject(domain.E(domain.Invalid, "media.encoder_failed"), now)
		return false
	}
	until := now.Add(LeaseTTL)
	m.State, m.Progress, m.WorkRunID, m.LeaseUntil = Probing, 0, runID, &until
	m.Runs++
	return true
}

// Working reports whether runID is the run that holds the medium.
func (m *Medium) Working(runID string) bool {
	return runID != "" && m.WorkRunID == runID && (m.State == Probing || m.State == Transcoding)
}

// StartTranscode moves an accepted medium on. Error: media.run_lost when
// another run has taken over.
func (m *Medium) StartTranscode(runID string) error {
	if !m.Working(runID) {
		return domain.E(domain.Conflict, "media.run_lost")
	}
	m.State = Transcoding
	return nil
}

// Publish makes the output of runID the one that plays: the only way to Ready.
// Error: media.run_lost.
func (m *Medium) Publish(runID string, out Output, now time.Time) error {
	if !m.Working(runID) || m.State != Transcoding {
		return domain.E(domain.Conflict, "media.run_lost")
	}
	m.State, m.Progress, m.RunID, m.Version = Ready, 100, runID, m.Version+1
	m.DurationMS, m.HasPoster = out.DurationMS, out.HasPoster
	if len(out.Renditions) > 0 {
		m.Width, m.Height = out.Renditions[0].Width, out.Renditions[0].Height
	}
	m.WorkRunID, m.LeaseUntil, m.FinishedAt = "", nil, &now
	return nil
}

// Reject ends the run with the reason a trainer can act on. Error:
// media.run_lost.
func (m *Medium) Reject(runID string, why *domain.Error, now time.Time) error {
	if !m.Working(runID) {
		return domain.E(domain.Conflict, "media.run_lost")
	}
	m.reject(why, now)
	return nil
}

func (m *Medium) reject(why *domain.Error, now time.Time) {
	m.State, m.Reason, m.ReasonParams = Rejected, why.Reason, why.Params
	m.WorkRunID, m.LeaseUntil, m.FinishedAt = "", nil, &now
}

// Release gives the medium back after a failure that is not the file's fault
// (a full disk, a stopped worker), so that the next run need not wait for the
// lease. blameless says that the run did not die of this file: it does not
// count against MaxRuns.
func (m *Medium) Release(runID string, blameless bool) {
	if !m.Working(runID) {
		return
	}
	m.State, m.Progress, m.WorkRunID, m.LeaseUntil = Probing, 0, "", nil
	if blameless && m.Runs > 0 {
		m.Runs--
	}
}

// Rendition is one size of the video, in one object.
type Rendition struct {
	Name      string // e.g. 720p; unique in the medium
	Width     int
	Height    int
	Bandwidth int    // peak bits per second, for the master playlist
	Codecs    string // RFC 6381, e.g. avc1.64001f,mp4a.40.2
	Size      int64  // bytes of the object
	Playlist  string // media playlist as made, naming the object <name>.m4s
}

// Output is what a run made.
type Output struct {
	DurationMS int64
	HasPoster  bool
	Renditions []Rendition // best first
}
