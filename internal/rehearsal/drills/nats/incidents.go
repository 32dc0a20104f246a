// What went wrong the last time, recreated on a platform that runs: each update fails with a
// message that says why, or the fault cannot be expressed at all. Numbers are those of the list of
// incidents.

package nats

import (
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.incidents",
			Wanted: "each of incidents 1 to 12 fails the update with a clear message, or cannot be expressed",
		},
		On:    drills.SharedMachines,
		Parts: incidents,
	})
}

// incidents are the parts of nats.incidents, by the number of the incident.
var incidents = []stage.Scenario{
	{ID: "nats.incidents.1", Wanted: "instances run and no server on them: the update fails", Play: incident1},
	{
		ID:     "nats.incidents.2",
		Wanted: "servers that do not find each other are no cluster: the update fails",
		Play:   incident2,
	},
	{
		ID:     "nats.incidents.3",
		Wanted: "no certificate: the server does not start, least of all in plain text, and the update fails",
		Play:   incident3,
	},
	{
		ID:     "nats.incidents.4",
		Wanted: "the data disk has another device name at every boot and is found",
		Play:   stage.OnCluster(incident4),
	},
	{
		ID:     "nats.incidents.5",
		Wanted: "folders are given to a user that exists; if that user cannot be created, the boot stops",
		Play:   stage.OnCluster(incident5),
	},
	{
		ID:     "nats.incidents.6",
		Wanted: "no route carries a password; routes require a certificate",
		Play:   stage.OnCluster(incident6),
	},
	{
		ID:     "nats.incidents.7",
		Wanted: "a replaced node is the same peer of the meta group",
		Play:   stage.OnCluster(incident7),
	},
	{
		ID:     "nats.incidents.8",
		Wanted: "a replaced node has its own disk with all that was on it; no disk is left over",
		Play:   stage.OnCluster(incident8),
	},
	{ID: "nats.incidents.9", Wanted: "a key that cannot be used fails the update at once", Play: incident9},
	{
		ID:     "nats.incidents.10",
		Wanted: "more IOPS than the instance type sustains are refused before anything is made",
		Play:   incident10,
	},
	{ID: "nats.incidents.11", Wanted: "an open port is no healthy server", Play: stage.OnCluster(incident11)},
	{
		ID:     "nats.incidents.12",
		Wanted: "a server program of other bytes is not started, nothing comes from the internet",
		Play:   incident12,
	},
}
