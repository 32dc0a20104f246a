package localcloud

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"
)

const passwordType = "random:index/randomPassword:RandomPassword"

func TestPasswordHoldsItsSettings(t *testing.T) {
	b := newBench(t)
	_, outputs := b.make(
		passwordType,
		"p",
		map[string]any{"length": 40.0, "upper": false, "overrideSpecial": "!#", "minSpecial": 5.0, "minNumeric": 3.0},
	)
	result := outputs["result"].StringValue()
	assert.Len(t, result, 40)
	assert.Empty(t, strings.Trim(result, lowerLetters+digits+"!#"), "characters outside the sets")
	count := func(set string) (n int) {
		for _, r := range result {
			if strings.ContainsRune(set, r) {
				n++
			}
		}
		return n
	}
	assert.GreaterOrEqual(t, count("!#"), 5)
	assert.GreaterOrEqual(t, count(digits), 3)
	assert.NoError(t, bcrypt.CompareHashAndPassword([]byte(outputs["bcryptHash"].StringValue()), []byte(result)))
	_, other := b.make(passwordType, "q", map[string]any{"length": 40.0})
	assert.NotEqual(t, result, other["result"].StringValue())
	assert.Equal(t, []string{"length"}, b.faults(passwordType, map[string]any{"length": 4.0, "minLower": 5.0}))
	assert.Equal(
		t,
		[]string{"length"},
		b.faults(
			passwordType,
			map[string]any{"length": 4.0, "lower": false, "upper": false, "numeric": false, "special": false},
		),
	)
}

func TestKeysAreReal(t *testing.T) {
	b := newBench(t)
	for _, inputs := range []map[string]any{
		{"algorithm": "ED25519"},
		{"algorithm": "RSA"},
		{"algorithm": "ECDSA", "ecdsaCurve": "P256"},
		{"algorithm": "ECDSA"},
	} {
		_, outputs := b.make("tls:index/privateKey:PrivateKey", "k", inputs)
		block, _ := pem.Decode([]byte(outputs["privateKeyPemPkcs8"].StringValue()))
		require.NotNil(t, block)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		require.NoError(t, err)
		openssh := outputs["privateKeyOpenssh"].StringValue()
		if inputs["algorithm"] == "ECDSA" && inputs["ecdsaCurve"] == nil {
			assert.Empty(t, openssh, "OpenSSH has no curve P224")
			continue
		}
		parsed, err := ssh.ParseRawPrivateKey([]byte(openssh))
		require.NoError(t, err)
		if pair, ok := parsed.(*ed25519.PrivateKey); ok {
			parsed = *pair
		}
		same, equals := key.(interface{ Equal(crypto.PrivateKey) bool })
		require.True(t, equals, "%T", key)
		assert.True(t, same.Equal(parsed), "%v", inputs)
	}
}

func TestAKeyWithASeedDependsOnItsNameAlone(t *testing.T) {
	public := func(name string) string {
		b := newBench(t)
		b.KeySeed = func(name string) []byte { return []byte((name + strings.Repeat("-", 32))[:32]) }
		_, outputs := b.make("tls:index/privateKey:PrivateKey", name, map[string]any{"algorithm": "ED25519"})
		return outputs["publicKeyPem"].StringValue()
	}
	assert.Equal(t, public("a"), public("a"))
	assert.NotEqual(t, public("a"), public("b"))
}

func TestRandomIDForms(t *testing.T) {
	id, outputs := newBench(
		t,
	).make("random:index/randomId:RandomId", "r", map[string]any{"byteLength": 4.0, "prefix": "a-"})
	assert.Regexp(t, `^a-[0-9a-f]{8}$`, outputs["hex"].StringValue())
	assert.Regexp(t, `^a-[0-9]+$`, outputs["dec"].StringValue())
	assert.Equal(t, outputs["b64Url"].StringValue(), id)
}
