package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
)

const account = "123456789012"

var zones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

func notSecret(string) bool { return false }

// shipped is the raw configuration of a shipped stack file, with what the operator adds: the
// account, and the artifacts of the build as files in a directory of the test.
func shipped(t *testing.T, stack string) map[string]string {
	t.Helper()
	raw, err := config.LoadShipped(filepath.Join("..", "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	raw[config.Project+":allowedAccounts"] = `["` + account + `"]`
	folder := t.TempDir()
	for _, key := range []string{"natsServerBinary", "natsNodeProgram", "controllerArchive"} {
		file := filepath.Join(folder, key)
		require.NoError(t, os.WriteFile(file, []byte("content"), 0o600))
		raw[config.Project+":"+key] = file
	}
	return raw
}

// with returns a copy of the raw configuration with some keys changed. A key without a
// namespace is in the project's.
func with(raw map[string]string, changes map[string]string) map[string]string {
	changed := maps.Clone(raw)
	for key, value := range changes {
		if !strings.Contains(key, ":") {
			key = "nats-platform:" + key
		}
		changed[key] = value
	}
	return changed
}

// faultsOf decodes and validates a raw configuration, as the program does.
func faultsOf(raw map[string]string, secret func(string) bool, change func(*config.Config)) []config.Fault {
	c, faults := config.Decode(raw, secret)
	if change != nil {
		change(&c)
	}
	return append(faults, c.Validate(zones, account)...)
}
