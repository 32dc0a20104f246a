// What the random and tls packages make: passwords, ids, keys. All of it is real.
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
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"
)

const (
	lowerLetters     = "abcdefghijklmnopqrstuvwxyz"
	upperLetters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits           = "0123456789"
	lettersAndDigits = lowerLetters + upperLetters + digits
	// specialCharacters are the random provider's own (pulumi-random SDK doc, special).
	specialCharacters = "!@#$%&*()-_=+[]{}<>:?"
)

var _ = register(
	row{
		token:    "random:index/randomPassword:RandomPassword",
		source:   "hashicorp/terraform-provider-random internal/provider/resource_password.go",
		required: []string{"length"},
		replace: []string{
			"keepers", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric",
			"overrideSpecial", "special", "upper",
		},
		defaults: map[string]any{
			"lower": true, "upper": true, "number": true, "numeric": true, "special": true,
			"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
		},
		id:           text("{hex32}"),
		computed:     madeAtCreation("result", "bcryptHash"),
		check:        checkPassword,
		beforeCreate: makePassword,
		notReal:      "The provider's id is \"none\" for every password; here it differs.",
	},
	row{
		token:    "random:index/randomId:RandomId",
		source:   "pulumi-random SDK doc",
		required: []string{"byteLength"},
		replace:  []string{"byteLength", "keepers", "prefix"},
		id:       text("{b64Url}"),
		computed: madeAtCreation("b64Std", "b64Url", "dec", "hex"),
		check:    between("byteLength", 1, 1<<20),
		beforeCreate: func(c *call) error {
			raw, prefix := make([]byte, int(c.num("byteLength"))), c.str("prefix")
			_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
			c.set("b64Std", prefix+base64.StdEncoding.EncodeToString(raw))
			c.set("b64Url", prefix+base64.RawURLEncoding.EncodeToString(raw))
			c.set("hex", prefix+hex.EncodeToString(raw))
			c.set("dec", prefix+new(big.Int).SetBytes(raw).String())
			return nil
		},
	},
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

// randomOf draws n characters of an alphabet, each as likely as any other.
func randomOf(alphabet string, n int) string {
	var b strings.Builder
	for range n {
		i, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String()
}

// characterSet is one kind of characters of a password.
type characterSet struct {
	alphabet string
	wanted   bool
	least    int
}

func passwordSets(c *call) []characterSet {
	asked := func(key string) bool { return !present(c.inputs, key) || c.yes(key) }
	special := specialCharacters
	if own := c.str("overrideSpecial"); own != "" {
		special = own
	}
	return []characterSet{
		{alphabet: upperLetters, wanted: asked("upper"), least: int(c.num("minUpper"))},
		{alphabet: lowerLetters, wanted: asked("lower"), least: int(c.num("minLower"))},
		{alphabet: digits, wanted: asked("number") && asked("numeric"), least: int(c.num("minNumeric"))},
		{alphabet: special, wanted: asked("special"), least: int(c.num("minSpecial"))},
	}
}

func checkPassword(c *call) []fault {
	length, known := c.get("length").(float64)
	if !known {
		return nil
	}
	least, wanted := 0, false
	for _, set := range passwordSets(c) {
		least, wanted = least+set.least, wanted || set.wanted
	}
	switch {
	case length < 1:
		return []fault{
			{property: "length", reason: fmt.Sprintf("length must be at least 1, got: %s", trimFloat(length))},
		}
	case int(length) < least:
		return []fault{
			{
				property: "length",
				reason: fmt.Sprintf(
					"length must be at least sum of min_upper + min_lower + min_numeric + min_special: %d, got: %s",
					least,
					trimFloat(length),
				),
			},
		}
	case !wanted:
		return []fault{{property: "length", reason: "at least one of upper, lower, numeric and special must be true"}}
	}
	return nil
}

// password draws the least of each kind, fills up from all kinds, and mixes.
func password(sets []characterSet, length int) string {
	var all, drawn string
	for _, set := range sets {
		if set.wanted {
			all += set.alphabet
		}
		drawn += randomOf(set.alphabet, set.least)
	}
	mixed := []byte(drawn + randomOf(all, length-len(drawn)))
	for i := len(mixed) - 1; i > 0; i-- {
		j, _ := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		mixed[i], mixed[j.Int64()] = mixed[j.Int64()], mixed[i]
	}
	return string(mixed)
}

func makePassword(c *call) error {
	result := password(passwordSets(c), int(c.num("length")))
	// The provider hashes at the default cost, 60 ms during which this cloud would stand still.
	hash, err := bcrypt.GenerateFromPassword([]byte(result[:min(len(result), 72)]), bcrypt.MinCost)
	if err != nil {
		return fmt.Errorf("hashing a password: %w", err)
	}
	c.set("result", result)
	c.set("bcryptHash", string(hash))
	return nil
}

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
