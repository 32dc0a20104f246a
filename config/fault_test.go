package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
)

// Each key in turn is secret and wrong. No fault, neither its own nor another key's, may report its
// value or a part of it.
func TestSecretValueIsNeverReported(t *testing.T) {
	valid := shipped(t, "prod")
	const secret = "hunter2-hunter2"
	wrong := map[config.Type]string{
		config.String:  secret,
		config.Integer: "7777777777",
		config.Boolean: secret,
		config.Array:   `["` + secret + `", 5]`,
		config.Object:  `{"auth": "` + secret + ` latest"}`,
	}
	for _, key := range config.Keys {
		t.Run(key.Name, func(t *testing.T) {
			value := wrong[key.Type]
			faults := faultsOf(with(valid, set{key.Name: value}), func(id string) bool { return id == key.ID() }, nil)
			text := config.Faults(faults).Error()
			for _, part := range []string{value, secret, "7777777777", "7,777,777,777"} {
				assert.NotContains(t, text, part)
			}
			for _, fault := range faults {
				if name, _, _ := strings.Cut(fault.Key, "."); name == key.Name && fault.Value != "" {
					assert.Equal(t, "[secret]", fault.Value)
				}
			}
		})
	}
}

func TestSecretListIsHiddenEntirely(t *testing.T) {
	raw := with(shipped(t, "prod"), set{"alarmEmails": `["hunter2", "a@example.com"]`})
	faults := faultsOf(raw, func(id string) bool { return id == "nats-platform:alarmEmails" }, nil)
	require.Len(t, faults, 1)
	assert.Equal(t, "[secret]", faults[0].Value)
	assert.NotContains(t, faults[0].Problem, "item 1", "the place of the fault reveals the value")
}

func TestSecretValueOfAnUnknownKeyIsNotReported(t *testing.T) {
	raw := with(shipped(t, "prod"), set{"natsPasword": "hunter2"})
	faults := faultsOf(raw, func(id string) bool { return id == "nats-platform:natsPasword" }, nil)
	require.Len(t, faults, 1)
	assert.Equal(t, "[secret]", faults[0].Value)
	assert.NotContains(t, faults[0].String(), "hunter2")
}

func TestSecretQuotedByAnotherKeysFaultIsHidden(t *testing.T) {
	raw := with(shipped(t, "prod"), set{"reservedCidrs": `["10.20.64.0/20"]`})
	faults := faultsOf(raw, func(id string) bool { return id == "nats-platform:reservedCidrs" }, nil)
	require.Len(t, faults, 1)
	assert.Equal(t, "vpcCidr", faults[0].Key)
	assert.Equal(t, "overlaps [secret] of reservedCidrs", faults[0].Problem)
}

func TestRefusalKeepsAnErrorThatIsNotOfTheConfiguration(t *testing.T) {
	broken := errors.New("no engine")
	assert.Equal(t, broken, config.Refusal(broken, []config.Fault{{Key: "vpcCidr"}}))
	assert.NoError(t, config.Refusal(nil, nil))
}

func TestEveryFaultHasFourParts(t *testing.T) {
	text := config.Fault{
		Key:     "vpcCidr",
		Problem: "is wrong",
		Accepts: "a range",
		Fix:     "pulumi config set vpcCidr 10.20.0.0/16",
	}.String()
	for _, part := range []string{
		"vpcCidr: (not set)",
		"problem: is wrong",
		"accepts: a range",
		"to do:   pulumi config set vpcCidr",
	} {
		assert.Contains(t, text, part)
	}
}
