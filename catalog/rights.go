// The rights: what every identity may do on NATS. They follow from the table of services and from
// the streams, so that nobody writes a permission by hand.

package catalog

import (
	"slices"
	"strings"
)

// User is one NATS identity and what it may do.
type User struct {
	// Name is the service's, the gateway's, or one of Administrator and Verification.
	Name string
	// PublicKey is the identity's nkey, "U…". The functions of this package leave it empty.
	PublicKey string
	// Publish are the subjects that it may publish to, request, or answer; empty: none.
	Publish []string
	// Subscribe are the subjects that it may subscribe to; empty: none. "subject queue" allows the
	// subscription in that queue group.
	Subscribe []string
}

// Administrator is the identity that may do everything in the platform's account. The controller
// has it, and so has a person who works on the cluster.
const Administrator = "administrator"

// Verification is the identity of the task that checks a deployed platform (make verify).
const Verification = "verification"

// Verifier is the identity Verification, without a key. It may request every subject, even one that
// nobody answers: it checks that such a request is refused. It also reads the events that its
// commands cause, from the streams of events. It reads no dead letters.
func Verifier(streams []Stream) User {
	verifier := User{
		Name:      Verification,
		Subscribe: []string{Inbox(Verification) + ".>"},
		Publish:   []string{"svc.>", "$JS.API.STREAM.NAMES"},
	}
	for _, stream := range streams {
		if slices.ContainsFunc(
			stream.Subjects,
			func(subject string) bool { return strings.HasPrefix(subject, "evt.") },
		) {
			verifier.Publish = append(
				verifier.Publish,
				"$JS.API.STREAM.INFO."+stream.Name,
				"$JS.API.STREAM.MSG.GET."+stream.Name,
			)
		}
	}
	return verifier
}

// Inbox is the prefix of the subjects on which an identity receives replies. Every client sets it
// as its inbox prefix.
func Inbox(identity string) string { return "_INBOX_" + identity }

// Users are the identities of all services and the gateway, without keys, in the order of the
// table.
//
// A service answers its own subjects in its own queue group, publishes its own events, calls what
// it is listed to call (the gateway: those of them that are answered), receives replies, and reads
// the durable consumers that name it. It answers into the inboxes of those who may call it and
// nowhere else: the server's allow_responses would let it publish to whatever reply subject a
// caller names.
func Users(table []Service, gateway Gateway, streams []Stream) []User {
	users := make([]User, 0, len(table)+1)
	for _, s := range table {
		subscribe := []string{Inbox(s.Name) + ".>"}
		for _, subject := range s.RPC {
			subscribe = append(subscribe, subject+" "+s.Queue)
		}
		users = append(users, User{
			Name: s.Name, Subscribe: subscribe,
			Publish: slices.Concat(s.Events, s.Calls, repliesOf(s, table, gateway), consumersOf(s, streams)),
		})
	}
	return append(
		users,
		User{
			Name:      gateway.Name,
			Publish:   reachable(gateway.Calls, table),
			Subscribe: []string{Inbox(gateway.Name) + ".>"},
		},
	)
}

// consumersOf are the subjects with which a service reads its durable consumers: it reads a
// consumer's state, requests messages from it, and acknowledges them (NATS documentation,
// "JetStream wire API reference"). It cannot make, change or delete a consumer.
func consumersOf(s Service, streams []Stream) []string {
	var subjects []string
	for _, stream := range streams {
		for _, consumer := range stream.Consumers {
			if consumer.Service == s.Name {
				of := stream.Name + "." + consumer.Name
				subjects = append(
					subjects,
					"$JS.API.CONSUMER.INFO."+of,
					"$JS.API.CONSUMER.MSG.NEXT."+of,
					"$JS.ACK."+of+".>",
				)
			}
		}
	}
	return subjects
}

// repliesOf are the inboxes that a service may answer into.
func repliesOf(s Service, table []Service, gateway Gateway) []string {
	if len(s.RPC) == 0 {
		return nil
	}
	replies := []string{Inbox(Administrator) + ".>", Inbox(Verification) + ".>"}
	if callsAny(gateway.Calls, s.RPC) {
		replies = append(replies, Inbox(gateway.Name)+".>")
	}
	for _, caller := range table {
		if caller.Name != s.Name && callsAny(caller.Calls, s.RPC) {
			replies = append(replies, Inbox(caller.Name)+".>")
		}
	}
	return replies
}

// reachable are the subjects that calls may reach: those that services answer, and a call itself
// where it is a part of one. So a stolen key of the gateway reaches nothing that a service listens
// to for itself.
func reachable(calls []string, table []Service) []string {
	var subjects []string
	add := func(subject string) {
		if !slices.Contains(subjects, subject) {
			subjects = append(subjects, subject)
		}
	}
	for _, call := range calls {
		for _, s := range table {
			for _, subject := range s.RPC {
				switch {
				case Covers(call, subject):
					add(subject)
				case Meet(call, subject):
					add(call)
				}
			}
		}
	}
	return subjects
}

func callsAny(calls, subjects []string) bool {
	return slices.ContainsFunc(calls, func(call string) bool {
		return slices.ContainsFunc(subjects, func(subject string) bool { return Meet(call, subject) })
	})
}
