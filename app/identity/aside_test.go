package identity

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

const asHasher = "ZHIXING_TEST_AS_HASHER"

func TestMain(m *testing.M) {
	if os.Getenv(asHasher) != "" {
		if err := ServeHashes(context.Background(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// newAside hashes in copies of this test.
func newAside(t *testing.T, parallel int) *Aside {
	t.Helper()
	a := NewAside(parallel, func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asHasher+"=1")
		return cmd
	})
	a.patience = time.Minute // a busy machine is no failure here
	t.Cleanup(func() {
		for range cap(a.slots) {
			if p := <-a.slots; p != nil {
				p.end()
			}
		}
	})
	return a
}

// running is the process of the only slot.
func (a *Aside) running() *aside {
	p := <-a.slots
	a.slots <- p
	return p
}

// What is hashed aside is what would be hashed here, and each gets his own answer
// however many ask at once.
func TestAsideIsArgon2id(t *testing.T) {
	ctx, a, here := t.Context(), newAside(t, 1), NewArgon2id(1)
	hash, err := a.Hash(ctx, "correct horse 电池\n")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", hash)
	}
	if ok, stale, err := here.Verify(ctx, "correct horse 电池\n", hash); !ok || stale || err != nil {
		t.Errorf("here: %v %v %v", ok, stale, err)
	}
	stale := strings.Replace("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Zt1gq0pFNX6Y0sT0Q0uF5o1mV0vJqkq6o4m8p1rYx3w", "Zt1", "Zt2", 1)
	if ok, old, err := a.Verify(ctx, "x", stale); ok || !old || err != nil {
		t.Errorf("another's parameters: %v %v %v", ok, old, err)
	}
	for _, bad := range []string{"", "plain", "$argon2id$v=18$m=1,t=1,p=1$c2E$Zt1g"} {
		if _, _, err := a.Verify(ctx, "x", bad); err == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
	var wg sync.WaitGroup
	for i := range 24 {
		password := "correct horse 电池\n"
		if i%3 == 0 {
			password = fmt.Sprint("wrong", i)
		}
		wg.Go(func() {
			if ok, _, err := a.Verify(ctx, password, hash); err != nil || ok != (i%3 != 0) {
				t.Errorf("%d: %v %v", i, ok, err)
			}
		})
	}
	wg.Wait()
	if a.running() == nil {
		t.Error("no process has hashed")
	}
}

// A process that is killed is replaced, and the one who asked does not notice;
// where none can be had, or it gets nothing done, the password is judged all the
// same.
//
// Seen red: with one try and an error in place of the hash made here, each case.
func TestAsideOutlivesItsProcesses(t *testing.T) {
	ctx := t.Context()
	hash, err := NewArgon2id(1).Hash(ctx, "right")
	if err != nil {
		t.Fatal(err)
	}
	judge := func(t *testing.T, a *Aside) {
		t.Helper()
		for password, want := range map[string]bool{"right": true, "wrong": false} {
			if ok, _, err := a.Verify(ctx, password, hash); err != nil || ok != want {
				t.Errorf("%s: %v, %v", password, ok, err)
			}
		}
	}
	t.Run("killed", func(t *testing.T) {
		a := newAside(t, 1)
		judge(t, a)
		killed := a.running()
		if err := killed.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		judge(t, a)
		if p := a.running(); p == nil || p == killed {
			t.Error("it was not replaced")
		}
	})
	for name, command := range map[string][]string{"not there": {"/nonexistent"}, "ends at once": {"true"}, "says something else": {"sh", "-c", "while read l; do echo no; done"}} {
		t.Run(name, func(t *testing.T) {
			judge(t, NewAside(1, func() *exec.Cmd { return exec.Command(command[0], command[1:]...) }))
		})
	}
	t.Run("starved", func(t *testing.T) {
		a := NewAside(1, func() *exec.Cmd { return exec.Command("sh", "-c", "cat >/dev/null") })
		a.patience = time.Millisecond
		judge(t, a)
		if !a.hurried.Load() {
			t.Error("it is waited for again and again")
		}
	})
}

// Who gives up while others are judged leaves the row.
func TestAsideWaitsNoLongerThanAsked(t *testing.T) {
	a := NewAside(1, nil)
	p := <-a.slots
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	a.slots <- p
}
