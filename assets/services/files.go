// Package services holds the table of services. It only embeds the file: package catalog reads it.
package services

import _ "embed"

// ServicesYAML is the table of services, services.yaml.
//
//go:embed services.yaml
var ServicesYAML string
