// The file of this folder, as it is compiled into the programs that use it.

package services

import _ "embed"

// ServicesYAML is the table of services, services.yaml.
//
//go:embed services.yaml
var ServicesYAML string
