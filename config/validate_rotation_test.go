package config_test

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// previousKey is the public key of no identity that a test has.
const previousKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

// previous sets natsPreviousKeys.
func previous(t *testing.T, keys map[string]string) set {
	t.Helper()
	text, err := json.Marshal(keys)
	require.NoError(t, err)
	return set{"natsPreviousKeys": string(text)}
}

func TestWrongPreviousKeyIsRefused(t *testing.T) {
	seed := func() string {
		pair, err := nkeys.CreateUser()
		require.NoError(t, err)
		seed, err := pair.Seed()
		require.NoError(t, err)
		return string(seed)
	}()
	for name, c := range map[string]struct {
		keys         map[string]string
		key, problem string
	}{
		"unknown service": {
			keys:    map[string]string{"quest-systems": previousKey},
			key:     "natsPreviousKeys.quest-systems",
			problem: "the nearest is quest-system",
		},
		"the controller": {
			keys:    map[string]string{"administrator": previousKey},
			key:     "natsPreviousKeys.administrator",
			problem: "there is no service",
		},
		"a seed": {
			keys:    map[string]string{"auth": seed},
			key:     "natsPreviousKeys.auth",
			problem: "is not the public key of a user",
		},
	} {
		t.Run(name, func(t *testing.T) {
			faults := faultsOf(with(shipped(t, "prod"), previous(t, c.keys)), notSecret, nil)
			require.Len(t, faults, 1)
			assert.Equal(t, c.key, faults[0].Key)
			assert.Contains(t, faults[0].Problem, c.problem)
			text, err := json.Marshal(faults)
			require.NoError(t, err)
			assert.NotContains(t, string(text), seed)
		})
	}
	assert.Empty(
		t,
		faultsOf(
			with(shipped(t, "prod"), previous(t, map[string]string{"http-nats-gateway": previousKey})),
			notSecret,
			nil,
		),
	)
}
