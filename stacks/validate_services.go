// Rules of the table of services: names, queue groups, and who owns which subject.

package stacks

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

func (j *judge) judgeServices() {
	names, queues := map[string]string{}, map[string]string{}
	for i, service := range j.Services.Table {
		if !serviceName.MatchString(service.Name) {
			j.refuseService(
				i,
				"name",
				service.Name,
				`a-z, 0-9 and single "-" between them, starting with a letter`,
				"does not have the form that is accepted",
			)
		}
		if !queueName.MatchString(service.Queue) {
			j.refuseService(
				i,
				"queue",
				service.Queue,
				"a queue group such as q.quest",
				"does not have the form that is accepted",
			)
		}
		if _, twice := names[service.Name]; twice {
			j.refuseService(
				i,
				"name",
				service.Name,
				"a name that no other service has",
				"two services are called %s",
				service.Name,
			)
		}
		if owner, twice := queues[service.Queue]; twice {
			j.refuseService(
				i,
				"queue",
				service.Queue,
				"a queue group that no other service has",
				"%s has the same queue group: each would get a share of the other's requests",
				owner,
			)
		}
		names[service.Name], queues[service.Queue] = service.Name, service.Name
		j.judgeSubjects(i, "rpc", rpcPrefix, service.RPC)
		j.judgeSubjects(i, "events", eventPrefix, service.Events)
		j.judgeSubjects(i, "calls", rpcPrefix, service.Calls)
	}
	j.judgeOwners()
	j.judgeCalls()
}

// refuseService names the row where it stands: in the shipped table or in additionalServices.
func (j *judge) refuseService(index int, field string, value any, accepts, problem string, args ...any) {
	name := j.Services.Table[index].Name
	if index < j.shipped {
		j.refuseRow(servicesFile, name, field, value, accepts, problem, args...)
		return
	}
	item := fmt.Sprintf("additionalServices[%d].%s", index-j.shipped, field)
	j.add(Fault{
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

func (j *judge) judgeSubjects(index int, field, prefix string, subjects []string) {
	for _, subject := range subjects {
		switch {
		case !catalog.SubjectForm.MatchString(subject):
			j.refuseService(index, field, subject, catalog.SubjectAccepts, "is not a subject")
		case !strings.HasPrefix(subject, prefix):
			j.refuseService(index, field, subject, "subjects that begin with "+prefix, "does not begin with %s", prefix)
		}
	}
}

// judgeOwners refuses two owners of one request subject: both would answer it.
func (j *judge) judgeOwners() {
	table := j.Services.Table
	for i, service := range table {
		for k, subject := range service.RPC {
			if slices.Contains(service.RPC[:k], subject) {
				j.refuseService(i, "rpc", subject, "each subject once", "is listed twice")
			}
			for _, earlier := range table[:i] {
				for _, other := range earlier.RPC {
					if catalog.Meet(subject, other) {
						j.refuseService(
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

// judgeCalls refuses a permission to call what nobody answers: it is a misspelling.
func (j *judge) judgeCalls() {
	var answered []string
	for _, service := range j.Services.Table {
		answered = append(answered, service.RPC...)
	}
	for i, service := range j.Services.Table {
		for _, subject := range service.Calls {
			if !slices.ContainsFunc(answered, func(rpc string) bool { return catalog.Meet(rpc, subject) }) {
				j.refuseService(
					i,
					"calls",
					subject,
					"subjects that a service answers",
					"no service answers it; the nearest is %s",
					nearest(subject, answered),
				)
			}
		}
	}
	j.judgeGatewayCalls(answered)
}

// judgeGatewayCalls does the same for the gateway, whose row stands in the shipped table only.
func (j *judge) judgeGatewayCalls(answered []string) {
	const accepts = "subjects that a service answers"
	for _, subject := range j.gatewayRow.Calls {
		switch {
		case !catalog.SubjectForm.MatchString(subject):
			j.refuseRow(servicesFile, j.gatewayRow.Name, "calls", subject, catalog.SubjectAccepts, "is not a subject")
		case !strings.HasPrefix(subject, rpcPrefix):
			j.refuseRow(servicesFile, j.gatewayRow.Name, "calls", subject, accepts, "does not begin with %s", rpcPrefix)
		case !slices.ContainsFunc(answered, func(rpc string) bool { return catalog.Meet(rpc, subject) }):
			j.refuseRow(
				servicesFile,
				j.gatewayRow.Name,
				"calls",
				subject,
				accepts,
				"no service answers it; the nearest is %s",
				nearest(subject, answered),
			)
		}
	}
}
