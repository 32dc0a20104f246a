// Rules of the durable consumers: what they read, and where a message goes whose deliveries run
// out.

package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/catalog"
)

var consumerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (v *validator) validateConsumers(stream catalog.Stream) {
	for i, consumer := range stream.Consumers {
		field := "consumers[" + consumer.Name + "]"
		if !consumerName.MatchString(consumer.Name) ||
			slices.ContainsFunc(
				stream.Consumers[:i],
				func(other catalog.Consumer) bool { return other.Name == consumer.Name },
			) {
			v.refuseStream(
				stream,
				field+".name",
				consumer.Name,
				`letters, digits, "_" and "-", once in a stream`,
				"is not a name of its own",
			)
		}
		if !v.refused("additionalServices") &&
			!slices.ContainsFunc(
				v.Services.Table,
				func(s catalog.Service) bool { return s.Name == consumer.Service },
			) {
			v.refuseStream(
				stream,
				field+".service",
				consumer.Service,
				"the name of a service",
				"there is no such service to read it",
			)
		}
		if !slices.ContainsFunc(
			stream.Subjects,
			func(subject string) bool { return catalog.Covers(subject, consumer.FilterSubject) },
		) {
			v.refuseStream(
				stream,
				field+".filterSubject",
				consumer.FilterSubject,
				"a part of the stream's subjects",
				"the stream does not store it",
			)
		}
		if consumer.AckWait <= 0 || consumer.MaxDeliver < 1 {
			v.refuseStream(
				stream,
				field,
				consumer,
				"ackWait above 0 and maxDeliver of at least 1",
				"an unacknowledged message would never become a dead letter",
			)
		}
		for _, other := range stream.Consumers[:i] {
			if stream.Retention == catalog.RetentionWorkQueue &&
				catalog.Meet(consumer.FilterSubject, other.FilterSubject) {
				v.refuseStream(
					stream,
					field+".filterSubject",
					consumer.FilterSubject,
					"subjects that no other consumer of the work queue reads",
					"%s reads %s",
					other.Name,
					other.FilterSubject,
				)
			}
		}
		v.validateDeadLetters(stream, consumer, field)
	}
}

// validateDeadLetters requires another stream that stores the dead letters, with room for their
// headers.
func (v *validator) validateDeadLetters(stream catalog.Stream, consumer catalog.Consumer, field string) {
	subject := consumer.DeadLetterSubject
	at := slices.IndexFunc(v.NATS.Streams, func(other catalog.Stream) bool {
		return other.Name != stream.Name &&
			slices.ContainsFunc(other.Subjects, func(stored string) bool { return catalog.Covers(stored, subject) })
	})
	if at < 0 || !catalog.SubjectForm.MatchString(subject) || strings.ContainsAny(subject, "*>") {
		v.refuseStream(
			stream,
			field+".deadLetterSubject",
			subject,
			"a subject without wildcards that another stream stores",
			"a message whose deliveries run out would vanish",
		)
		return
	}
	target := v.NATS.Streams[at]
	if room := target.MaxMessageBytes - catalog.DeadLetterHeaderBytes; stream.MaxMessageBytes > room {
		v.refuseStream(
			stream,
			"maxMessageBytes",
			stream.MaxMessageBytes,
			"at most "+thousands(room),
			"its largest message with the headers of a dead letter does not fit %s, which takes %s bytes",
			target.Name,
			thousands(target.MaxMessageBytes),
		)
	}
}
