package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/learning"

	"github.com/jackc/pgx/v5"
)

// LearningStore is learning.Store.
type LearningStore struct {
	base
	inside  bool // in a transaction
	reports *combiner[learning.Change, time.Time]
}

// Learning returns the store of plays and coverage.
func (db *DB) Learning() *LearningStore {
	b := db.base()
	return &LearningStore{base: b, reports: &combiner[learning.Change, time.Time]{run: b.saveReports}}
}

var _ learning.Store = (*LearningStore)(nil)

// InTx implements learning.Store.
func (s *LearningStore) InTx(ctx context.Context, fn func(context.Context, learning.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &LearningStore{base: tx, inside: true}) })
}

// OpenPlay implements learning.Store. The advisory lock orders the plays of a
// person. A play never opens before the end of the one before it, even when
// the clock was set back.
func (s *LearningStore) OpenPlay(ctx context.Context, p *learning.Play, sessionID, userAgent string) (*learning.Progress, error) {
	if _, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(7302004, hashtext(?))", p.PersonID).Exec(ctx); err != nil {
		return nil, fmt.Errorf("order plays: %w", err)
	}
	_, err := s.db.NewRaw(`UPDATE plays AS p SET closed_at = greatest(clock_timestamp(), p.opened_at,
  (SELECT max(upper(sp.wall)) FROM play_spans sp WHERE sp.play_id = p.id)) WHERE p.person_id = ? AND p.closed_at IS NULL`, p.PersonID).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("close play: %w", err)
	}
	err = s.db.NewRaw(`INSERT INTO plays (id, person_id, lesson_id, media_version, device_id, session_id, user_agent, duration_ms, max_rate_percent, allow_skip, opened_at)
SELECT ?, ?, ?, ?, ?, ?::uuid, ?, ?, ?, ?, greatest(clock_timestamp(), (SELECT closed_at FROM plays WHERE person_id = ? ORDER BY opened_at DESC, id DESC LIMIT 1))
RETURNING opened_at`,
		p.ID, p.PersonID, p.LessonID, p.MediaVersion, p.DeviceID, nullable(sessionID), userAgent, p.DurationMs, p.MaxRate, p.AllowSkip, p.PersonID).
		Scan(ctx, &p.OpenedAt)
	if err != nil {
		return nil, fmt.Errorf("open play: %w", err)
	}
	g := &learning.Progress{PersonID: p.PersonID, LessonID: p.LessonID, MediaVersion: p.MediaVersion}
	var covered string
	err = s.db.NewRaw(`INSERT INTO lesson_progress AS g (person_id, lesson_id, media_version, last_play_at) VALUES (?, ?, ?, ?)
ON CONFLICT (person_id, lesson_id, media_version) DO UPDATE SET last_play_at = excluded.last_play_at
RETURNING g.covered::text, g.last_position_ms, g.last_play_at, g.completed_at, g.revision`, p.PersonID, p.LessonID, p.MediaVersion, p.OpenedAt).
		Scan(ctx, &covered, &g.LastPositionMs, &g.LastPlayAt, &g.CompletedAt, &g.Revision)
	if err != nil {
		return nil, fmt.Errorf("open progress: %w", err)
	}
	if g.Covered, err = parseSet(covered); err != nil {
		return nil, err
	}
	if g.CompletedAt != nil {
		p.Presence = nil // nothing more to earn
	}
	return g, s.planChecks(ctx, p)
}

const stateSQL = `SELECT clock_timestamp(), p.lesson_id, p.media_version, p.duration_ms, p.max_rate_percent, p.allow_skip, p.opened_at, p.closed_at,
  l.media_version, l.threshold_percent, g.covered::text, g.last_position_ms, g.last_play_at, g.completed_at, g.revision,
  p.presence_every_s, p.presence_due_ms, p.presence_passed, p.presence_missed_at IS NOT NULL,
  s.seqs, s.froms, s.tos, s.rates, s.wall_froms, s.wall_tos
FROM plays p
JOIN lessons l ON l.id = p.lesson_id
JOIN lesson_progress g ON g.person_id = p.person_id AND g.lesson_id = p.lesson_id AND g.media_version = p.media_version
CROSS JOIN LATERAL (
  SELECT array_agg(sp.seq ORDER BY sp.seq) AS seqs, array_agg(lower(sp.media) ORDER BY sp.seq) AS froms, array_agg(upper(sp.media) ORDER BY sp.seq) AS tos,
    array_agg(sp.rate_percent ORDER BY sp.seq) AS rates, array_agg(lower(sp.wall) ORDER BY sp.seq) AS wall_froms, array_agg(upper(sp.wall) ORDER BY sp.seq) AS wall_tos
  FROM play_spans sp WHERE sp.play_id = p.id) s
WHERE p.id = $1 AND p.person_id = $2`

// State implements learning.Store: one statement, so one snapshot.
func (s *LearningStore) State(ctx context.Context, personID, playID string) (*learning.State, error) {
	st := &learning.State{Play: learning.Play{ID: playID, PersonID: personID}}
	p, g := &st.Play, &st.Progress
	var covered string
	var seqs, rates []int
	var froms, tos []int64
	var wallFroms, wallTos []time.Time
	var every int
	var checks learning.Presence
	err := s.pool.QueryRow(ctx, stateSQL, playID, personID).Scan(&st.At, &p.LessonID, &p.MediaVersion, &p.DurationMs, &p.MaxRate, &p.AllowSkip,
		&p.OpenedAt, &p.ClosedAt, &st.Current, &st.Threshold, &covered, &g.LastPositionMs, &g.LastPlayAt, &g.CompletedAt, &g.Revision,
		&every, &checks.DueMs, &checks.Passed, &checks.Missed, &seqs, &froms, &tos, &rates, &wallFroms, &wallTos)
	if err != nil {
		return nil, fail(err, "read play", "learning.play_not_found")
	}
	if g.Covered, err = parseSet(covered); err != nil {
		return nil, err
	}
	if every > 0 {
		checks.Every = time.Duration(every) * time.Second
		p.Presence = &checks
	}
	g.PersonID, g.LessonID, g.MediaVersion = personID, p.LessonID, p.MediaVersion
	p.Runs = make([]learning.Run, len(seqs))
	for i := range seqs {
		p.Runs[i] = learning.Run{
			Seq: seqs[i], Media: learning.Range{From: froms[i], To: tos[i]}, Rate: rates[i],
			Wall: learning.Wall{From: wallFroms[i], To: wallTos[i]},
		}
	}
	return st, nil
}

// stillSo is the condition that a play and its lesson are as a report was decided
// on: closed or not, the file, the threshold, the check that is due.
func stillSo(play, closed, version, threshold, due string) string {
	return `EXISTS (SELECT 1 FROM plays p JOIN lessons l ON l.id = p.lesson_id
      WHERE p.id = ` + play + ` AND p.closed_at IS NOT DISTINCT FROM ` + closed + ` AND l.media_version = ` + version + `
        AND l.threshold_percent = ` + threshold + ` AND p.presence_due_ms = ` + due + `)`
}

// saveSQL changes the progress if all is as it was read, and only then the
// spans. Both or neither, in one round trip.
var saveSQL = `WITH g AS (
  UPDATE lesson_progress SET covered = $5::int4multirange, covered_ms = $6, last_position_ms = $7, last_play_at = $8::timestamptz,
    completed_at = $9::timestamptz, revision = revision + 1
  WHERE person_id = $1::uuid AND lesson_id = $2::uuid AND media_version = $3 AND revision = $4 AND $17::timestamptz <= clock_timestamp()
    AND ` + stillSo("$10::uuid", "$18::timestamptz", "$19", "$20", "$21") + `
  RETURNING person_id),
s AS (
  INSERT INTO play_spans (play_id, seq, person_id, media, rate_percent, wall)
  SELECT $10::uuid, u.seq, g.person_id, int4range(u.f, u.t), u.rate, tstzrange(u.wf, u.wt)
  FROM g, unnest($11::int4[], $12::int4[], $13::int4[], $14::int4[], $15::timestamptz[], $16::timestamptz[]) AS u (seq, f, t, rate, wf, wt)
  ON CONFLICT (play_id, seq) DO UPDATE SET media = excluded.media, wall = excluded.wall)
SELECT clock_timestamp() FROM g`

// saveQuery is saveSQL with Bun's placeholders, for use in its transactions.
var saveQuery = regexp.MustCompile(`\$(\d+)`).ReplaceAllStringFunc(saveSQL, func(m string) string {
	n, _ := strconv.Atoi(m[1:])
	return "?" + strconv.Itoa(n-1)
})

// Save implements learning.Store.
func (s *LearningStore) Save(ctx context.Context, c learning.Change) (bool, error) {
	p, g := &c.Play, &c.Progress
	if !s.inside {
		if at, err := s.reports.do(ctx, c); err == nil && !at.IsZero() {
			c.At, g.Revision = at, c.Revision+1
			return true, nil
		}
	}
	cols := make([][]string, 6)
	for _, i := range c.Runs {
		r := p.Runs[i]
		for k, v := range []string{
			strconv.Itoa(r.Seq), strconv.FormatInt(r.Media.From, 10), strconv.FormatInt(r.Media.To, 10),
			strconv.Itoa(r.Rate), stamp(r.Wall.From), stamp(r.Wall.To),
		} {
			cols[k] = append(cols[k], v)
		}
	}
	args := []any{
		g.PersonID, g.LessonID, g.MediaVersion, c.Revision, formatSet(g.Covered), g.Covered.Len(), g.LastPositionMs, stamp(g.LastPlayAt),
		stampOrNull(g.CompletedAt), p.ID,
	}
	for _, col := range cols {
		args = append(args, "{"+strings.Join(col, ",")+"}")
	}
	args = append(args, stamp(c.At), stampOrNull(p.ClosedAt), c.Current, c.Threshold, dueMs(p))
	var err error
	if s.inside {
		err = s.db.NewRaw(saveQuery, args...).Scan(ctx, &c.At)
	} else {
		err = s.pool.QueryRow(ctx, saveSQL, args...).Scan(&c.At)
	}
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fail(err, "save report", "", "play_spans_one_life", "learning.life_twice")
	}
	g.Revision = c.Revision + 1
	return true, nil
}

// SaveRefusals implements learning.Store. A play keeps at most a few thousand
// pieces of a reason, whatever is sent.
func (s *LearningStore) SaveRefusals(ctx context.Context, playID string, refused []learning.Refusal, at time.Time) (int, error) {
	by := map[string][]learning.Range{}
	for _, r := range refused {
		r.To = min(r.To, maxMediaMs)
		by[r.Reason] = append(by[r.Reason], r.Range)
	}
	most := 0
	for reason, ranges := range by {
		set := learning.NewSet(ranges...)
		if len(set) == 0 {
			continue
		}
		var n int
		err := s.db.NewRaw(`INSERT INTO play_refusals AS r (play_id, reason, media, first_at, last_at) VALUES (?0, ?1, ?2::int4multirange, ?3, ?3)
ON CONFLICT (play_id, reason) DO UPDATE SET last_at = excluded.last_at, reports = r.reports + 1,
  media = CASE WHEN pg_column_size(r.media) < 20000 THEN r.media + excluded.media ELSE r.media END
RETURNING reports`, playID, reason, formatSet(set), at).Scan(ctx, &n)
		if err != nil {
			return 0, fmt.Errorf("save refusals: %w", err)
		}
		most = max(most, n)
	}
	return most, nil
}

// SaveFlags implements learning.Store.
func (s *LearningStore) SaveFlags(ctx context.Context, p *learning.Play, flags []learning.Flag, at time.Time) error {
	for _, f := range flags {
		detail, err := json.Marshal(f.Detail)
		if err != nil {
			return fmt.Errorf("encode flag: %w", err)
		}
		_, err = s.db.NewRaw(`INSERT INTO learning_flags AS f (play_id, kind, person_id, detail, flagged_at, last_at) VALUES (?0, ?1, ?2, ?3::jsonb, ?4, ?4)
ON CONFLICT (play_id, kind) DO UPDATE SET times = f.times + 1, last_at = excluded.last_at`, p.ID, f.Kind, p.PersonID, string(detail), at).Exec(ctx)
		if err != nil {
			return fmt.Errorf("save flag: %w", err)
		}
	}
	return nil
}

// InsertCompletion implements learning.Store.
func (s *LearningStore) InsertCompletion(ctx context.Context, c learning.Completion) (bool, error) {
	res, err := s.db.NewRaw(`INSERT INTO completions (id, person_id, lesson_id, media_version, play_id, covered_ms, duration_ms, threshold_percent, completed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT ON CONSTRAINT completions_person_lesson_version_key DO NOTHING`,
		c.ID, c.PersonID, c.LessonID, c.MediaVersion, c.PlayID, c.CoveredMs, c.DurationMs, c.Threshold, c.CompletedAt).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("insert completion: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// maxMediaMs is the greatest position a range of milliseconds holds.
const maxMediaMs = 2_000_000_000

// stamp writes an instant the way PostgreSQL reads it, to the microsecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }

func stampOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return stamp(*t)
}

// formatSet writes a set as an int4multirange.
func formatSet(set learning.Set) string {
	b := []byte{'{'}
	for i, r := range set {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, r.From, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, r.To, 10)
		b = append(b, ')')
	}
	return string(append(b, '}'))
}

// parseSet reads an int4multirange in its canonical form.
func parseSet(text string) (learning.Set, error) {
	text = strings.Trim(text, "{}")
	if text == "" {
		return nil, nil
	}
	var set learning.Set
	for _, piece := range strings.Split(text, "),") {
		from, to, ok := strings.Cut(strings.Trim(piece, "[)"), ",")
		f, err1 := strconv.ParseInt(from, 10, 64)
		t, err2 := strconv.ParseInt(to, 10, 64)
		if err := errors.Join(err1, err2); !ok || err != nil {
			return nil, fmt.Errorf("multirange %q: %w", text, err)
		}
		set = append(set, learning.Range{From: f, To: t})
	}
	return set, nil
}

// none makes "no row" nil.
func none[T any](v *T, err error) (*T, error) {
	if errors.Is(err, pgx.ErrNoRows) || domain.CodeOf(err) == domain.NotFound {
		return nil, nil //nolint:nilnil // there is none, and that is an answer
	}
	return v, err
}
