// The services: a table in assets/services/services.yaml holds what varies between them, and
// everything that the platform makes for each service it makes from that table.

package catalog

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/bodybroker/platform/assets/services"
)

// Service is one microservice as NATS sees it.
type Service struct {
	// Name is unique, lower case, for example "quest-system".
	Name string `yaml:"name" json:"name"`
	// Queue is the queue group in which all its tasks answer, unique per service.
	Queue string `yaml:"queue" json:"queue"`
	// RPC are the subjects that it answers; no subject has two owners.
	RPC []string `yaml:"rpc" json:"rpc"`
	// Events are the subjects that it publishes through JetStream, wildcards allowed.
	Events []string `yaml:"events" json:"events"`
	// Calls are the subjects of others that it may request, wildcards allowed.
	Calls []string `yaml:"calls" json:"calls"`
	// Internet says that its tasks may connect to the internet, by HTTPS; default false.
	Internet bool `yaml:"internet" json:"internet"`
}

// Gateway is the HTTP gateway. It is not a service, for it answers no subject.
type Gateway struct {
	// Name is that of its identity, its task and its repository.
	Name string `yaml:"name"`
	// Calls are the subjects that it may request, wildcards allowed.
	Calls []string `yaml:"calls"`
}

// Services returns the services of services.yaml in the file's order, and the gateway. An unknown
// field or a malformed file is an error. Package config validates the content.
func Services() ([]Service, Gateway, error) {
	var file struct {
		Services []Service `yaml:"services"`
		Gateway  Gateway   `yaml:"gateway"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(services.ServicesYAML))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, Gateway{}, fmt.Errorf("reading assets/services/services.yaml: %w", err)
	}
	return file.Services, file.Gateway, nil
}

// ServiceNamed returns one service of the table, and false when the table has none of that name.
func ServiceNamed(name string) (Service, bool, error) {
	table, _, err := Services()
	if at := slices.IndexFunc(table, func(row Service) bool { return row.Name == name }); at >= 0 {
		return table[at], true, nil
	}
	return Service{}, false, err
}
