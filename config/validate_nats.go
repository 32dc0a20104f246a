// Rules of the NATS nodes and their disks.

package config

import (
	"maps"
	"os"
	"regexp"
	"slices"
)

const (
	// What every gp3 volume has at no extra price: always allowed, whatever the instance sustains.
	// The most is 80,000 IOPS and 2,000 MB/s since September 2025
	// (aws.amazon.com/about-aws/whats-new/2025/09/amazon-ebs-size-provisioned-performance-gp3-volumes),
	// but pulumi-aws v6.83.0 still refuses more than 1,000 MB/s, so the key does too
	// (github.com/hashicorp/terraform-provider-aws/pull/44514 came later).
	freeIOPS       = 3000
	freeThroughput = 125
	// mostIOPSPerGiB and iopsPerThroughput (four IOPS for each MB/s) are gp3's two ratios.
	// docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
	mostIOPSPerGiB    = 500
	iopsPerThroughput = 4
)

// armFamily matches Graviton families: a "g" after the generation, as in m7g or c6gn.
var armFamily = regexp.MustCompile(`^[a-z]+[0-9]+g[a-z]*\.`)

func (v *validator) validateNodes() {
	n := v.NATS
	if n.NodeCount%2 == 0 && !v.refused("natsNodeCount") {
		v.refuse(
			"natsNodeCount",
			"is even: a majority of %d nodes survives no more failures than one of %d",
			n.NodeCount,
			n.NodeCount-1,
		)
	}
	if count := len(n.VolumeSnapshots); count > 0 && count != n.NodeCount {
		v.refuse(
			"natsVolumeSnapshots",
			"%d snapshots are named for %d nodes: each node needs its own",
			count,
			n.NodeCount,
		)
	}
	if _, known := instanceTypes[n.InstanceType]; n.InstanceType != "" && !known {
		if armFamily.MatchString(n.InstanceType) {
			v.refuse("natsInstanceType", "is an arm64 type: the server binary is built for amd64")
		} else {
			names := slices.Sorted(maps.Keys(instanceTypes))
			v.refuse(
				"natsInstanceType",
				"is not in the table of types whose disk performance is known; the nearest is %s",
				nearest(n.InstanceType, names),
			)
		}
	}
	v.validateFile("natsServerBinary", v.Artifacts.ServerBinary)
	v.validateFile("natsNodeProgram", v.Artifacts.NodeProgram)
	v.validateFile("controllerArchive", v.Controller.Archive)
}

// validateFile requires a file with content. A missing one would otherwise fail in the middle of
// the first update, when its digest is computed.
func (v *validator) validateFile(name, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	problem := ""
	switch {
	case os.IsNotExist(err):
		problem = "there is no such file"
	case err != nil:
		problem = "cannot be read: " + err.Error()
	case !info.Mode().IsRegular():
		problem = "is not a file"
	case info.Size() == 0:
		problem = "is empty"
	default:
		return
	}
	key, _ := KeyOf(name)
	v.add(Fault{
		Key:     name,
		Value:   path,
		Problem: problem,
		Accepts: key.Accepts,
		Fix:     "make artifacts",
	})
}

func (v *validator) validateDisks() {
	n := v.NATS
	if v.refused("natsVolumeGiB", "natsVolumeIops", "natsVolumeThroughput") {
		return
	}
	if n.VolumeIOPS > freeIOPS && n.VolumeIOPS > n.VolumeGiB*mostIOPSPerGiB {
		v.refuse(
			"natsVolumeIops",
			"a disk of %s GiB takes at most %s IOPS (%d per GiB)",
			thousands(n.VolumeGiB),
			thousands(n.VolumeGiB*mostIOPSPerGiB),
			mostIOPSPerGiB,
		)
	}
	if n.VolumeThroughput*iopsPerThroughput > n.VolumeIOPS {
		v.refuse("natsVolumeThroughput", "%s MB/s need at least %s IOPS (4 for each MB/s), natsVolumeIops is %s",
			thousands(n.VolumeThroughput), thousands(n.VolumeThroughput*iopsPerThroughput), thousands(n.VolumeIOPS))
	}
	sustained, known := instanceTypes[n.InstanceType]
	if !known {
		return
	}
	if n.VolumeIOPS > max(freeIOPS, sustained.iops) {
		v.refuse(
			"natsVolumeIops",
			"%s sustains %s IOPS: more is paid for and never used",
			n.InstanceType,
			thousands(sustained.iops),
		)
	}
	if n.VolumeThroughput > max(freeThroughput, sustained.throughput) {
		v.refuse(
			"natsVolumeThroughput",
			"%s sustains %s MB/s: more is paid for and never used",
			n.InstanceType,
			thousands(sustained.throughput),
		)
	}
}
