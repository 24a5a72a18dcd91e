package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zhixing/app/identity"
)

// secretKeyFile is where an installation that was given no secret key keeps its
// own. Losing it loses what is sealed with it: id numbers, TOTP secrets and the
// secrets of identity peers.
func secretKeyFile(c Config) string { return filepath.Join(c.Data, "secret.key") }

// seals opens the installation's secret key: the setting, or the file in the
// data folder, which is made when there is none.
func seals(c Config) (*identity.Seals, error) {
	keys := c.SecretKey
	if keys == "" {
		var err error
		if keys, err = readOrMakeKey(secretKeyFile(c)); err != nil {
			return nil, fmt.Errorf("the secret key: %w", err)
		}
	}
	s, err := identity.NewSeals(keys)
	if err != nil {
		return nil, fmt.Errorf("the secret key: %w", err)
	}
	return s, nil
}

func readOrMakeKey(path string) (string, error) {
	b, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return strings.TrimSpace(string(b)), err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // G301: the data folder, which services of other users pass through
		return "", err
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	key := base64.RawURLEncoding.EncodeToString(random[:])
	// Two starts at once must end with one key: the file appears whole or not at
	// all, and whoever comes second reads the first one's.
	part, err := os.CreateTemp(filepath.Dir(path), "secret.key.*") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(part.Name()) }()
	if _, err = part.WriteString(key + "\n"); err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return "", err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	b, err = os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// needSecretKey refuses to serve with a key that this process would have to make
// up: another one beside it would make another.
func (c Config) needSecretKey() error {
	if c.SecretKey != "" {
		return nil
	}
	if _, err := os.Stat(secretKeyFile(c)); err != nil {
		return errors.New("not set: ZHIXING_SECRET_KEY, the key of what is sealed in the database (make one with `openssl rand -hex 32`, the same for every process)")
	}
	return nil
}
