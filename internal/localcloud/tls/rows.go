// Pulumi's package tls: private keys. All are real keys, since the platform uses them.
package tls

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

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    "tls:index/privateKey:PrivateKey",
		Source:   "hashicorp/terraform-provider-tls internal/provider/resource_private_key.go",
		Required: []string{"algorithm"},
		Replace:  []string{"algorithm", "ecdsaCurve", "rsaBits"},
		Defaults: map[string]any{"ecdsaCurve": "P224", "rsaBits": 2048.0},
		ID:       keyChecksum,
		Computed: cloud.MadeAtCreation(
			"privateKeyPem",
			"privateKeyPemPkcs8",
			"privateKeyOpenssh",
			"publicKeyPem",
			"publicKeyOpenssh",
			"publicKeyFingerprintMd5",
			"publicKeyFingerprintSha256",
		),
		Check: cloud.Checks(
			cloud.OneOf("algorithm", "RSA", "ECDSA", "ED25519"),
			cloud.OneOf("ecdsaCurve", "P224", "P256", "P384", "P521"),
		),
		BeforeCreate: makeKey,
	},
)

// privateKey creates a key of one of the provider's algorithms; the provider's default curve is
// P224.
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

func makeKey(c *cloud.Call) error {
	key, err := privateKey(c.Str("algorithm"), c.Str("ecdsaCurve"), int(c.Num("rsaBits")))
	if c.Str("algorithm") == "ED25519" && c.Cloud.KeySeed != nil {
		key = ed25519.NewKeyFromSeed(c.Cloud.KeySeed(cloud.AfterLast(c.URN, "::")))
	}
	if err != nil {
		return fmt.Errorf("making a %s key: %w", c.Str("algorithm"), err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding a %s key: %w", c.Str("algorithm"), err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding a %s public key: %w", c.Str("algorithm"), err)
	}
	own := cloud.EncodePEM("PRIVATE KEY", pkcs8)
	switch k := key.(type) {
	case *rsa.PrivateKey:
		own = cloud.EncodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k))
	case *ecdsa.PrivateKey:
		raw, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			return fmt.Errorf("encoding an ECDSA key: %w", err)
		}
		own = cloud.EncodePEM("EC PRIVATE KEY", raw)
	}
	c.Set("privateKeyPem", own)
	c.Set("privateKeyPemPkcs8", cloud.EncodePEM("PRIVATE KEY", pkcs8))
	c.Set("publicKeyPem", cloud.EncodePEM("PUBLIC KEY", public))
	return sshForms(c, key)
}

// keyChecksum is the provider's id: the SHA-1 of the public key.
func keyChecksum(c *cloud.Call) any {
	sum := sha1.Sum([]byte(c.Str("publicKeyPem")))
	return hex.EncodeToString(sum[:])
}

// sshForms are OpenSSH's forms of a key; it has none for curve P224.
func sshForms(c *cloud.Call, key crypto.Signer) error {
	for _, form := range []string{
		"privateKeyOpenssh",
		"publicKeyOpenssh",
		"publicKeyFingerprintMd5",
		"publicKeyFingerprintSha256",
	} {
		c.Set(form, "")
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
	c.Set("privateKeyOpenssh", string(pem.EncodeToMemory(block)))
	c.Set("publicKeyOpenssh", string(ssh.MarshalAuthorizedKey(public)))
	c.Set("publicKeyFingerprintMd5", ssh.FingerprintLegacyMD5(public))
	c.Set("publicKeyFingerprintSha256", ssh.FingerprintSHA256(public))
	return nil
}
