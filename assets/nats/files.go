// Package nats holds the files that reach a NATS node or server. It only embeds them: package
// catalog reads the table of streams, package node/image renders the templates.
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
