package identity_test

import (
	"bytes"
	"strings"
	"testing"

	"zhixing/app/identity"
)

const (
	oldKey = "the first secret key of this test and long enough"
	newKey = "the second secret key of this test and long too"
)

func seals(t *testing.T, keys string) *identity.Seals {
	t.Helper()
	s, err := identity.NewSeals(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Seen red: with the purpose left out of the additional data, the text opened in
// another row.
func TestSealOpensOnlyWhereItWasSealed(t *testing.T) {
	s := seals(t, oldKey)
	plain := []byte("11010519491231002X")
	sealed, err := s.Seal("people.id_card:1", plain)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Seal("people.id_card:1", plain)
	if err != nil || again == sealed {
		t.Errorf("two seals are the same: %v", err)
	}
	if strings.Contains(sealed, string(plain)) {
		t.Error("the plain text shows")
	}
	if got, err := s.Open("people.id_card:1", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened %q, %v", got, err)
	}
	// A bit in the middle: the last character may hold bits that are not read.
	damaged := []byte(sealed)
	damaged[20] ^= 3
	for name, c := range map[string]struct{ purpose, text string }{
		"another row":  {"people.id_card:2", sealed},
		"damaged":      {"people.id_card:1", string(damaged)},
		"cut":          {"people.id_card:1", sealed[:len(sealed)-6]},
		"empty":        {"people.id_card:1", ""},
		"plain":        {"people.id_card:1", string(plain)},
		"unknown form": {"people.id_card:1", "s2" + sealed[2:]},
		"no text":      {"people.id_card:1", sealed[:11] + "."},
		"not base64":   {"people.id_card:1", sealed[:12] + "!!"},
	} {
		if got, err := s.Open(c.purpose, c.text); err == nil {
			t.Errorf("%s: opened %q", name, got)
		} else if strings.Contains(err.Error(), string(plain)) {
			t.Errorf("%s: the error shows the plain text", name)
		}
	}
}

func TestSealKeysChange(t *testing.T) {
	before := seals(t, oldKey)
	sealed, err := before.Seal("x:1", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	both := seals(t, newKey+", "+oldKey)
	if got, err := both.Open("x:1", sealed); err != nil || string(got) != "secret" {
		t.Errorf("the older key does not open: %q, %v", got, err)
	}
	if !both.Stale(sealed) || before.Stale(sealed) {
		t.Error("stale is not told by the key")
	}
	if got := both.Digests("x", []byte("v")); !bytes.Equal(got[1], before.Digests("x", []byte("v"))[0]) || bytes.Equal(got[0], got[1]) {
		t.Error("digests are not one per key, newest first")
	}
	if bytes.Equal(before.Digests("x", []byte("v"))[0], before.Digests("xv", nil)[0]) {
		t.Error("purpose and value run together")
	}
	if _, err := seals(t, newKey).Open("x:1", sealed); err == nil || !strings.Contains(err.Error(), "ZHIXING_SECRET_KEY") {
		t.Errorf("a lost key is not named: %v", err)
	}
}

func TestSealKeysRefused(t *testing.T) {
	for _, keys := range []string{"", "short", oldKey + ",", oldKey + "," + oldKey} {
		if _, err := identity.NewSeals(keys); err == nil {
			t.Errorf("%q was taken", keys)
		}
	}
}
