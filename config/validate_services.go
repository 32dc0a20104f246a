// Rules of the table of services: names, queue groups, and which service owns which subject.

package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/catalog"
)

const (
	rpcPrefix   = "svc."
	eventPrefix = "evt."
	// eventSpace is a broker's right: event-bus may publish evt.<type>.v1 for the types that
	// others own. It owns no event by itself, and no one stream could store the whole space, so
	// it is exempt from "stored by exactly one stream"; that a concrete type is stored is
	// checked when it is published, by the acknowledgement of the stream.
	eventSpace = "evt.>"
)

var (
	serviceName = regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`)
	queueName   = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

func (v *validator) validateServices() {
	names, queues := map[string]string{}, map[string]string{}
	for i, service := range v.Services.Table {
		if !serviceName.MatchString(service.Name) {
			v.refuseService(
				i,
				"name",
				service.Name,
				`a-z, 0-9 and single "-" between them, starting with a letter`,
				"does not have the form that is accepted",
			)
		}
		if !queueName.MatchString(service.Queue) {
			v.refuseService(
				i,
				"queue",
				service.Queue,
				"a queue group such as q.quest",
				"does not have the form that is accepted",
			)
		}
		if _, twice := names[service.Name]; twice {
			v.refuseService(
				i,
				"name",
				service.Name,
				"a name that no other service has",
				"two services are called %s",
				service.Name,
			)
		}
		if owner, twice := queues[service.Queue]; twice {
			v.refuseService(
				i,
				"queue",
				service.Queue,
				"a queue group that no other service has",
				"%s has the same queue group: each would get a share of the other's requests",
				owner,
			)
		}
		names[service.Name], queues[service.Queue] = service.Name, service.Name
		v.validateSubjects(i, "rpc", rpcPrefix, service.RPC)
		v.validateSubjects(i, "events", eventPrefix, service.Events)
		v.validateSubjects(i, "calls", rpcPrefix, service.Calls)
	}
	v.validateOwners()
	v.validateCalls()
}

// refuseService adds a fault of a service, with the place of its row: the shipped table or
// additionalServices.
func (v *validator) refuseService(index int, field string, value any, accepts, problem string, args ...any) {
	name := v.Services.Table[index].Name
	if index < v.shipped {
		v.refuseRow(servicesFile, name, field, value, accepts, problem, args...)
		return
	}
	item := fmt.Sprintf("additionalServices[%d].%s", index-v.shipped, field)
	v.add(Fault{
		Key:     item,
		Value:   fmt.Sprint(value),
		Problem: name + ": " + fmt.Sprintf(problem, args...),
		Accepts: accepts,
		Fix: fmt.Sprintf(
			"edit %s in Pulumi.<stack>.yaml, or pulumi config set --path '%s' ... --type string",
			item,
			item,
		),
	})
}

func (v *validator) validateSubjects(index int, field, prefix string, subjects []string) {
	for _, subject := range subjects {
		switch {
		case !catalog.SubjectForm.MatchString(subject):
			v.refuseService(index, field, subject, catalog.SubjectAccepts, "is not a subject")
		case !strings.HasPrefix(subject, prefix):
			v.refuseService(index, field, subject, "subjects that begin with "+prefix, "does not begin with %s", prefix)
		}
	}
}

// validateOwners refuses two owners of one request subject: both would answer it.
func (v *validator) validateOwners() {
	table := v.Services.Table
	for i, service := range table {
		for k, subject := range service.RPC {
			if slices.Contains(service.RPC[:k], subject) {
				v.refuseService(i, "rpc", subject, "each subject once", "is listed twice")
			}
			for _, earlier := range table[:i] {
				for _, other := range earlier.RPC {
					if catalog.Meet(subject, other) {
						v.refuseService(
							i,
							"rpc",
							subject,
							"subjects that no other service answers",
							"%s answers %s too",
							earlier.Name,
							other,
						)
					}
				}
			}
		}
	}
}

// validateCalls refuses a permission to call a subject that no service answers: it is a
// misspelling.
func (v *validator) validateCalls() {
	var callable []string
	for _, service := range v.Services.Table {
		callable = append(callable, service.RPC...)
	}
	for i, service := range v.Services.Table {
		for _, subject := range service.Calls {
			if !slices.ContainsFunc(callable, func(rpc string) bool { return catalog.Meet(rpc, subject) }) {
				v.refuseService(
					i,
					"calls",
					subject,
					"subjects that a service answers",
					"no service answers it; the nearest is %s",
					nearest(subject, callable),
				)
			}
		}
	}
	v.validateGatewayCalls(callable)
}

// validateGatewayCalls does the same for the gateway, whose row is always in the shipped table.
func (v *validator) validateGatewayCalls(callable []string) {
	const accepts = "subjects that a service answers"
	for _, subject := range v.gatewayRow.Calls {
		switch {
		case !catalog.SubjectForm.MatchString(subject):
			v.refuseRow(servicesFile, v.gatewayRow.Name, "calls", subject, catalog.SubjectAccepts, "is not a subject")
		case !strings.HasPrefix(subject, rpcPrefix):
			v.refuseRow(servicesFile, v.gatewayRow.Name, "calls", subject, accepts, "does not begin with %s", rpcPrefix)
		case !slices.ContainsFunc(callable, func(rpc string) bool { return catalog.Meet(rpc, subject) }):
			v.refuseRow(
				servicesFile,
				v.gatewayRow.Name,
				"calls",
				subject,
				accepts,
				"no service answers it; the nearest is %s",
				nearest(subject, callable),
			)
		}
	}
}
