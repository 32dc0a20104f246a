// User-data, the script with which a new machine becomes a node: it fetches nats-node, and that
// program does the rest.

package image

import (
	"encoding/json"
	"fmt"

	"github.com/bodybroker/platform/assets/nats"
	"github.com/bodybroker/platform/node/settings"
)

// UserData is what one node's user-data is rendered from.
type UserData struct {
	settings.Settings
	ProgramKey, ProgramDigest string // nats-node in the bucket, and its SHA-256
}

// JSON is the settings as nats-node reads them.
func (u UserData) JSON() (string, error) {
	text, err := json.MarshalIndent(u.Settings, "", "  ")
	return string(text), err
}

// MaxUserData is EC2's limit for user-data before base64, in bytes (EC2 user guide, "User data").
const MaxUserData = 16384

// Render returns the user-data; more than MaxUserData bytes are an error.
func (u UserData) Render() (string, error) {
	text, err := render("user-data of "+u.Node, nats.UserDataTemplate, u)
	if err == nil && len(text) > MaxUserData {
		err = fmt.Errorf("rendering user-data of %s: %d bytes, EC2 takes %d; shorten assets/nats/user-data.sh.tmpl",
			u.Node, len(text), MaxUserData)
	}
	return text, err
}
