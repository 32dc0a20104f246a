// What went wrong the last time, recreated on the standing platform: each update fails with a
// message that says why, or the fault cannot be expressed at all. Numbers are those of the list of
// incidents.
package rehearsal

func init() {
	register(
		drill{
			scenario: scenario{
				id:     "nats.incidents",
				wanted: "each of incidents 1 to 12 fails the update with a clear message, or cannot be expressed",
			},
			on:    SharedMachines,
			parts: incidents,
		},
	)
}

// incidents are the parts of nats.incidents, by the number of the incident.
var incidents = []scenario{
	{id: "nats.incidents.1", wanted: "instances run and no server on them: the update fails", play: incident1},
	{
		id:     "nats.incidents.2",
		wanted: "servers that do not find each other are no cluster: the update fails",
		play:   incident2,
	},
	{
		id:     "nats.incidents.3",
		wanted: "no certificate: the server does not start, least of all in plain text, and the update fails",
		play:   incident3,
	},
	{
		id:     "nats.incidents.4",
		wanted: "the data disk has another device name at every boot and is found",
		play:   onCluster(incident4),
	},
	{
		id:     "nats.incidents.5",
		wanted: "folders are given to a user that exists; if it cannot be made, nothing goes on",
		play:   onCluster(incident5),
	},
	{
		id:     "nats.incidents.6",
		wanted: "no route carries a password; routes want a certificate",
		play:   onCluster(incident6),
	},
	{id: "nats.incidents.7", wanted: "a replaced node is the same peer of the meta group", play: onCluster(incident7)},
	{
		id:     "nats.incidents.8",
		wanted: "a replaced node has its own disk with all that was on it; no disk is left over",
		play:   onCluster(incident8),
	},
	{id: "nats.incidents.9", wanted: "a key that cannot be used fails the update at once", play: incident9},
	{
		id:     "nats.incidents.10",
		wanted: "more IOPS than the instance type sustains are refused before anything is made",
		play:   incident10,
	},
	{id: "nats.incidents.11", wanted: "an open port is no healthy server", play: onCluster(incident11)},
	{
		id:     "nats.incidents.12",
		wanted: "a server program of other bytes is not started, nothing comes from the internet",
		play:   incident12,
	},
}
