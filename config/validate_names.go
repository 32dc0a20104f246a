// Rules of the names that are made from a service's: each kind has a limit of its own. Names made
// from the environment alone fit, for it has at most 12 characters.

package config

import "github.com/bodybroker/platform/components/platform"

// serviceNames are made for each service.
var serviceNames = []func(environment, service string) (string, error){
	func(environment, service string) (string, error) {
		return platform.TaskFamily.Compose(environment, service)
	},
	func(environment, service string) (string, error) {
		return platform.LogGroup.Path("/"+environment, service)
	},
	func(environment, service string) (string, error) {
		return platform.Repository.Path(environment, service)
	},
	func(_, service string) (string, error) { return platform.Service.Compose(service) },
	// The engine names the task role, after the resource and with seven characters of its own.
	func(_, service string) (string, error) {
		return platform.Role.Compose(service, "task", "role", "0123456")
	},
}

func (v *validator) validateNames() {
	if v.Environment == "" {
		return
	}
	for i, service := range v.Services.Table {
		if service.Name == "" {
			continue
		}
		for _, compose := range serviceNames {
			if _, err := compose(v.Environment, service.Name); err != nil {
				v.refuseService(i, "name", service.Name, "a name that fits every resource that bears it", "%v", err)
			}
		}
	}
}
