package main

import "testing"

// Hashes never have all processors, where there is more than one.
func TestHashesLeaveAProcessor(t *testing.T) {
	for processors, want := range map[int]int{1: 1, 2: 1, 3: 2, 8: 7} {
		if n := hashesAtOnce(processors); n != want {
			t.Errorf("%d at once on %d processors, want %d", n, processors, want)
		}
	}
}
