// Rules of the names that resources get: each kind has a limit of its own.
package stacks

import "github.com/bodybroker/platform/components/naming"

// composedName is a name that a component makes: the environment, then the parts.
type composedName struct {
	kind  naming.Kind
	parts []string
}

// platformNames are made once, with the longest part that a component of the kind uses.
var platformNames = []composedName{
	{naming.LoadBalancer, []string{"gateway"}},
	{naming.TargetGroup, []string{"gateway"}},
	{naming.ReplicationGroup, []string{"redis"}},
	{naming.Function, []string{"controller"}},
}

// serviceNames are made for each service, whose name follows the environment.
var serviceNames = []composedName{
	{naming.Role, []string{"task"}},
	{naming.Service, nil},
	{naming.TaskFamily, nil},
	{naming.Repository, nil},
	{naming.LogGroup, nil},
	{naming.Secret, []string{"nats"}},
}

func (j *judge) judgeNames() {
	if j.Environment == "" {
		return
	}
	for _, name := range platformNames {
		if _, err := name.kind.Compose(append([]string{j.Environment}, name.parts...)...); err != nil {
			j.refuse("environment", "%v", err)
		}
	}
	for i, service := range j.Services.Table {
		for _, name := range serviceNames {
			if service.Name == "" {
				continue
			}
			if _, err := name.kind.Compose(append([]string{j.Environment, service.Name}, name.parts...)...); err != nil {
				j.refuseService(i, "name", service.Name, "a name that fits every resource that bears it", "%v", err)
			}
		}
	}
}
