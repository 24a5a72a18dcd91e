package exam

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"zhixing/domain"
)

// Drawn is a question that a blueprint row got.
type Drawn struct {
	Row        int // index in the blueprint
	QuestionID string
}

// RowDraw tells how one row of a blueprint fared.
type RowDraw struct {
	Wanted    int
	Available int // questions that fit the row, other rows aside
	Drawn     int
}

// Short is what the row lacks.
func (r RowDraw) Short() int { return r.Wanted - r.Drawn }

// Draw picks questions for a blueprint: pools[i] holds the ids that fit row i.
// No question is drawn twice. Rows may overlap; a row is short only when no
// choice at all could fill every row, because a question that another row can
// do without is given up to it. The result depends on seed and on the set of
// ids alone, not on their order; it is in the order of the rows.
func Draw(rows []BlueprintRow, pools [][]string, seed uint64) ([]Drawn, []RowDraw) {
	d := drawer{holder: map[string]int{}, pools: make([][]string, len(rows))}
	report := make([]RowDraw, len(rows))
	for i, r := range rows {
		d.pools[i] = shuffled(pools[i], seed, uint64(i))
		report[i] = RowDraw{Wanted: r.Count, Available: len(pools[i])}
		for range r.Count {
			d.slots = append(d.slots, slot{row: i})
		}
	}
	for s := range d.slots {
		d.visited = map[string]bool{}
		d.fill(s)
	}
	var out []Drawn
	for _, s := range d.slots {
		if s.question != "" {
			out = append(out, Drawn{Row: s.row, QuestionID: s.question})
			report[s.row].Drawn++
		}
	}
	return out, report
}

// Shortage is Conflict "exam.blueprint_short" with a field for each short row,
// nil when every row got what it wants.
func Shortage(report []RowDraw) error {
	e := domain.E(domain.Conflict, "exam.blueprint_short")
	for i, r := range report {
		if r.Short() > 0 {
			e = e.At("blueprint["+itoa(i)+"]", "exam.row_short", "row", i+1, "wanted", r.Wanted, "available", r.Available, "short", r.Short())
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	e.Params = map[string]any{"rows": len(e.Fields)}
	return e
}

type slot struct {
	row      int
	question string
}

// drawer matches slots with questions by augmenting paths (Kuhn).
type drawer struct {
	pools   [][]string
	slots   []slot
	holder  map[string]int // question -> slot
	visited map[string]bool
}

func (d *drawer) fill(s int) bool {
	pool := d.pools[d.slots[s].row]
	for _, q := range pool { // a free question first: no chain needed
		if _, taken := d.holder[q]; !taken {
			d.give(s, q)
			return true
		}
	}
	for _, q := range pool {
		holder := d.holder[q]
		if d.visited[q] || d.slots[holder].row == d.slots[s].row {
			continue
		}
		d.visited[q] = true
		if d.fill(holder) {
			d.give(s, q)
			return true
		}
	}
	return false
}

func (d *drawer) give(s int, q string) { d.slots[s].question, d.holder[q] = q, s }

func shuffled(ids []string, seed, row uint64) []string {
	var key [32]byte
	copy(key[:], "zhixing draw")
	binary.LittleEndian.PutUint64(key[16:], seed)
	binary.LittleEndian.PutUint64(key[24:], row)
	out := slices.Clone(ids)
	slices.Sort(out)
	out = slices.Compact(out)
	permute(rand.NewChaCha8(key), len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
