package audit

import (
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"
)

func chain(n int) []Link {
	links := make([]Link, n)
	var prev []byte
	for i := range links {
		h := sha256.Sum256(append(prev, byte(i)))
		links[i] = Link{Seq: int64(i + 1), PrevHash: prev, Hash: h[:], Computed: h[:]}
		prev = h[:]
	}
	return links
}

func walk(links []Link) *Flaw {
	var c Chain
	for _, l := range links {
		if f := c.Step(l); f != nil {
			return f
		}
	}
	return nil
}

// Any change of a row, any row taken away before the last and any two swapped
// are found, at the first place where the chain does not hold.
func TestChainFindsTampering(t *testing.T) {
	if f := walk(chain(20)); f != nil {
		t.Fatalf("a good chain is refused: %+v", f)
	}
	rapid.Check(t, func(t *rapid.T) {
		links := chain(rapid.IntRange(3, 30).Draw(t, "n"))
		at := rapid.IntRange(0, len(links)-2).Draw(t, "at")
		want := links[at].Seq
		switch rapid.SampledFrom([]string{"flip", "delete", "swap"}).Draw(t, "how") {
		case "flip":
			links[at].Computed = []byte("other")
		case "delete":
			links = append(links[:at], links[at+1:]...)
		case "swap": // two rows that exchanged their places
			links[at].Seq, links[at+1].Seq = links[at+1].Seq, links[at].Seq
			links[at], links[at+1] = links[at+1], links[at]
		}
		if f := walk(links); f == nil || f.Seq != want {
			t.Fatalf("flaw %+v, want at %d", f, want)
		}
	})
}

func TestKeptHead(t *testing.T) {
	c := Chain{Seq: 5, Hash: []byte("a")}
	for name, k := range map[string]struct {
		kept Mark
		flaw bool
	}{
		"none": {Mark{}, false}, "same": {Mark{Seq: 5, Hash: []byte("a")}, false}, "other": {Mark{Seq: 5, Hash: []byte("b")}, true}, "later": {Mark{Seq: 6, Hash: []byte("b")}, false},
	} {
		if got := c.Against(k.kept) != nil; got != k.flaw {
			t.Errorf("%s: flaw %v", name, got)
		}
	}
}
