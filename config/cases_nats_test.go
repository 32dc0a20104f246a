// NATS nodes, disks and files that would fail, or cost more than they are worth.

package config_test

var wrongNodes = []refusal{
	{
		name:    "even number of nodes",
		set:     set{"natsNodeCount": "4"},
		key:     "natsNodeCount",
		problem: "survives no more failures than one of 3",
	},
	{
		name:    "too few nodes",
		set:     set{"natsNodeCount": "1"},
		key:     "natsNodeCount",
		problem: "1 is outside 3 to 9",
	},
	{
		name:    "instance type misspelled",
		set:     set{"natsInstanceType": "m6i.lage"},
		key:     "natsInstanceType",
		problem: "the nearest is m6i.large",
	},
	{
		name:    "arm instance type",
		set:     set{"natsInstanceType": "m7g.large"},
		key:     "natsInstanceType",
		problem: "arm64",
	},
	{
		name:    "IOPS below the least",
		set:     set{"natsVolumeIops": "100"},
		key:     "natsVolumeIops",
		problem: "100 is outside 3,000 to 80,000",
	},
	{
		name:    "IOPS that the instance does not sustain",
		set:     set{"natsVolumeIops": "16000"},
		key:     "natsVolumeIops",
		problem: "m6i.large sustains 3,600 IOPS",
	},
	{
		name:    "IOPS just above what the instance sustains",
		set:     set{"natsVolumeIops": "3601"},
		key:     "natsVolumeIops",
		problem: "m6i.large sustains 3,600 IOPS",
	},
	{
		name:    "throughput that the instance does not sustain",
		set:     set{"natsVolumeThroughput": "126"},
		key:     "natsVolumeThroughput",
		problem: "m6i.large sustains 81 MB/s",
	},
	{
		name:    "throughput beyond the provider",
		set:     set{"natsVolumeThroughput": "1001"},
		key:     "natsVolumeThroughput",
		problem: "1,001 is outside 125 to 1,000",
	},
	{
		name:    "throughput without the IOPS for it",
		set:     set{"natsInstanceType": "m6i.8xlarge", "natsVolumeThroughput": "1000"},
		key:     "natsVolumeThroughput",
		problem: "1,000 MB/s need at least 4,000 IOPS",
	},
	{
		name:    "IOPS beyond the ratio",
		set:     set{"natsInstanceType": "m6i.8xlarge", "natsVolumeGiB": "20", "natsVolumeIops": "12000"},
		key:     "natsVolumeIops",
		problem: "a disk of 20 GiB takes at most 10,000 IOPS",
	},
	{
		name:    "disk too large",
		set:     set{"natsVolumeGiB": "65537"},
		key:     "natsVolumeGiB",
		problem: "65,537 is outside 1 to 65,536",
	},
	{
		name:    "AMI malformed",
		set:     set{"natsAmi": "ami-latest"},
		key:     "natsAmi",
		problem: "form",
	},
	{
		name:    "server binary missing",
		set:     set{"natsServerBinary": "no/such/file"},
		key:     "natsServerBinary",
		problem: "there is no such file",
	},
	{
		name:    "controller archive is a directory",
		set:     set{"controllerArchive": "."},
		key:     "controllerArchive",
		problem: "is not a file",
	},
	{
		name:    "snapshots for fewer nodes",
		set:     set{"natsVolumeSnapshots": `["snap-00000001", "snap-00000002"]`},
		key:     "natsVolumeSnapshots",
		problem: "2 snapshots are named for 5 nodes",
	},
	{
		name:    "private domain of one label",
		set:     set{"privateDomain": "internal"},
		key:     "privateDomain",
		problem: "form",
	},
	{
		name:    "payload beyond the advice",
		set:     set{"natsMaxPayload": "16777216"},
		key:     "natsMaxPayload",
		problem: "outside 1,024 to 8,388,608",
	},
}
