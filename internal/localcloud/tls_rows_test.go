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
	"golang.org/x/crypto/ssh"
)

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
