package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// older is a hash of the password with other parameters than ours.
func older(password string, memory, rounds uint32, threads uint8, length uint32) string {
	salt := []byte("0123456789abcdef")
	key := argon2.IDKey([]byte(password), salt, rounds, memory, threads, length)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, rounds, threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// A hash of any strength is understood; what is not of ours is to be made again.
// Seen red: with stale looking at the memory alone.
func TestOlderHashIsStale(t *testing.T) {
	h := NewArgon2id(1)
	fresh, err := h.Hash(t.Context(), "correct horse 电池")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.Hash(t.Context(), "correct horse 电池"); err != nil || again == fresh {
		t.Errorf("two hashes of one password are the same: %v", err)
	}
	for encoded, stale := range map[string]bool{
		fresh: false,
		older("correct horse 电池", argonMemory/2, argonTime, argonThreads, argonKeyLen):   true,
		older("correct horse 电池", argonMemory, argonTime-1, argonThreads, argonKeyLen):   true,
		older("correct horse 电池", argonMemory, argonTime, argonThreads+1, argonKeyLen):   true,
		older("correct horse 电池", argonMemory, argonTime, argonThreads, argonKeyLen-8):   true,
		older("correct horse 电池", argonMemory*2, argonTime+1, argonThreads, argonKeyLen): true, // stronger than ours: the same slow work for everybody
	} {
		if ok, got, err := h.Verify(t.Context(), "correct horse 电池", encoded); !ok || got != stale || err != nil {
			t.Errorf("%s: fits %v, stale %v, %v; want stale %v", encoded, ok, got, err, stale)
		}
		if ok, _, err := h.Verify(t.Context(), "correct horse 电地", encoded); ok || err != nil {
			t.Errorf("%s: another password fits: %v, %v", encoded, ok, err)
		}
	}
}

// No more hashes at once than there are slots: the next one waits for a slot or
// for the end of its request. Seen red: without acquire in Hash.
func TestHashesWaitForASlot(t *testing.T) {
	h := NewArgon2id(2)
	encoded, err := h.Hash(t.Context(), "correct horse 电池")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a third hash did not wait: %v", err)
	}
	if _, _, err := h.Verify(gone, "x", encoded); !errors.Is(err, context.Canceled) {
		t.Errorf("a third check did not wait: %v", err)
	}
	done := make(chan error, 1)
	go func() { _, err := h.Hash(t.Context(), "x"); done <- err }()
	h.release()
	if err := <-done; err != nil {
		t.Errorf("with a slot free again: %v", err)
	}
	h.release()
	if len(h.slots) != 0 {
		t.Errorf("%d slots are still taken", len(h.slots))
	}
}

// A hash that cannot be read is an error, never a fit and never a panic.
// Seen red: without the bounds a hash of no rounds panicked.
func TestMalformedHashIsAnError(t *testing.T) {
	h := NewArgon2id(1)
	good := older("x", argonMemory, argonTime, argonThreads, argonKeyLen)
	part := strings.Split(good, "$")
	with := func(i int, v string) string {
		p := append([]string{}, part...)
		p[i] = v
		return strings.Join(p, "$")
	}
	for _, bad := range []string{
		"", "$", "none", "plain:x", strings.TrimPrefix(good, "$"), good + "$", with(1, "argon2i"), with(1, "bcrypt"), with(2, "v=16"), with(2, ""),
		with(3, ""), with(3, "m=19456,t=2"), with(3, "m=19456,t=0,p=1"), with(3, "m=19456,t=2,p=0"), with(3, "m=19456,t=2,p=256"), with(3, "m=-1,t=2,p=1"),
		with(3, "m=4294967295,t=2,p=1"), with(3, "m=19456,t=4294967295,p=1"), with(4, "?"), with(4, ""), with(5, "?"), with(5, ""), with(5, "AAAA"),
	} {
		if ok, stale, err := h.Verify(t.Context(), "x", bad); ok || stale || err == nil {
			t.Errorf("%q: fits %v, stale %v, %v", bad, ok, stale, err)
		}
	}
}
