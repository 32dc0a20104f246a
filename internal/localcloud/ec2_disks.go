// Disks: volumes, their snapshots, what they are attached to, and the policies that snapshot them.
package localcloud

import (
	"fmt"
	"hash/crc32"
)

const (
	attachmentType = "aws:ec2/volumeAttachment:VolumeAttachment"
	// finalSnapshotType records what is kept of deleted volumes; no program made it.
	finalSnapshotType = "aws:ebs/finalSnapshot:Snapshot"
)

// anySnapshot are the snapshots that an id may name.
var anySnapshot = []string{diskSnapshotType, finalSnapshotType}

var _ = register(
	row{
		token:   volumeType,
		seconds: 5,
		source: "internal/service/ec2/ebs_volume.go; limits: EC2 API reference, CreateVolume, and EBS user guide, " +
			"\"EBS volume types\"",
		required: []string{"availabilityZone"},
		replace: []string{
			"availabilityZone",
			"encrypted",
			"kmsKeyId",
			"multiAttachEnabled",
			"outpostArn",
			"snapshotId",
		},
		defaults: map[string]any{"finalSnapshot": false},
		id:       text("vol-{hex17}"),
		computed: map[string]value{
			"arn": text(
				"arn:aws:ec2:{region}:{account}:volume/{id}",
			),
			"createTime": text("{now}"),
			"type":       fixed("gp2"),
			"encrypted":  func(c *call) any { return c.snapshotSays("encrypted", false) },
			"size":       func(c *call) any { return c.snapshotSays("volumeSize", 0.0) },
			"kmsKeyId":   volumeKey,
			"snapshotId": fixed(""),
		},
		derived: map[string]value{
			"iops": func(c *call) any { return c.givenOr("iops", defaultIOPS(c.str("type"), c.num("size"))) },
			"throughput": func(c *call) any {
				return c.givenOr("throughput", map[bool]float64{true: 125}[c.str("type") == "gp3"])
			},
		},
		references: []reference{
			{
				path:    "snapshotId",
				to:      anySnapshot,
				missing: "InvalidSnapshot.NotFound: The snapshot '{value}' does not exist.",
			},
		},
		check: checks(checkVolume, between("throughput", 125, 1000)),
		beforeCreate: inTurn(judgeVolume, needsKey(
			"kmsKeyId",
			"waiting for EBS Volume create: couldn't find resource: the KMS key {value} does not exist, is not "+
				"enabled or you do not have permissions to access it",
		)),
		beforeUpdate: inTurn(judgeVolume, growOnly),
		afterDelete:  keepLast,
		notReal: "No wait between two changes of one volume (AWS: hours). Limits are those of the API reference " +
			"that the provider's version follows " +
			"(gp3: 16 TiB, 16,000 IOPS, 1,000 MiB/s). Multi-attach is not looked at.",
	},
	row{
		token:    diskSnapshotType,
		seconds:  5,
		source:   "internal/service/ec2/ebs_snapshot.go",
		required: []string{"volumeId"},
		replace:  []string{"volumeId", "description", "outpostArn"},
		id:       text("snap-{hex17}"),
		computed: map[string]value{
			"arn": text("arn:aws:ec2:{region}::snapshot/{id}"), "ownerId": text("{account}"), "ownerAlias": fixed(""),
			"dataEncryptionKeyId": fixed(""), "storageTier": fixed("standard"),
			"encrypted":  func(c *call) any { return c.volumeSays("encrypted") },
			"kmsKeyId":   func(c *call) any { return c.volumeSays("kmsKeyId") },
			"volumeSize": func(c *call) any { return c.volumeSays("size") },
		},
		references: []reference{
			{
				path:    "volumeId",
				to:      one(volumeType),
				missing: "InvalidVolume.NotFound: The volume '{value}' does not exist.",
			},
		},
		check:   oneOf("storageTier", "archive", "standard"),
		notReal: "A snapshot holds no data and is complete at once.",
	},
	row{
		token:    attachmentType,
		seconds:  12,
		source:   "internal/service/ec2/ebs_volume_attachment.go (10 s delay before it looks)",
		required: []string{"deviceName", "instanceId", "volumeId"},
		replace:  []string{"deviceName", "instanceId", "volumeId"},
		id: func(c *call) any {
			return fmt.Sprintf("vai-%d", crc32.ChecksumIEEE([]byte(c.expand("{deviceName}-{instanceId}-{volumeId}-"))))
		},
		references: []reference{
			{path: "instanceId", to: one(instanceType), missing: noSuchInstance},
			{
				path:    "volumeId",
				to:      one(volumeType),
				missing: "InvalidVolume.NotFound: The volume '{value}' does not exist.",
				blocks:  "VolumeInUse: Volume {value} is currently attached to an instance",
			},
		},
		beforeCreate: judgeAttachment,
		begin:        attachDisk,
		end:          detachDisk,
		notReal: "A disk with skipDestroy is detached all the same. Where no machines run, " +
			"stopInstanceBeforeDetaching stops nothing and a busy file system does not hold a disk.",
	},
)

// disk is what EBS judges of a volume: GiB, operations a second, MiB a second; zero is not asked
// for.
type disk struct {
	kind                   string
	size, iops, throughput float64
}

// diskLimits of a volume type: GiB, operations a second, and the most operations for each GiB.
type diskLimits struct {
	smallest, largest, fewest, most, perGiB float64
}

// volumeLimits are those of EC2's API reference (CreateVolume, Size and Iops) and the EBS user
// guide ("EBS volume types").
var volumeLimits = map[string]diskLimits{
	"gp2": {smallest: 1, largest: 16384},
	"gp3": {
		smallest: 1,
		largest:  16384,
		fewest:   3000,
		most:     16000,
		perGiB:   500,
	},
	"io1": {
		smallest: 4,
		largest:  16384,
		fewest:   100,
		most:     64000,
		perGiB:   50,
	},
	"io2": {
		smallest: 4,
		largest:  65536,
		fewest:   100,
		most:     256000,
		perGiB:   1000,
	},
	"st1": {
		smallest: 125,
		largest:  16384,
	},
	"sc1":      {smallest: 125, largest: 16384},
	"standard": {smallest: 1, largest: 1024},
}

// judgeDisk is what EBS refuses of a volume by itself.
func judgeDisk(d disk) error {
	limits, known := volumeLimits[d.kind]
	free := max(limits.fewest, 3000) // up to here the ratio to the size does not count
	switch {
	case !known:
		return errorf("InvalidParameterValue: Value (%s) for parameter volumeType is invalid.", d.kind)
	case d.size < limits.smallest:
		return errorf(
			"InvalidParameterValue: Volume of %sGiB is too small for volume type %s; minimum is %sGiB.",
			trimFloat(d.size),
			d.kind,
			trimFloat(limits.smallest),
		)
	case d.size > limits.largest:
		return errorf(
			"InvalidParameterValue: Volume of %sGiB is too large for volume type %s; maximum is %sGiB.",
			trimFloat(d.size),
			d.kind,
			trimFloat(limits.largest),
		)
	case d.iops != 0 && d.iops < limits.fewest:
		return errorf(
			"InvalidParameterValue: Volume iops of %s is too low; minimum is %s.",
			trimFloat(d.iops),
			trimFloat(limits.fewest),
		)
	case d.iops != 0 && limits.most != 0 && d.iops > limits.most:
		return errorf(
			"InvalidParameterValue: Volume iops of %s is too high; maximum is %s.",
			trimFloat(d.iops),
			trimFloat(limits.most),
		)
	case limits.perGiB != 0 && d.iops > d.size*limits.perGiB && (d.kind != "gp3" || d.iops > free):
		return errorf(
			"InvalidParameterValue: Iops to volume size ratio of %f is too high; maximum is %s",
			d.iops/d.size,
			trimFloat(limits.perGiB),
		)
	case d.kind == "gp3" && d.throughput > max(d.iops, free)/4:
		return errorf(
			"InvalidParameterValue: Throughput (MiBps) to iops ratio of %f is too high; maximum is 0.250000 MiBps "+
				"per iops.",
			d.throughput/max(d.iops, free),
		)
	}
	return nil
}

// defaultIOPS is what a volume type does when nothing is asked for: gp2 three for each GiB.
func defaultIOPS(kind string, size float64) float64 {
	switch kind {
	case "gp3":
		return 3000
	case "gp2", "":
		return min(max(100, size*3), 16000)
	}
	return 0
}

const (
	volumeType       = "aws:ebs/volume:Volume"
	diskSnapshotType = "aws:ebs/snapshot:Snapshot"
)
