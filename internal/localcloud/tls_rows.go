// What the tls package makes: private keys. All of them are real.
package localcloud

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/ssh"
)

var _ = register(
	row{
		token:    "tls:index/privateKey:PrivateKey",
		source:   "hashicorp/terraform-provider-tls internal/provider/resource_private_key.go",
		required: []string{"algorithm"},
		replace:  []string{"algorithm", "ecdsaCurve", "rsaBits"},
		defaults: map[string]any{"ecdsaCurve": "P224", "rsaBits": 2048.0},
		id:       keyChecksum,
		computed: madeAtCreation(
			"privateKeyPem",
			"privateKeyPemPkcs8",
			"privateKeyOpenssh",
			"publicKeyPem",
			"publicKeyOpenssh",
			"publicKeyFingerprintMd5",
			"publicKeyFingerprintSha256",
		),
		check: checks(
			oneOf("algorithm", "RSA", "ECDSA", "ED25519"),
			oneOf("ecdsaCurve", "P224", "P256", "P384", "P521"),
		),
		beforeCreate: makeKey,
	},
)

// privateKey makes a key of one of the provider's algorithms; ECDSA's default is its P224.
func privateKey(algorithm, curve string, bits int) (crypto.Signer, error) {
	switch algorithm {
	case "ED25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case "RSA":
		return rsa.GenerateKey(rand.Reader, bits)
	}
	curves := map[string]elliptic.Curve{
		"P224": elliptic.P224(),
		"P256": elliptic.P256(),
		"P384": elliptic.P384(),
		"P521": elliptic.P521(),
	}
	return ecdsa.GenerateKey(curves[curve], rand.Reader)
}

func makeKey(c *call) error {
	key, err := privateKey(c.str("algorithm"), c.str("ecdsaCurve"), int(c.num("rsaBits")))
	if c.str("algorithm") == "ED25519" && c.cloud.KeySeed != nil {
		key = ed25519.NewKeyFromSeed(c.cloud.KeySeed(lastOf(c.urn, "::")))
	}
	if err != nil {
		return fmt.Errorf("making a %s key: %w", c.str("algorithm"), err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding a %s key: %w", c.str("algorithm"), err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding a %s public key: %w", c.str("algorithm"), err)
	}
	own := pemOf("PRIVATE KEY", pkcs8)
	switch k := key.(type) {
	case *rsa.PrivateKey:
		own = pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k))
	case *ecdsa.PrivateKey:
		raw, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			return fmt.Errorf("encoding an ECDSA key: %w", err)
		}
		own = pemOf("EC PRIVATE KEY", raw)
	}
	c.set("privateKeyPem", own)
	c.set("privateKeyPemPkcs8", pemOf("PRIVATE KEY", pkcs8))
	c.set("publicKeyPem", pemOf("PUBLIC KEY", public))
	return sshForms(c, key)
}

// keyChecksum is the provider's id: the SHA-1 of the public key.
func keyChecksum(c *call) any {
	sum := sha1.Sum([]byte(c.str("publicKeyPem")))
	return hex.EncodeToString(sum[:])
}

// sshForms are OpenSSH's forms of a key; it has none for curve P224.
func sshForms(c *call, key crypto.Signer) error {
	for _, form := range []string{
		"privateKeyOpenssh",
		"publicKeyOpenssh",
		"publicKeyFingerprintMd5",
		"publicKeyFingerprintSha256",
	} {
		c.set(form, "")
	}
	if k, ok := key.(*ecdsa.PrivateKey); ok && k.Curve == elliptic.P224() {
		return nil
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return fmt.Errorf("encoding a key for OpenSSH: %w", err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding a public key for OpenSSH: %w", err)
	}
	c.set("privateKeyOpenssh", string(pem.EncodeToMemory(block)))
	c.set("publicKeyOpenssh", string(ssh.MarshalAuthorizedKey(public)))
	c.set("publicKeyFingerprintMd5", ssh.FingerprintLegacyMD5(public))
	c.set("publicKeyFingerprintSha256", ssh.FingerprintSHA256(public))
	return nil
}
