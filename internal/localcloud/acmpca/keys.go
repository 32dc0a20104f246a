// The keys and names of certificate authorities, and the clock of certificates, which drills can
// set.
package acmpca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var keyAlgorithms = []string{"RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"}

func newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "RSA_2048", "RSA_3072", "RSA_4096":
		bits, _ := strconv.Atoi(strings.TrimPrefix(algorithm, "RSA_"))
		return rsa.GenerateKey(rand.Reader, bits)
	case "EC_prime256v1":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EC_secp384r1":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EC_secp521r1":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, fmt.Errorf(
		"ValidationException: the key algorithm %q is not one of %s",
		algorithm,
		strings.Join(keyAlgorithms, ", "),
	)
}

var signatureAlgorithms = map[string]x509.SignatureAlgorithm{
	"SHA256WITHECDSA": x509.ECDSAWithSHA256,
	"SHA384WITHECDSA": x509.ECDSAWithSHA384,
	"SHA512WITHECDSA": x509.ECDSAWithSHA512,
	"SHA256WITHRSA":   x509.SHA256WithRSA,
	"SHA384WITHRSA":   x509.SHA384WithRSA,
	"SHA512WITHRSA":   x509.SHA512WithRSA,
}

func distinguishedName(parts map[string]any) pkix.Name {
	list := func(key string) []string {
		if s, ok := parts[key].(string); ok && s != "" {
			return []string{s}
		}
		return nil
	}
	common, _ := parts["commonName"].(string)
	return pkix.Name{
		CommonName:         common,
		Country:            list("country"),
		Province:           list("state"),
		Locality:           list("locality"),
		Organization:       list("organization"),
		OrganizationalUnit: list("organizationalUnit"),
	}
}

// SerialNumber returns a random serial number of 16 bytes for a certificate.
func SerialNumber() *big.Int {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	raw[0] = raw[0]&0x7f | 0x40
	return new(big.Int).SetBytes(raw)
}

// NotAfter returns the end of a validity. kind is DAYS, MONTHS or YEARS (from now), ABSOLUTE
// (seconds since 1970) or END_DATE (RFC 3339).
func NotAfter(kind, text string, now time.Time) (time.Time, error) {
	if kind == "END_DATE" {
		end, err := time.Parse(time.RFC3339, text)
		if err != nil || !end.After(now) {
			return end, fmt.Errorf("ValidationException: the validity %q is not an RFC 3339 date in the future", text)
		}
		return end.UTC(), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return now, fmt.Errorf("ValidationException: the validity %q is not a positive number", text)
	}
	switch kind {
	case "DAYS":
		return now.AddDate(0, 0, n), nil
	case "MONTHS":
		return now.AddDate(0, n, 0), nil
	case "YEARS":
		return now.AddDate(n, 0, 0), nil
	}
	return time.Unix(int64(n), 0).UTC(), nil
}

func colonHex(raw []byte) string {
	pairs := make([]string, len(raw))
	for i, b := range raw {
		pairs[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(pairs, ":")
}

// SetCertificateClock sets the clock of the private CAs; nil sets the real time again. With a clock
// six days back a drill gets certificates of seven days that end tomorrow.
func SetCertificateClock(c *cloud.Cloud, now func() time.Time) {
	c.Update(func(tx *cloud.Tx) {
		tx.Values[certificateClockKey] = now
	})
}

const certificateClockKey = "certificate clock"

func certificateTime(tx *cloud.Tx) time.Time {
	if clock, _ := tx.Values[certificateClockKey].(func() time.Time); clock != nil {
		return clock().UTC()
	}
	return time.Now().UTC()
}
