// nats.conf, the configuration that all nodes of the cluster share. Its revision lets the
// controller see which configuration a server runs.

package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/bodybroker/platform/assets/nats"
	"github.com/bodybroker/platform/catalog"
)

var functions = template.FuncMap{"permission": permission}

// permission is a list of subjects. An empty list must deny: the server reads it as no limit at
// all.
func permission(subjects []string) string {
	if len(subjects) == 0 {
		return `{ deny: ">" }`
	}
	quoted := make([]string, len(subjects))
	for i, s := range subjects {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Configuration is what the server configuration is rendered from.
type Configuration struct {
	ClusterName      string
	Routes           []string // IPv4 addresses of all nodes
	MaxPayload       int      // bytes
	MaxFileStore     int64    // bytes of JetStream storage per node
	MaxMemoryStore   int64    // bytes
	LameDuckDuration time.Duration
	LameDuckGrace    time.Duration
	SystemKey        string // public nkey of the controller in the system account
	AdministratorKey string // public nkey of the controller in the platform's account
	Users            []catalog.User
	// Revision is set by Render.
	Revision string
}

// Render returns nats.conf, the same bytes for the same values, and its revision: 16 hex digits of
// the SHA-256 of the text without it.
func (c Configuration) Render() (text, revision string, err error) {
	c.Revision, c.Users = "", distinct(c.Users)
	bare, err := render("nats.conf", nats.ConfigurationTemplate, c)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(bare))
	c.Revision = hex.EncodeToString(sum[:8])
	text, err = render("nats.conf", nats.ConfigurationTemplate, c)
	return text, c.Revision, err
}

// distinct leaves each key once: the server refuses a configuration that names one twice.
func distinct(users []catalog.User) []catalog.User {
	var kept []catalog.User
	for _, user := range users {
		if !slices.ContainsFunc(kept, func(earlier catalog.User) bool { return earlier.PublicKey == user.PublicKey }) {
			kept = append(kept, user)
		}
	}
	return kept
}
