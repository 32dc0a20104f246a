// Package settings is what user-data gives to a NATS node. It is separate from package node so
// that the Pulumi program, which writes it, needs none of what the node does.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
)

// File is where user-data writes the settings, relative to the machine's root.
const File = "etc/nats/node.json"

// Settings of one node. Every field is set.
type Settings struct {
	Node    string `json:"node"` // server name, for example "nats-1"
	Zone    string `json:"zone"` // availability zone
	Address string `json:"address"`
	Region  string `json:"region"`
	Domain  string `json:"domain"` // clients use nats.<Domain>

	VolumeID     string `json:"volumeId"` // the data disk
	Bucket       string `json:"bucket"`
	ServerKey    string `json:"serverKey"` // of nats-server in the bucket
	ServerDigest string `json:"serverDigest"`
	// ConfigurationPointer is the key of the object that holds the digest of the current nats.conf.
	ConfigurationPointer string `json:"configurationPointer"`

	CertificateAuthorityArn string `json:"certificateAuthorityArn"`
	CertificateTemplateArn  string `json:"certificateTemplateArn"`
	CertificateDays         int    `json:"certificateDays"` // 1–7: what a short-lived CA issues for
}

// ServerTag is the tag under which a running server shows which program it is; digest is the
// program's SHA-256 in hex.
func ServerTag(digest string) string { return "server:" + digest[:min(16, len(digest))] }

// ConfigurationTag is the tag under which a running server shows which configuration it runs.
func ConfigurationTag(revision string) string { return "configuration:" + revision }

// Read reads and validates the settings of the machine whose root is the working directory.
func Read() (Settings, error) {
	content, err := os.ReadFile(File)
	if err != nil {
		return Settings{}, fmt.Errorf("reading this node's settings: %w; user-data writes them", err)
	}
	return parse(content)
}

func parse(content []byte) (Settings, error) {
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("reading this node's settings from %s: %w", File, err)
	}
	return s, s.validate()
}

// validate reports all faults at once.
func (s Settings) validate() error {
	var errs []error
	value := reflect.ValueOf(s)
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			errs = append(errs, fmt.Errorf("%s: %s is not set", File, value.Type().Field(i).Tag.Get("json")))
		}
	}
	if s.CertificateDays > 7 || s.CertificateDays < 0 {
		errs = append(
			errs,
			fmt.Errorf("%s: certificateDays is %d, a short-lived CA issues for 1 to 7", File, s.CertificateDays),
		)
	}
	return errors.Join(errs...)
}
