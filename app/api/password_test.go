package api_test

import (
	"testing"

	"zhixing/app/api/apitest"
	"zhixing/app/identity"
)

// Of apitest.Password with m=8192, t=1: an older strength.
const oldHash = "$argon2id$v=19$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$FGs1rz2GmiIKP9+s06fNRh8sJX3hpPOrGbdsHgnIJSE"

// Who signs in with a password that is kept in an older strength has it kept in
// ours from then on, once, and by that alone.
// Seen red: with the new hash left out of what signing in writes.
func TestOldHashIsMadeAgainAtSignIn(t *testing.T) {
	e := apitest.New(t)
	e.Person(t, "2024001", "李建国")
	e.Exec(t, "UPDATE accounts SET password_hash = ?", oldHash)
	kept := func() (hash string) {
		t.Helper()
		if err := e.DB.Bun.NewRaw("SELECT password_hash FROM accounts").Scan(t.Context(), &hash); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	e.Anyone(t).Do("POST", "/session", map[string]any{"number": "2024001", "password": "no such password", "device_id": "d"}).Want(401, "session.wrong_password")
	if kept() != oldHash {
		t.Error("a wrong password changed the hash")
	}
	in := map[string]any{"number": "2024001", "password": apitest.Password, "device_id": "d"}
	e.Anyone(t).Do("POST", "/session", in).Want(200)
	first := kept()
	if ok, stale, err := identity.NewArgon2id(1).Verify(t.Context(), apitest.Password, first); !ok || stale || err != nil {
		t.Errorf("after signing in: fits %v, stale %v, %v", ok, stale, err)
	}
	e.Anyone(t).Do("POST", "/session", in).Want(200)
	if kept() != first {
		t.Error("a hash of our strength was made again")
	}
}
