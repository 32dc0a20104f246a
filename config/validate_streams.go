// Rules of the streams: what the server would refuse, and what it would accept and lose
// messages by.

package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/catalog"
)

var streamName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func (v *validator) validateStreams() {
	var names []string
	var total int64
	for i, stream := range v.NATS.Streams {
		if !streamName.MatchString(stream.Name) {
			v.refuseStream(
				stream,
				"name",
				stream.Name,
				`upper case letters, digits and "_"`,
				"does not have the form that is accepted",
			)
		}
		if slices.Contains(names, stream.Name) {
			v.refuseStream(stream, "name", stream.Name, "a name that no other stream has", "two streams are called so")
		}
		names = append(names, stream.Name)
		total += stream.MaxBytes
		v.validateStreamSubjects(stream, v.NATS.Streams[:i])
		v.validateStreamLimits(stream)
		v.validateReplicas(stream)
		v.validateConsumers(stream)
	}
	if at := slices.Index(
		names,
		catalog.AdvisoryStream,
	); at < 0 ||
		!slices.Equal(v.NATS.Streams[at].Subjects, []string{catalog.AdvisorySubject}) {
		v.refuseRow(
			streamsFile,
			catalog.AdvisoryStream,
			"subjects",
			"",
			catalog.AdvisorySubject,
			"no stream of this name keeps these advisories: messages whose deliveries run out would never become "+
				"dead letters",
		)
	}
	if room := v.NATS.MaxFileStore(); total > room && !v.refused("natsVolumeGiB") {
		v.refuse(
			"natsVolumeGiB",
			"the byte limits of all streams are %s MiB together, JetStream has %s MiB on a node with a disk of %s "+
				"GiB: lower storagePercent in %s to 100 in all, or enlarge the disk",
			thousands(int(total>>20)),
			thousands(int(room>>20)),
			thousands(v.NATS.VolumeGiB),
			streamsFile,
		)
	}
}

func (v *validator) refuseStream(stream catalog.Stream, field string, value any, accepts, problem string, args ...any) {
	v.refuseRow(streamsFile, stream.Name, field, value, accepts, problem, args...)
}

func (v *validator) validateStreamSubjects(stream catalog.Stream, earlier []catalog.Stream) {
	if len(stream.Subjects) == 0 {
		v.refuseStream(stream, "subjects", stream.Subjects, "at least one subject", "stores nothing")
	}
	for _, subject := range stream.Subjects {
		if !catalog.SubjectForm.MatchString(subject) && subject != catalog.AdvisorySubject {
			v.refuseStream(stream, "subjects", subject, catalog.SubjectAccepts, "is not a subject")
		}
		for _, other := range earlier {
			for _, stored := range other.Subjects {
				if catalog.Meet(subject, stored) {
					v.refuseStream(
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
		for _, service := range v.Services.Table {
			for _, rpc := range service.RPC {
				if catalog.Meet(subject, rpc) {
					v.refuseStream(
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

func (v *validator) validateStreamLimits(stream catalog.Stream) {
	if !slices.Contains([]string{catalog.RetentionLimits, catalog.RetentionWorkQueue}, stream.Retention) {
		v.refuseStream(stream, "retention", stream.Retention, "limits or workqueue", "is neither")
	}
	if !slices.Contains([]string{catalog.DiscardOld, catalog.DiscardNew}, stream.Discard) {
		v.refuseStream(stream, "discard", stream.Discard, "old or new", "is neither")
	}
	if stream.Retention == catalog.RetentionWorkQueue && stream.Discard == catalog.DiscardOld {
		v.refuseStream(
			stream,
			"discard",
			stream.Discard,
			"new",
			"a work queue that discards old drops work that nobody has done yet",
		)
	}
	if stream.MaxBytes <= 0 {
		v.refuseStream(
			stream,
			"storagePercent",
			stream.StoragePercent,
			"1 to 100",
			"has no byte limit: it can fill every node's disk for all of them",
		)
	}
	if stream.MaxMessageBytes <= 0 || stream.MaxMessageBytes > v.NATS.MaxPayload {
		v.refuseStream(
			stream,
			"maxMessageBytes",
			stream.MaxMessageBytes,
			"1 to natsMaxPayload",
			"the server takes no message beyond natsMaxPayload, %s bytes",
			thousands(v.NATS.MaxPayload),
		)
	}
	if stream.MaxAge <= 0 {
		v.refuseStream(stream, "maxAge", stream.MaxAge, "a duration above 0", "messages would never go")
	}
	if stream.DuplicateWindow <= 0 || stream.DuplicateWindow > stream.MaxAge {
		v.refuseStream(
			stream,
			"duplicateWindow",
			stream.DuplicateWindow,
			"above 0, at most maxAge",
			"the server takes no window beyond maxAge, %s",
			stream.MaxAge,
		)
	}
}

// validateReplicas compares replicas with zones too: placement by the unique tag of the zone is
// strict, the server refuses a stream with more replicas than zones (measured on 2.15).
func (v *validator) validateReplicas(stream catalog.Stream) {
	accepts := "1, 3 or 5, at most natsNodeCount and zoneCount"
	switch {
	case !slices.Contains([]int{1, 3, 5}, stream.Replicas):
		v.refuseStream(stream, "replicas", stream.Replicas, accepts, "is none of these")
	case v.refused("natsNodeCount", "zoneCount"):
	case stream.Replicas > v.NATS.NodeCount:
		v.refuseStream(stream, "replicas", stream.Replicas, accepts, "there are only %d nodes", v.NATS.NodeCount)
	case stream.Replicas > v.Network.ZoneCount:
		v.refuseStream(
			stream,
			"replicas",
			stream.Replicas,
			accepts,
			"each replica has a zone of its own and there are only %d",
			v.Network.ZoneCount,
		)
	}
}

// validateEvents requires that exactly one stream stores every event that a service owns. Without
// one, a publish fails; validateStreamSubjects refuses two.
func (v *validator) validateEvents() {
	for i, service := range v.Services.Table {
		for _, event := range service.Events {
			if event == eventSpace || !catalog.SubjectForm.MatchString(event) {
				continue
			}
			var partly []string
			stored := false
			for _, stream := range v.NATS.Streams {
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
				v.refuseService(
					i,
					"events",
					event,
					"subjects that one stream of "+streamsFile+" stores whole",
					"%s store only a part of it",
					strings.Join(slices.Compact(partly), " and "),
				)
			default:
				v.refuseService(
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
