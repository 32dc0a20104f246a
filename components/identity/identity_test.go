package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"

	"github.com/nats-io/nkeys"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

func encode(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newKey(t *testing.T) (ed25519.PublicKey, string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return public, encode(t, private)
}

func TestSeedSignsWhatPublicKeyVerifies(t *testing.T) {
	raw, private := newKey(t)

	seed, public, err := derive(private)
	require.NoError(t, err)
	assert.True(t, nkeys.IsValidPublicUserKey(public), "the server takes only user keys, got %q", public)

	signer, err := nkeys.FromSeed([]byte(seed))
	require.NoError(t, err)
	nonce := []byte("what a server asks a client to sign")
	signature, err := signer.Sign(nonce)
	require.NoError(t, err)

	verifier, err := nkeys.FromPublicKey(public)
	require.NoError(t, err)
	require.NoError(t, verifier.Verify(nonce, signature))
	assert.True(t, ed25519.Verify(raw, nonce, signature), "the nkey must be the stored key, not another")
}

func TestSameKeyGivesSameIdentity(t *testing.T) {
	_, private := newKey(t)
	seed, public, err := derive(private)
	require.NoError(t, err)
	seedAgain, publicAgain, err := derive(private)
	require.NoError(t, err)
	assert.True(t, seed == seedAgain, "another seed from the same key would lock every client out")
	assert.Equal(t, public, publicAgain)
}

func TestOtherKeysAreRefusedWithoutBeingQuoted(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, given := range map[string]struct{ key, says string }{
		"not PEM": {key: "text that is no key", says: "not PEM"},
		"not PKCS #8": {
			key:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret bytes")})),
			says: "not PKCS #8",
		},
		"not ED25519": {key: encode(t, curve), says: "needs ED25519"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := derive(given.key)
			require.ErrorContains(t, err, given.says)
			assert.NotContains(t, err.Error(), given.key)
			assert.NotContains(t, err.Error(), "secret bytes")
		})
	}
}

// keyMaker answers as the tls provider does and remembers the inputs that it saw.
type keyMaker struct {
	pem  string
	lock sync.Mutex
	seen map[string]resource.PropertyMap
}

func (m *keyMaker) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.seen[args.TypeToken] = args.Inputs
	outputs := args.Inputs.Copy()
	if args.TypeToken == "tls:index/privateKey:PrivateKey" {
		outputs["privateKeyPemPkcs8"] = resource.MakeSecret(resource.NewProperty(m.pem))
	}
	outputs["versionId"] = resource.NewProperty("version-of-" + args.Name)
	outputs["arn"] = resource.NewProperty("arn:aws:secretsmanager:us-east-1:123456789012:secret:" + args.Name)
	return args.Name + "-id", outputs, nil
}

func (m *keyMaker) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func TestOnlyThePublicHalfLeavesTheSecret(t *testing.T) {
	_, private := newKey(t)
	seed, public, err := derive(private)
	require.NoError(t, err)
	mocks := &keyMaker{pem: private, seen: map[string]resource.PropertyMap{}}

	var identity *Identity
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		var err error
		identity, err = New(ctx, "quest-system", Args{
			Stack: platform.Stack{
				Environment: "test",
				Protect:     true,
				Keys:        platform.Keys{Secrets: pulumi.String("arn:key").ToStringOutput()},
			},
			Identity: "quest-system",
		})
		if err != nil {
			return err
		}
		assert.False(t, pulumi.IsSecret(identity.PublicKey), "the server configuration holds it in clear")
		identity.PublicKey.ApplyT(func(got string) string {
			assert.Equal(t, public, got)
			return got
		})
		identity.SeedFrom.ApplyT(func(got string) string {
			assert.Equal(
				t,
				"arn:aws:secretsmanager:us-east-1:123456789012:secret:quest-system-seed:::"+
					"version-of-quest-system-seed-version",
				got,
			)
			return got
		})
		return nil
	}, pulumi.WithMocks("platform", "test", mocks))
	require.NoError(t, err)

	stored := mocks.seen["aws:secretsmanager/secretVersion:SecretVersion"]["secretString"]
	require.True(t, stored.IsSecret(), "the state would hold the seed in clear")
	assert.True(t, stored.SecretValue().Element.StringValue() == seed, "the secret does not hold the seed")
	assert.EqualValues(
		t,
		30,
		mocks.seen["aws:secretsmanager/secret:Secret"]["recoveryWindowInDays"].NumberValue(),
	)
}
