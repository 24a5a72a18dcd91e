package identity

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"zhixing/domain/org"
)

// TOTP is org.OneTimeCodes: RFC 6238 with SHA-1, 6 digits and 30 s, which every
// authenticator understands.
type TOTP struct{}

var _ org.OneTimeCodes = TOTP{}

const (
	totpPeriod = 30 // seconds
	totpSkew   = 1  // steps to either side
	qrSide     = 240
)

// New implements org.OneTimeCodes.
func (TOTP) New(issuer, account string) (secret, url string, qr []byte, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return "", "", nil, fmt.Errorf("new TOTP secret: %w", err)
	}
	img, err := key.Image(qrSide, qrSide)
	if err != nil {
		return "", "", nil, fmt.Errorf("draw TOTP secret: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", "", nil, fmt.Errorf("draw TOTP secret: %w", err)
	}
	return key.Secret(), key.URL(), b.Bytes(), nil
}

// Check implements org.OneTimeCodes. Every step is looked at, whichever fits.
func (TOTP) Check(secret, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / totpPeriod
	for s := current - totpSkew; s <= current+totpSkew; s++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
