package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/learning"
)

// saveReportsSQL is saveSQL for the reports of several people in one statement.
// What has changed since it was decided on, or is locked, is passed over. $1 to
// $16 and $23 say of each report what saveSQL is told, and its stretch of the spans.
var saveReportsSQL = `WITH held AS MATERIALIZED (
  SELECT r.* FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::int8[], $5::text[], $6::int4[], $7::int4[], $8::timestamptz[], $9::timestamptz[],
    $10::uuid[], $11::timestamptz[], $12::timestamptz[], $13::int4[], $14::int4[], $15::int4[], $16::int4[], $23::int8[])
    AS r (person, lesson, version, revision, covered, covered_ms, position_ms, play_at, completed, play, at, closed, current, threshold, first, last, due)
  CROSS JOIN LATERAL (SELECT 1 FROM lesson_progress g
    WHERE g.person_id = r.person AND g.lesson_id = r.lesson AND g.media_version = r.version AND g.revision = r.revision AND r.at <= clock_timestamp()
      AND ` + stillSo("r.play", "r.closed", "r.current", "r.threshold", "r.due") + `
    FOR UPDATE OF g SKIP LOCKED) a),
up AS (
  UPDATE lesson_progress g SET covered = h.covered::int4multirange, covered_ms = h.covered_ms, last_position_ms = h.position_ms, last_play_at = h.play_at,
    completed_at = h.completed, revision = g.revision + 1
  FROM held h WHERE g.person_id = h.person AND g.lesson_id = h.lesson AND g.media_version = h.version AND g.revision = h.revision
  RETURNING h.play, h.person, h.first, h.last),
s AS (
  INSERT INTO play_spans (play_id, seq, person_id, media, rate_percent, wall)
  SELECT u.play, ($17::int4[])[i], u.person, int4range(($18::int4[])[i], ($19::int4[])[i]), ($20::int4[])[i],
    tstzrange(($21::timestamptz[])[i], ($22::timestamptz[])[i])
  FROM up u CROSS JOIN LATERAL generate_series(u.first, u.last) i
  ON CONFLICT (play_id, seq) DO UPDATE SET media = excluded.media, wall = excluded.wall)
SELECT u.play, clock_timestamp() FROM up u`

// saveReports writes the reports that came in at the same moment. The answer to
// one that it passed over is the zero time: that needs a statement of its own.
func (b base) saveReports(ctx context.Context, list []learning.Change) ([]time.Time, error) {
	type key struct {
		person, lesson string
		version        int
	}
	out := make([]time.Time, len(list))
	at, taken := make(map[string]int, len(list)), make(map[key]bool, len(list))
	var people, lessons, covered, plays []string
	var versions, lengths, positions, current, thresholds, firsts, lasts, seqs, froms, tos, rates []int32
	var revisions, dues []int64
	var playAt, times, wallFroms, wallTos []time.Time
	var completed, closed []*time.Time
	for i, c := range list {
		p, g := &c.Play, &c.Progress
		k := key{g.PersonID, g.LessonID, g.MediaVersion}
		if taken[k] {
			continue
		}
		taken[k], at[p.ID] = true, i
		people, lessons, plays = append(people, g.PersonID), append(lessons, g.LessonID), append(plays, p.ID)
		versions, revisions = append(versions, int32(g.MediaVersion)), append(revisions, c.Revision)      //nolint:gosec // counts of files
		covered, lengths = append(covered, formatSet(g.Covered)), append(lengths, int32(g.Covered.Len())) //nolint:gosec // below maxMediaMs
		positions, playAt = append(positions, int32(g.LastPositionMs)), append(playAt, g.LastPlayAt)      //nolint:gosec // below maxMediaMs
		completed, closed, times = append(completed, g.CompletedAt), append(closed, p.ClosedAt), append(times, c.At)
		current, thresholds = append(current, int32(c.Current)), append(thresholds, int32(c.Threshold)) //nolint:gosec // counts and percents
		dues = append(dues, dueMs(p))
		firsts = append(firsts, int32(len(seqs)+1)) //nolint:gosec // a few thousand at most
		for _, n := range c.Runs {
			r := p.Runs[n]
			seqs, rates = append(seqs, int32(r.Seq)), append(rates, int32(r.Rate))          //nolint:gosec // bounded by the rules of a play
			froms, tos = append(froms, int32(r.Media.From)), append(tos, int32(r.Media.To)) //nolint:gosec // below maxMediaMs
			wallFroms, wallTos = append(wallFroms, r.Wall.From), append(wallTos, r.Wall.To)
		}
		lasts = append(lasts, int32(len(seqs))) //nolint:gosec // a few thousand at most
	}
	rows, err := b.pool.Query(ctx, saveReportsSQL, people, lessons, versions, revisions, covered, lengths, positions, playAt, completed,
		plays, times, closed, current, thresholds, firsts, lasts, seqs, froms, tos, rates, wallFroms, wallTos, dues)
	if err != nil {
		return nil, fmt.Errorf("save reports: %w", err)
	}
	var play string
	var now time.Time
	_, err = pgx.ForEachRow(rows, []any{&play, &now}, func() error {
		if i, ok := at[play]; ok {
			out[i] = now
		}
		return nil
	})
	return out, fail(err, "save reports", "")
}
