package releasefixture

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

func TestKeptReleasesHoldNoSecretAndNoAccount(t *testing.T) {
	releases, err := Releases(root)
	require.NoError(t, err)
	for _, release := range releases {
		folder := filepath.Join(root, Folder, release)
		deployment, err := read(folder)
		require.NoError(t, err)
		text, err := json.Marshal(deployment)
		require.NoError(t, err)
		assert.NoError(t, Secrets(text), release)
		assert.NoError(t, allHidden(deployment), release)
		found := placeholder.FindAllStringSubmatch(string(text), -1)
		assert.NotEmpty(t, found, release)
		for _, f := range found {
			value, err := json.Marshal(valueOf(f[1], f[2]))
			require.NoError(t, err)
			assert.NotContains(t, string(text), strings.Trim(string(value), `"`), "%s shows %s", release, f[0])
		}
		configuration, err := os.ReadFile(filepath.Join(folder, configurationFile))
		require.NoError(t, err)
		assert.NoError(t, Secrets(configuration), release)
	}
}

func TestALoadedReleaseHasItsSecretsAndResources(t *testing.T) {
	fixture, err := Load(root, "v0.1.0")
	require.NoError(t, err)
	assert.NotContains(t, string(fixture.State.Deployment), "{{fixture")
	kinds := map[string]int{}
	for _, r := range fixture.Resources {
		kinds[r.Type]++
		assert.NotEmpty(t, r.ID, r.URN)
		if r.Type == keyType {
			assert.Equal(t, keyForms(nameOf(r.URN))["privateKeyPem"], r.Outputs["privateKeyPemPkcs8"], r.URN)
		}
	}
	assert.Equal(t, 24, kinds["aws:ecs/service:Service"], "22 services, the gateway and the verification")
	assert.Equal(t, 5, kinds["aws:ec2/instance:Instance"])
}

// state is a small one with a key, what is made from it, and a token.
func state(t *testing.T) apitype.UntypedDeployment {
	t.Helper()
	secret := func(text string) map[string]any {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		return map[string]any{signature: secretSignature, "plaintext": string(quoted)}
	}
	key := keyForms("auth-key")
	block := "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
	entry := func(token, name string, outputs map[string]any) map[string]any {
		return map[string]any{
			"urn":            "urn:pulumi:prod::nats-platform::" + token + "::" + name,
			"type":           token,
			"custom":         true,
			"id":             name,
			"created":        "2025-06-01T00:00:00Z",
			"sourcePosition": "project:///main.go#1",
			"outputs":        outputs,
		}
	}
	deployment, err := json.Marshal(map[string]any{
		"manifest":          map[string]any{"time": "2025-06-01T00:00:00Z", "version": "v3"},
		"secrets_providers": map[string]any{"type": "passphrase"},
		"resources": []any{
			entry(keyType, "auth-key", map[string]any{
				"privateKeyPem": secret(key["privateKeyPem"]),
				"publicKeyPem":  key["publicKeyPem"],
			}),
			entry("random:index/randomPassword:RandomPassword", "token", map[string]any{
				"result": secret("a token of thirty-two characters"),
			}),
			entry("aws:secretsmanager/secretVersion:SecretVersion", "version", map[string]any{
				"secretString": secret(key["seed"]),
				"address":      secret("rediss://:a token of thirty-two characters@host"),
				"in clear":     block,
				"in JSON":      `{"ca":"` + strings.ReplaceAll(block, "\n", `\n`) + `"}`,
				"bytes":        json.Number("120000000000"),
				"code":         map[string]any{signature: archiveSignature, "hash": "1", "path": "/a/folder/c.zip"},
			}),
		},
	})
	require.NoError(t, err)
	return apitype.UntypedDeployment{Version: 3, Deployment: deployment}
}

func TestAStateIsKeptWithoutItsSecretsAndLoadedWithThem(t *testing.T) {
	folder := t.TempDir()
	original := state(t)
	require.NoError(t, Save(folder, "v1.0.0", original, []byte("config: {}\n")))

	kept, err := read(filepath.Join(folder, Folder, "v1.0.0"))
	require.NoError(t, err)
	text, err := json.Marshal(kept)
	require.NoError(t, err)
	seed := keyForms("auth-key")["seed"]
	for _, secret := range []string{"a token of", seed, "MIIB", "/a/folder", "passphrase", "#1"} {
		assert.NotContains(t, string(text), secret)
	}
	assert.Contains(t, string(text), "120000000000", "a number is written as it was")

	loaded, err := Load(folder, "v1.0.0")
	require.NoError(t, err)
	outputs := map[string]any{}
	for _, r := range loaded.Resources {
		for name, value := range r.Outputs {
			outputs[name] = value
		}
	}
	assert.Equal(t, keyForms("auth-key")["privateKeyPem"], outputs["privateKeyPem"])
	assert.Equal(t, keyForms("auth-key")["seed"], outputs["secretString"])
	assert.Equal(t, "rediss://:"+outputs["result"].(string)+"@host", outputs["address"], "one secret, one text")
	assert.Equal(t, `{"ca":"`+outputs["in clear"].(string)+`"}`, outputs["in JSON"], "one certificate, one text")
}

func TestAReleaseThatIsKeptIsNotReplaced(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, Save(folder, "v1.0.0", state(t), nil))
	assert.ErrorContains(t, Save(folder, "v1.0.0", state(t), nil), "what a release left does not change")
}

func TestAFolderWithoutReleasesIsReported(t *testing.T) {
	_, err := Releases(t.TempDir())
	assert.ErrorContains(t, err, "make release-fixture")
}

func TestWhatCannotBeHiddenIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, message string }{
		"short secret": {
			old:     "a token of thirty-two characters",
			new:     "short",
			message: "a secret of 5 characters",
		},
		"encrypted secret": {old: `"plaintext"`, new: `"ciphertext"`, message: "a secret is encrypted"},
		"account":          {old: "in clear", new: "111122223333", message: "must not hold an account id"},
		"no resource":      {old: `"resources"`, new: `"others"`, message: "no manifest or no resources"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := state(t)
			changed.Deployment = []byte(strings.ReplaceAll(string(changed.Deployment), test.old, test.new))
			assert.ErrorContains(t, Save(t.TempDir(), "v1.0.0", changed, nil), test.message)
		})
	}
}

func TestFormsOfSecretsAreFound(t *testing.T) {
	for _, text := range []string{
		keyForms("a")["privateKeyPem"],
		keyForms("a")["publicKeyPem"],
		keyForms("a")["seed"],
		"AKIA" + "IOSFODNN7EXAMPLE",
		"ASIA" + "IOSFODNN7EXAMPLE",
		`{"ciphertext":"x"}`,
		"salt: v1:DB43X3N3VJI=:v1:CdQspWmiPz8M0hQ5:OQLi5hKx",
		"arn:aws:iam::111122223333:role/x",
		"arn:aws:iam::123456789012:111122223333",
		`"111122223333"`,
		"111122223333.dkr.ecr.us-east-1.amazonaws.com",
	} {
		assert.Error(t, Secrets([]byte(text)), text)
	}
	for _, text := range []string{
		"arn:aws:iam::123456789012:role/x",
		`{"limit":120000000000}`,
		"max_file_store: 483183820800",
		"b5a88b3c-aeb1-424d-aa2a-143357326525",
		"terraform-20251128085803291715189918",
	} {
		assert.NoError(t, Secrets([]byte(text)), text)
	}
}
