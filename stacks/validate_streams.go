// Rules of the streams: what the server would refuse, and what it would accept and lose
// messages by.

package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/catalog"
)

var (
	streamName   = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	consumerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func (j *judge) judgeStreams() {
	var names []string
	var total int64
	for i, stream := range j.NATS.Streams {
		if !streamName.MatchString(stream.Name) {
			j.refuseStream(
				stream,
				"name",
				stream.Name,
				`upper case letters, digits and "_"`,
				"does not have the form that is accepted",
			)
		}
		if slices.Contains(names, stream.Name) {
			j.refuseStream(stream, "name", stream.Name, "a name that no other stream has", "two streams are called so")
		}
		names = append(names, stream.Name)
		total += stream.MaxBytes
		j.judgeStreamSubjects(stream, j.NATS.Streams[:i])
		j.judgeStreamLimits(stream)
		j.judgeReplicas(stream)
		j.judgeConsumers(stream)
	}
	if at := slices.Index(
		names,
		catalog.AdvisoryStream,
	); at < 0 ||
		!slices.Equal(j.NATS.Streams[at].Subjects, []string{catalog.AdvisorySubject}) {
		j.refuseRow(
			streamsFile,
			catalog.AdvisoryStream,
			"subjects",
			"",
			catalog.AdvisorySubject,
			"no stream of this name keeps these advisories: messages whose deliveries run out would never become "+
				"dead letters",
		)
	}
	if room := j.NATS.MaxFileStore(); total > room && !j.refused("natsVolumeGiB") {
		j.refuse(
			"natsVolumeGiB",
			"the byte limits of all streams are %s MiB together, JetStream has %s MiB on a node with a disk of %s "+
				"GiB: lower storagePercent in %s to 100 in all, or enlarge the disk",
			thousands(int(total>>20)),
			thousands(int(room>>20)),
			thousands(j.NATS.VolumeGiB),
			streamsFile,
		)
	}
}

func (j *judge) refuseStream(stream Stream, field string, value any, accepts, problem string, args ...any) {
	j.refuseRow(streamsFile, stream.Name, field, value, accepts, problem, args...)
}

func (j *judge) judgeStreamSubjects(stream Stream, earlier []Stream) {
	if len(stream.Subjects) == 0 {
		j.refuseStream(stream, "subjects", stream.Subjects, "at least one subject", "stores nothing")
	}
	for _, subject := range stream.Subjects {
		if !catalog.SubjectForm.MatchString(subject) && subject != catalog.AdvisorySubject {
			j.refuseStream(stream, "subjects", subject, catalog.SubjectAccepts, "is not a subject")
		}
		for _, other := range earlier {
			for _, stored := range other.Subjects {
				if catalog.Meet(subject, stored) {
					j.refuseStream(
						stream,
						"subjects",
						subject,
						"subjects that no other stream stores",
						"%s stores %s too",
						other.Name,
						stored,
					)
				}
			}
		}
		for _, service := range j.Services.Table {
			for _, rpc := range service.RPC {
				if catalog.Meet(subject, rpc) {
					j.refuseStream(
						stream,
						"subjects",
						subject,
						"no request subjects",
						"%s answers %s: the stream's acknowledgement would reach the caller as the answer",
						service.Name,
						rpc,
					)
				}
			}
		}
	}
}

func (j *judge) judgeStreamLimits(stream Stream) {
	if !slices.Contains([]string{catalog.RetentionLimits, catalog.RetentionWorkQueue}, stream.Retention) {
		j.refuseStream(stream, "retention", stream.Retention, "limits or workqueue", "is neither")
	}
	if !slices.Contains([]string{catalog.DiscardOld, catalog.DiscardNew}, stream.Discard) {
		j.refuseStream(stream, "discard", stream.Discard, "old or new", "is neither")
	}
	if stream.Retention == catalog.RetentionWorkQueue && stream.Discard == catalog.DiscardOld {
		j.refuseStream(
			stream,
			"discard",
			stream.Discard,
			"new",
			"a work queue that discards old drops work that nobody has done yet",
		)
	}
	if stream.MaxBytes <= 0 {
		j.refuseStream(
			stream,
			"storagePercent",
			stream.StoragePercent,
			"1 to 100",
			"has no byte limit: it can fill every node's disk for all of them",
		)
	}
	if stream.MaxMessageBytes <= 0 || stream.MaxMessageBytes > j.NATS.MaxPayload {
		j.refuseStream(
			stream,
			"maxMessageBytes",
			stream.MaxMessageBytes,
			"1 to natsMaxPayload",
			"the server takes no message beyond natsMaxPayload, %s bytes",
			thousands(j.NATS.MaxPayload),
		)
	}
	if stream.MaxAge <= 0 {
		j.refuseStream(stream, "maxAge", stream.MaxAge, "a duration above 0", "messages would never go")
	}
	if stream.DuplicateWindow <= 0 || stream.DuplicateWindow > stream.MaxAge {
		j.refuseStream(
			stream,
			"duplicateWindow",
			stream.DuplicateWindow,
			"above 0, at most maxAge",
			"the server takes no window beyond maxAge, %s",
			stream.MaxAge,
		)
	}
}

// judgeReplicas judges against zones too: placement by the unique tag of the zone is strict, the
// server refuses a stream with more replicas than zones (measured on 2.15).
func (j *judge) judgeReplicas(stream Stream) {
	accepts := "1, 3 or 5, at most natsNodeCount and zoneCount"
	switch {
	case !slices.Contains([]int{1, 3, 5}, stream.Replicas):
		j.refuseStream(stream, "replicas", stream.Replicas, accepts, "is none of these")
	case j.refused("natsNodeCount", "zoneCount"):
	case stream.Replicas > j.NATS.NodeCount:
		j.refuseStream(stream, "replicas", stream.Replicas, accepts, "there are only %d nodes", j.NATS.NodeCount)
	case stream.Replicas > j.Network.ZoneCount:
		j.refuseStream(
			stream,
			"replicas",
			stream.Replicas,
			accepts,
			"each replica has a zone of its own and there are only %d",
			j.Network.ZoneCount,
		)
	}
}

func (j *judge) judgeConsumers(stream Stream) {
	for i, consumer := range stream.Consumers {
		field := "consumers[" + consumer.Name + "]"
		if !consumerName.MatchString(consumer.Name) ||
			slices.ContainsFunc(
				stream.Consumers[:i],
				func(other catalog.Consumer) bool { return other.Name == consumer.Name },
			) {
			j.refuseStream(
				stream,
				field+".name",
				consumer.Name,
				`letters, digits, "_" and "-", once in a stream`,
				"is not a name of its own",
			)
		}
		if !j.refused("additionalServices") &&
			!slices.ContainsFunc(
				j.Services.Table,
				func(s catalog.Service) bool { return s.Name == consumer.Service },
			) {
			j.refuseStream(
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
			j.refuseStream(
				stream,
				field+".filterSubject",
				consumer.FilterSubject,
				"a part of the stream's subjects",
				"the stream does not store it",
			)
		}
		if consumer.AckWait <= 0 || consumer.MaxDeliver < 1 {
			j.refuseStream(
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
				j.refuseStream(
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
		j.judgeDeadLetters(stream, consumer, field)
	}
}

// judgeDeadLetters wants another stream that stores the dead letters, with room for their headers.
func (j *judge) judgeDeadLetters(stream Stream, consumer catalog.Consumer, field string) {
	subject := consumer.DeadLetterSubject
	at := slices.IndexFunc(j.NATS.Streams, func(other Stream) bool {
		return other.Name != stream.Name &&
			slices.ContainsFunc(other.Subjects, func(stored string) bool { return catalog.Covers(stored, subject) })
	})
	if at < 0 || !catalog.SubjectForm.MatchString(subject) || strings.ContainsAny(subject, "*>") {
		j.refuseStream(
			stream,
			field+".deadLetterSubject",
			subject,
			"a subject without wildcards that another stream stores",
			"a message whose deliveries run out would vanish",
		)
		return
	}
	target := j.NATS.Streams[at]
	if room := target.MaxMessageBytes - catalog.DeadLetterHeaderBytes; stream.MaxMessageBytes > room {
		j.refuseStream(
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

// judgeEvents wants every event that a service owns stored by exactly one stream: stored by
// none, a publish fails; by two is refused with the streams' own subjects.
func (j *judge) judgeEvents() {
	for i, service := range j.Services.Table {
		for _, event := range service.Events {
			if event == eventSpace || !catalog.SubjectForm.MatchString(event) {
				continue
			}
			var partly []string
			stored := false
			for _, stream := range j.NATS.Streams {
				for _, subject := range stream.Subjects {
					stored = stored || catalog.Covers(subject, event)
					if catalog.Meet(subject, event) {
						partly = append(partly, stream.Name)
					}
				}
			}
			switch {
			case stored:
			case len(partly) > 0:
				j.refuseService(
					i,
					"events",
					event,
					"subjects that one stream of "+streamsFile+" stores whole",
					"%s store only a part of it",
					strings.Join(slices.Compact(partly), " and "),
				)
			default:
				j.refuseService(
					i,
					"events",
					event,
					"subjects that a stream of "+streamsFile+" stores",
					"no stream stores it: every publish would fail",
				)
			}
		}
	}
}
