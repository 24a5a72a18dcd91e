// Package identity holds the peers by which a person proves who he is.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id is the password hasher: OWASP/ASVS minimum m=19 MiB, t=2, p=1.
// At most Parallel hashes run at once, so that a herd of sign-ins cannot take
// the memory or both cores from the exams.
type Argon2id struct {
	slots chan struct{}
}

const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKeyLen  = 32
	argonSaltLen = 16
)

// NewArgon2id allows parallel hashes at once.
func NewArgon2id(parallel int) *Argon2id {
	return &Argon2id{slots: make(chan struct{}, max(1, parallel))}
}

// Hash returns the encoded hash of the password with a fresh salt.
func (h *Argon2id) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	salt := make([]byte, argonSaltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKeyLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// Verify implements org.PasswordHasher. A hash that cannot be read is an error.
func (h *Argon2id) Verify(ctx context.Context, password, encoded string) (ok, stale bool, err error) {
	var version int
	var memory, rounds uint32
	var threads uint8
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false, fmt.Errorf("password hash of unknown form")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, false, fmt.Errorf("password hash of unknown version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &rounds, &threads); err != nil {
		return false, false, fmt.Errorf("password hash parameters: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false, fmt.Errorf("password salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, false, fmt.Errorf("password key: %w", err)
	}
	if rounds < 1 || rounds > 64 || threads < 1 || memory > 1<<20 || len(salt) < 8 || len(want) < 16 {
		return false, false, fmt.Errorf("password hash parameters out of bounds")
	}
	if err := h.acquire(ctx); err != nil {
		return false, false, err
	}
	defer h.release()
	got := argon2.IDKey([]byte(password), salt, rounds, memory, threads, uint32(len(want))) //nolint:gosec // a hash is 32 bytes
	ok = subtle.ConstantTimeCompare(got, want) == 1
	stale = memory != argonMemory || rounds != argonTime || threads != argonThreads || len(want) != argonKeyLen
	return ok, stale, nil
}

func (h *Argon2id) acquire(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a password slot: %w", ctx.Err())
	}
}

func (h *Argon2id) release() { <-h.slots }
