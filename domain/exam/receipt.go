package exam

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Receipt is what a learner holds in hand of an acknowledged save or a submit.
type Receipt struct {
	Submit    bool      // of the submit; otherwise of a save
	Attempt   [16]byte  // raw UUID
	At        time.Time // the server's, to the microsecond
	ServerSeq int64     // of the last operation covered; 0 for a submit
	Digest    [8]byte   // of the ids of the operations covered, see DigestOf
}

const (
	receiptBody = 1 + 16 + 8 + 8 + 8
	receiptSize = receiptBody + 16
)

// DigestOf fingerprints operation ids in the order given.
func DigestOf(ids [][16]byte) (d [8]byte) {
	h := sha256.New()
	for _, id := range ids {
		h.Write(id[:])
	}
	copy(d[:], h.Sum(nil))
	return d
}

// Sign writes the receipt as one word: what it says and a keyed MAC over it.
func (r Receipt) Sign(key []byte) string {
	b := r.body()
	return base64.RawURLEncoding.EncodeToString(append(b, receiptMAC(key, b)...))
}

// VerifyReceipt reads a receipt; false for anything that Sign with this key did
// not write.
func VerifyReceipt(key []byte, s string) (Receipt, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != receiptSize || !hmac.Equal(b[receiptBody:], receiptMAC(key, b[:receiptBody])) || b[0]&^1 != 2 {
		return Receipt{}, false
	}
	r := Receipt{
		Submit:    b[0]&1 == 1,
		At:        time.UnixMicro(int64(binary.BigEndian.Uint64(b[17:]))).UTC(), //nolint:gosec // written from an int64
		ServerSeq: int64(binary.BigEndian.Uint64(b[25:])),                       //nolint:gosec // written from an int64
	}
	copy(r.Attempt[:], b[1:])
	copy(r.Digest[:], b[33:])
	return r, true
}

func (r Receipt) body() []byte {
	b := make([]byte, receiptBody, receiptSize)
	b[0] = 2 // format
	if r.Submit {
		b[0] |= 1
	}
	copy(b[1:], r.Attempt[:])
	binary.BigEndian.PutUint64(b[17:], uint64(r.At.UnixMicro())) //nolint:gosec // read back as int64
	binary.BigEndian.PutUint64(b[25:], uint64(r.ServerSeq))      //nolint:gosec // read back as int64
	copy(b[33:], r.Digest[:])
	return b
}

func receiptMAC(key, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("receipt"))
	m.Write(body)
	return m.Sum(nil)[:receiptSize-receiptBody]
}
