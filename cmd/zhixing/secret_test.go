package main

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// The key is made once, also by many starts at once, and only its owner reads it.
//
// Seen red: with os.WriteFile in place of the link, starts that raced sealed with
// different keys.
func TestSecretKeyIsMadeOnce(t *testing.T) {
	c := Config{Data: t.TempDir()}
	if err := c.needSecretKey(); err == nil || !strings.Contains(err.Error(), "ZHIXING_SECRET_KEY") {
		t.Errorf("serving without a key: %v", err)
	}
	sealed := make([]string, 16)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			s, err := seals(c)
			if err == nil {
				sealed[i], err = s.Seal("p", []byte("x"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := seals(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range sealed {
		if _, err := s.Open("p", v); err != nil {
			t.Error(err)
		}
	}
	if fi, err := os.Stat(secretKeyFile(c)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", fi.Mode(), err)
	}
	if err := c.needSecretKey(); err != nil {
		t.Error(err)
	}
	if _, err := seals(Config{Data: t.TempDir(), SecretKey: "short"}); err == nil {
		t.Error("a short key was taken")
	}
}
