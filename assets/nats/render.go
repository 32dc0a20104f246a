// Package nats holds what runs on a NATS node, as templates and data: the server's
// configuration, the user-data that boots a node, its systemd unit, and the streams.
package nats

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/bodybroker/platform/assets/services"
)

//go:embed nats.conf.tmpl
var configurationTemplate string

//go:embed user-data.sh.tmpl
var userDataTemplate string

//go:embed nats.service
var unit string

var functions = template.FuncMap{"quote": func(subjects []string) string {
	quoted := make([]string, len(subjects))
	for i, s := range subjects {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(quoted, ", ")
}}

// User is one NATS identity and what it may do.
type User struct {
	Name           string
	PublicKey      string   // nkey, "U…"
	Publish        []string // subjects it may publish to or request
	Subscribe      []string // subjects it may subscribe to, "subject queue" for a queue group
	AllowResponses bool     // it may answer the requests that it gets
}

// Configuration is what the server configuration is rendered from.
type Configuration struct {
	ClusterName    string
	Routes         []string // DNS names of all nodes
	MaxPayload     int      // bytes
	MaxFileStore   int64    // bytes of JetStream storage per node
	MaxMemoryStore int64    // bytes
	SystemKey      string   // public nkey of the controller in the system account
	Users          []User
}

// Render returns nats.conf, the same bytes for the same values.
func (c Configuration) Render() (string, error) { return render("nats.conf", configurationTemplate, c) }

// UserData is what one node's user-data is rendered from.
type UserData struct {
	Node, Zone, Address, Region, Domain             string
	VolumeID                                        string
	Bucket, ServerKey, ServerDigest                 string
	CertificateAuthorityArn, CertificateTemplateArn string
}

// VolumeSerial is the volume's id as NVMe shows it: without the dash.
func (u UserData) VolumeSerial() string { return strings.ReplaceAll(u.VolumeID, "-", "") }

// Unit is the systemd unit.
func (u UserData) Unit() string { return unit }

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

// ServiceUser is the identity of a service: it answers its own subjects in its own queue
// group, publishes its own events, calls what it is listed to call, and receives replies.
func ServiceUser(s services.Service, publicKey string) User {
	subscribe := []string{"_INBOX_" + s.Name + ".>"}
	for _, subject := range s.RPC {
		subscribe = append(subscribe, subject+" "+s.Queue)
	}
	return User{Name: s.Name, PublicKey: publicKey, Publish: slices.Concat(s.Events, s.Calls),
		Subscribe: subscribe, AllowResponses: true}
}

// GatewayUser is the identity of the gateway: it calls and receives replies.
func GatewayUser(g services.Gateway, publicKey string) User {
	return User{Name: g.Name, PublicKey: publicKey, Publish: g.Calls, Subscribe: []string{"_INBOX_" + g.Name + ".>"}}
}
