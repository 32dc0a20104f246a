// From a stored ED25519 key to the two halves of an nkey: the same 32 bytes in NATS's spelling.

package identity

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/nats-io/nkeys"
)

// derive reads an ED25519 private key in PKCS #8 PEM form and returns it as the seed and the
// public key of a NATS user. Its errors never hold any part of the input.
func derive(privateKey string) (seed, public string, err error) {
	block, _ := pem.Decode([]byte(privateKey))
	if block == nil {
		return "", "", errors.New(
			"deriving an nkey: the private key is not PEM: ask the tls provider for privateKeyPemPkcs8",
		)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		// The parser's own words may quote the key.
		return "", "", errors.New(
			"deriving an nkey: the private key is not PKCS #8: ask the tls provider for privateKeyPemPkcs8",
		)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return "", "", fmt.Errorf(
			"deriving an nkey: the private key is %T, an nkey needs ED25519: set the key's algorithm",
			parsed,
		)
	}
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, key.Seed())
	if err != nil {
		return "", "", fmt.Errorf("deriving an nkey: %w", err)
	}
	encoded, err := pair.Seed()
	if err != nil {
		return "", "", fmt.Errorf("deriving an nkey's seed: %w", err)
	}
	public, err = pair.PublicKey()
	if err != nil {
		return "", "", fmt.Errorf("deriving an nkey's public key: %w", err)
	}
	return string(encoded), public, nil
}
