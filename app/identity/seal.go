package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"zhixing/domain/org"
)

// MinSecretKey is the least length of a secret key in characters.
const MinSecretKey = 32

// Seals is org.Sealer: AES-256-GCM under keys derived from the installation's
// secret keys. A sealed text is "s1.<key id>.<base64url of nonce and cipher
// text>"; the key id tells which key opens it, so that keys can be changed while
// the program runs: put the new one first and keep the old ones behind it.
type Seals struct {
	keys []sealKey // newest first
}

type sealKey struct {
	id   string // 8 hexadecimal digits
	aead cipher.AEAD
	mac  []byte
}

var _ org.Sealer = (*Seals)(nil)

// NewSeals takes the secret keys, newest first, separated by commas. Each is any
// text of at least MinSecretKey characters.
func NewSeals(secretKeys string) (*Seals, error) {
	s := &Seals{}
	for secret := range strings.SplitSeq(secretKeys, ",") {
		if secret = strings.TrimSpace(secret); len(secret) < MinSecretKey {
			return nil, fmt.Errorf("each secret key must have at least %d characters", MinSecretKey)
		}
		key, err := newSealKey([]byte(secret))
		if err != nil {
			return nil, err
		}
		for _, k := range s.keys {
			if k.id == key.id {
				return nil, errors.New("a secret key is given twice")
			}
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

func newSealKey(secret []byte) (k sealKey, err error) {
	derive := func(info string, n int) []byte {
		b, deriveErr := hkdf.Key(sha256.New, secret, nil, "zhixing "+info, n)
		err = errors.Join(err, deriveErr)
		return b
	}
	id, enc := derive("key id", 4), derive("seal", 32)
	k.mac = derive("digest", 32)
	if err != nil {
		return k, fmt.Errorf("derive keys: %w", err)
	}
	k.id = hex.EncodeToString(id)
	block, err := aes.NewCipher(enc)
	if err != nil {
		return k, fmt.Errorf("seal key: %w", err)
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return k, fmt.Errorf("seal key: %w", err)
	}
	return k, nil
}

const sealForm = "s1"

// Seal implements org.Sealer.
func (s *Seals) Seal(purpose string, plain []byte) (string, error) {
	k := s.keys[0]
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("seal nonce: %w", err)
	}
	box := k.aead.Seal(nonce, nonce, plain, []byte(purpose))
	return sealForm + "." + k.id + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open implements org.Sealer.
func (s *Seals) Open(purpose, sealed string) ([]byte, error) {
	form, rest, _ := strings.Cut(sealed, ".")
	id, text, ok := strings.Cut(rest, ".")
	if form != sealForm || !ok {
		return nil, errors.New("sealed text of unknown form")
	}
	box, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("sealed text is damaged")
	}
	for _, k := range s.keys {
		if k.id != id {
			continue
		}
		if len(box) < k.aead.NonceSize() {
			return nil, errors.New("sealed text is damaged")
		}
		n := k.aead.NonceSize()
		plain, err := k.aead.Open(nil, box[:n], box[n:], []byte(purpose))
		if err != nil {
			return nil, errors.New("sealed text is damaged or was moved from another place")
		}
		return plain, nil
	}
	return nil, fmt.Errorf("the secret key %s, under which this was sealed, is not among ZHIXING_SECRET_KEY", id)
}

// Stale implements org.Sealer.
func (s *Seals) Stale(sealed string) bool {
	return !strings.HasPrefix(sealed, sealForm+"."+s.keys[0].id+".")
}

// Digests implements org.Sealer.
func (s *Seals) Digests(purpose string, plain []byte) [][]byte {
	out := make([][]byte, len(s.keys))
	for i, k := range s.keys {
		m := hmac.New(sha256.New, k.mac)
		_, _ = fmt.Fprintf(m, "%d:%s", len(purpose), purpose) // a hash never fails
		_, _ = m.Write(plain)
		out[i] = m.Sum(nil)
	}
	return out
}
