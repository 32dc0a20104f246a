package settings

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func whole() Settings {
	return Settings{
		Node:                    "nats-1",
		Zone:                    "us-east-1a",
		Address:                 "10.0.0.10",
		Region:                  "us-east-1",
		Domain:                  "prod.internal",
		VolumeID:                "vol-0",
		Bucket:                  "b",
		ServerKey:               "k",
		ServerDigest:            "d",
		ConfigurationPointer:    "p",
		CertificateAuthorityArn: "a",
		CertificateTemplateArn:  "t",
		CertificateDays:         6,
	}
}

func TestSettingsAreReadAsTheyWereWritten(t *testing.T) {
	content, err := json.Marshal(whole())
	require.NoError(t, err)
	read, err := parse(content)
	require.NoError(t, err)
	assert.Equal(t, whole(), read)
}

func TestAllFaultsOfSettingsAreTold(t *testing.T) {
	wrong := whole()
	wrong.Address, wrong.Bucket, wrong.CertificateDays = "", "", 8
	content, err := json.Marshal(wrong)
	require.NoError(t, err)
	_, err = parse(content)
	for _, fault := range []string{"address is not set", "bucket is not set", "certificateDays is 8"} {
		assert.ErrorContains(t, err, fault)
	}
	_, err = parse([]byte(`{"ip": "10.0.0.10"}`))
	assert.ErrorContains(t, err, `unknown field "ip"`)
}
