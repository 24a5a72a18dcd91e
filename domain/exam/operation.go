package exam

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"zhixing/domain"
)

// Bounds of a save.
const (
	MaxOperations = 200 // in one request
	MaxSeq        = 1_000_000
)

// Operation is one answer given: appended, never changed. It is idempotent on
// (attempt, ID); of one item the highest Seq counts, whatever arrived when.
type Operation struct {
	ID     [16]byte
	Item   int // index in the frozen paper
	Seq    int // the browser's counter, over the whole attempt
	Choice Choice
}

// Kept is an operation with what the server knows of it.
type Kept struct {
	Operation
	Epoch      int
	ServerSeq  int64 // the order of arrival, over all attempts
	ReceivedAt time.Time
	MAC        []byte // see Seal
	Late       bool   // after due + grace: evidence, not graded
	Included   bool   // late, but two persons decided that it counts
}

// sealed reports whether it does not count.
func (k *Kept) sealed() bool { return k.Late && !k.Included }

// OpID writes an operation's id as a UUID.
func OpID(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Answer is what counts for one item.
type Answer struct {
	Item   int
	Seq    int
	Choice Choice
}

// Fold gives the answer that counts for each item, ordered by item: the highest
// seq wins; of two with the same seq, the one that arrived last. Late ones do
// not count unless they were included. The order of ops does not matter.
func Fold(ops []Kept) []Answer {
	best := map[int]Kept{}
	for _, o := range ops {
		if o.sealed() {
			continue
		}
		b, ok := best[o.Item]
		if !ok || cmp.Or(cmp.Compare(o.Seq, b.Seq), cmp.Compare(o.ServerSeq, b.ServerSeq)) > 0 {
			best[o.Item] = o
		}
	}
	out := make([]Answer, 0, len(best))
	for _, o := range best {
		out = append(out, Answer{o.Item, o.Seq, o.Choice})
	}
	slices.SortFunc(out, func(a, b Answer) int { return cmp.Compare(a.Item, b.Item) })
	return out
}

// Counted says which operations Fold keeps, by ServerSeq.
func Counted(ops []Kept) map[int64]bool {
	seqs := map[int]int{}
	for _, a := range Fold(ops) {
		seqs[a.Item] = a.Seq
	}
	last := map[int]int64{}
	for _, o := range ops {
		if seq, ok := seqs[o.Item]; ok && !o.sealed() && o.Seq == seq && o.ServerSeq > last[o.Item] {
			last[o.Item] = o.ServerSeq
		}
	}
	out := map[int64]bool{}
	for _, s := range last {
		out[s] = true
	}
	return out
}

// sealSize is how much of the MAC an operation's row keeps.
const sealSize = 16

// Seal is the keyed fingerprint kept beside an operation, so that an answer
// changed behind the program's back shows. attempt is the raw UUID.
func Seal(key []byte, attempt [16]byte, epoch int, o Operation) []byte {
	var b [16 + 16 + 16]byte
	copy(b[0:], attempt[:])
	copy(b[16:], o.ID[:])
	binary.BigEndian.PutUint32(b[32:], uint32(epoch))    //nolint:gosec // small and positive
	binary.BigEndian.PutUint32(b[36:], uint32(o.Item))   //nolint:gosec // small and positive
	binary.BigEndian.PutUint32(b[40:], uint32(o.Seq))    //nolint:gosec // small and positive
	binary.BigEndian.PutUint32(b[44:], uint32(o.Choice)) //nolint:gosec // a bit pattern
	m := hmac.New(sha256.New, key)
	m.Write([]byte("operation"))
	m.Write(b[:])
	return m.Sum(nil)[:sealSize]
}

// CheckBatch refuses a request with too many operations, a repeated id or a
// counter out of range: Invalid "exam.operations_not_valid".
func CheckBatch(ops []Operation) error {
	e := domain.E(domain.Invalid, "exam.operations_not_valid")
	if len(ops) == 0 || len(ops) > MaxOperations {
		return e.At("body.operations", "exam.operations_out_of_range", "max", MaxOperations)
	}
	seen := make(map[[16]byte]bool, len(ops))
	for i, o := range ops {
		if seen[o.ID] {
			e = e.At("body.operations["+itoa(i)+"].op_id", "exam.operation_repeated")
		}
		seen[o.ID] = true
		if o.Seq < 1 || o.Seq > MaxSeq {
			e = e.At("body.operations["+itoa(i)+"].seq", "exam.seq_out_of_range", "max", MaxSeq)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
