// Package nats holds what runs on a NATS node, as templates and data: the server's
// configuration, the user-data that boots a node, its systemd units, and the streams.
package nats

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/bodybroker/platform/node/settings"
)

//go:embed nats.conf.tmpl
var configurationTemplate string

//go:embed user-data.sh.tmpl
var userDataTemplate string

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

// User is one NATS identity and what it may do.
type User struct {
	Name      string
	PublicKey string   // nkey, "U…"
	Publish   []string // subjects it may publish to, request, or answer
	Subscribe []string // subjects it may subscribe to, "subject queue" for a queue group
}

// Configuration is what the server configuration is rendered from.
type Configuration struct {
	ClusterName      string
	Routes           []string // addresses of all nodes
	MaxPayload       int      // bytes
	MaxFileStore     int64    // bytes of JetStream storage per node
	MaxMemoryStore   int64    // bytes
	LameDuckDuration time.Duration
	LameDuckGrace    time.Duration
	SystemKey        string // public nkey of the controller in the system account
	AdministratorKey string // public nkey of the controller in the platform's account
	Users            []User
	// Revision is set by Render.
	Revision string
}

// Render returns nats.conf, the same bytes for the same values, and its revision: 16 hex digits of
// the SHA-256 of the text without it.
func (c Configuration) Render() (text, revision string, err error) {
	c.Revision, c.Users = "", distinct(c.Users)
	bare, err := render("nats.conf", configurationTemplate, c)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(bare))
	c.Revision = hex.EncodeToString(sum[:8])
	text, err = render("nats.conf", configurationTemplate, c)
	return text, c.Revision, err
}

// distinct leaves each key once: the server refuses a configuration that names one twice.
func distinct(users []User) []User {
	var kept []User
	for _, user := range users {
		if !slices.ContainsFunc(kept, func(earlier User) bool { return earlier.PublicKey == user.PublicKey }) {
			kept = append(kept, user)
		}
	}
	return kept
}

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
	text, err := render("user-data of "+u.Node, userDataTemplate, u)
	if err == nil && len(text) > MaxUserData {
		err = fmt.Errorf("rendering user-data of %s: %d bytes, EC2 takes %d; shorten assets/nats/user-data.sh.tmpl",
			u.Node, len(text), MaxUserData)
	}
	return text, err
}

func render(name, source string, values any) (string, error) {
	parsed, err := template.New(name).Funcs(functions).Option("missingkey=error").Parse(source)
	if err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, values); err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	return b.String(), nil
}
