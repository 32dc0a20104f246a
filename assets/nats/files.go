// The files of this folder, as they are compiled into the programs that use them.

package nats

import _ "embed"

// StreamsYAML is the table of streams, streams.yaml.
//
//go:embed streams.yaml
var StreamsYAML string

// ConfigurationTemplate is the template of the servers' configuration, nats.conf.tmpl.
//
//go:embed nats.conf.tmpl
var ConfigurationTemplate string

// UserDataTemplate is the template of a machine's user-data, user-data.sh.tmpl.
//
//go:embed user-data.sh.tmpl
var UserDataTemplate string
