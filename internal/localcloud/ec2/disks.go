// Volumes of EBS, their snapshots and their attachments: what creates, changes and deletes them.
package ec2

import (
	"fmt"
	"hash/crc32"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// The tokens of attachments and of final snapshots.
const (
	AttachmentType = "aws:ec2/volumeAttachment:VolumeAttachment"
	// FinalSnapshotType records the snapshots that deleted volumes leave. No program creates them.
	FinalSnapshotType = "aws:ebs/finalSnapshot:Snapshot"
)

// snapshotTypes are the tokens of the snapshots that an id may name.
var snapshotTypes = []string{DiskSnapshotType, FinalSnapshotType}

var _ = cloud.Register(
	cloud.Row{
		Token:   VolumeType,
		Seconds: 5,
		Source: "internal/service/ec2/ebs_volume.go; limits: EC2 API reference, CreateVolume, and EBS user guide, " +
			"\"EBS volume types\"",
		Required: []string{"availabilityZone"},
		Replace: []string{
			"availabilityZone",
			"encrypted",
			"kmsKeyId",
			"multiAttachEnabled",
			"outpostArn",
			"snapshotId",
		},
		Defaults: map[string]any{"finalSnapshot": false},
		ID:       cloud.Text("vol-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:ec2:{region}:{account}:volume/{id}",
			),
			"createTime": cloud.Text("{now}"),
			"type":       cloud.Fixed("gp2"),
			"encrypted":  func(c *cloud.Call) any { return snapshotValue(c, "encrypted", false) },
			"size":       func(c *cloud.Call) any { return snapshotValue(c, "volumeSize", 0.0) },
			"kmsKeyId":   volumeKey,
			"snapshotId": cloud.Fixed(""),
		},
		Derived: map[string]cloud.Value{
			"iops": func(c *cloud.Call) any { return c.InputOr("iops", defaultIOPS(c.Str("type"), c.Num("size"))) },
			"throughput": func(c *cloud.Call) any {
				return c.InputOr("throughput", map[bool]float64{true: 125}[c.Str("type") == "gp3"])
			},
		},
		References: []cloud.Reference{
			{
				Path:    "snapshotId",
				To:      snapshotTypes,
				Missing: "InvalidSnapshot.NotFound: The snapshot '{value}' does not exist.",
			},
		},
		Check: cloud.Checks(validateVolume, cloud.Between("throughput", 125, 1000)),
		BeforeCreate: cloud.InTurn(checkVolume, kms.RequireKey(
			"kmsKeyId",
			"waiting for EBS Volume create: couldn't find resource: the KMS key {value} does not exist, is not "+
				"enabled or you do not have permissions to access it",
		)),
		BeforeUpdate: cloud.InTurn(checkVolume, checkGrowth),
		AfterDelete:  keepFinalSnapshot,
		NotReal: "No wait between two changes of one volume (AWS: hours). Limits are those of the API reference " +
			"that the provider's version follows " +
			"(gp3: 16 TiB, 16,000 IOPS, 1,000 MiB/s). Multi-attach is not checked.",
	},
	cloud.Row{
		Token:    DiskSnapshotType,
		Seconds:  5,
		Source:   "internal/service/ec2/ebs_snapshot.go",
		Required: []string{"volumeId"},
		Replace:  []string{"volumeId", "description", "outpostArn"},
		ID:       cloud.Text("snap-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:ec2:{region}::snapshot/{id}",
			),
			"ownerId":             cloud.Text("{account}"),
			"ownerAlias":          cloud.Fixed(""),
			"dataEncryptionKeyId": cloud.Fixed(""),
			"storageTier":         cloud.Fixed("standard"),
			"encrypted":           func(c *cloud.Call) any { return volumeValue(c, "encrypted") },
			"kmsKeyId":            func(c *cloud.Call) any { return volumeValue(c, "kmsKeyId") },
			"volumeSize":          func(c *cloud.Call) any { return volumeValue(c, "size") },
		},
		References: []cloud.Reference{
			{
				Path:    "volumeId",
				To:      cloud.One(VolumeType),
				Missing: "InvalidVolume.NotFound: The volume '{value}' does not exist.",
			},
		},
		Check:   cloud.OneOf("storageTier", "archive", "standard"),
		NotReal: "A snapshot holds no data and is complete at once.",
	},
	cloud.Row{
		Token:    AttachmentType,
		Seconds:  12,
		Source:   "internal/service/ec2/ebs_volume_attachment.go (10 s delay before it looks)",
		Required: []string{"deviceName", "instanceId", "volumeId"},
		Replace:  []string{"deviceName", "instanceId", "volumeId"},
		ID: func(c *cloud.Call) any {
			return fmt.Sprintf("vai-%d", crc32.ChecksumIEEE([]byte(c.Expand("{deviceName}-{instanceId}-{volumeId}-"))))
		},
		References: []cloud.Reference{
			{Path: "instanceId", To: cloud.One(InstanceType), Missing: noSuchInstance},
			{
				Path:    "volumeId",
				To:      cloud.One(VolumeType),
				Missing: "InvalidVolume.NotFound: The volume '{value}' does not exist.",
				Blocks:  "VolumeInUse: Volume {value} is currently attached to an instance",
			},
		},
		BeforeCreate: checkAttachment,
		Begin:        attachDisk,
		End:          detachDisk,
		NotReal: "A disk with skipDestroy is detached all the same. Where no machines run, " +
			"stopInstanceBeforeDetaching stops nothing and a busy file system does not hold a disk.",
	},
)

// Disk holds the properties of a volume that EBS checks: GiB, operations a second, MiB a second.
// Zero means not given.
type Disk struct {
	Kind                   string
	Size, Iops, Throughput float64
}

// diskLimits are the limits of a volume type: GiB, operations a second, and the most operations for
// each GiB.
type diskLimits struct {
	smallest, largest, fewest, most, perGiB float64
}

// volumeLimits are from EC2's API reference (CreateVolume, Size and Iops) and the EBS user guide
// ("EBS volume types").
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

// CheckDisk refuses a volume outside the limits of its type.
func CheckDisk(d Disk) error {
	limits, known := volumeLimits[d.Kind]
	free := max(limits.fewest, 3000) // up to here the ratio to the size does not count
	switch {
	case !known:
		return cloud.Errorf("InvalidParameterValue: Value (%s) for parameter volumeType is invalid.", d.Kind)
	case d.Size < limits.smallest:
		return cloud.Errorf(
			"InvalidParameterValue: Volume of %sGiB is too small for volume type %s; minimum is %sGiB.",
			cloud.FormatNumber(d.Size),
			d.Kind,
			cloud.FormatNumber(limits.smallest),
		)
	case d.Size > limits.largest:
		return cloud.Errorf(
			"InvalidParameterValue: Volume of %sGiB is too large for volume type %s; maximum is %sGiB.",
			cloud.FormatNumber(d.Size),
			d.Kind,
			cloud.FormatNumber(limits.largest),
		)
	case d.Iops != 0 && d.Iops < limits.fewest:
		return cloud.Errorf(
			"InvalidParameterValue: Volume iops of %s is too low; minimum is %s.",
			cloud.FormatNumber(d.Iops),
			cloud.FormatNumber(limits.fewest),
		)
	case d.Iops != 0 && limits.most != 0 && d.Iops > limits.most:
		return cloud.Errorf(
			"InvalidParameterValue: Volume iops of %s is too high; maximum is %s.",
			cloud.FormatNumber(d.Iops),
			cloud.FormatNumber(limits.most),
		)
	case limits.perGiB != 0 && d.Iops > d.Size*limits.perGiB && (d.Kind != "gp3" || d.Iops > free):
		return cloud.Errorf(
			"InvalidParameterValue: Iops to volume size ratio of %f is too high; maximum is %s",
			d.Iops/d.Size,
			cloud.FormatNumber(limits.perGiB),
		)
	case d.Kind == "gp3" && d.Throughput > max(d.Iops, free)/4:
		return cloud.Errorf(
			"InvalidParameterValue: Throughput (MiBps) to iops ratio of %f is too high; maximum is 0.250000 MiBps "+
				"per iops.",
			d.Throughput/max(d.Iops, free),
		)
	}
	return nil
}

// defaultIOPS is the number of operations a second when none is given: for gp2 three for each GiB.
func defaultIOPS(kind string, size float64) float64 {
	switch kind {
	case "gp3":
		return 3000
	case "gp2", "":
		return min(max(100, size*3), 16000)
	}
	return 0
}

// The tokens of volumes and snapshots.
const (
	// VolumeType is the type of an EBS volume.
	VolumeType = "aws:ebs/volume:Volume"
	// DiskSnapshotType is the type of a snapshot of a volume.
	DiskSnapshotType = "aws:ebs/snapshot:Snapshot"
)
