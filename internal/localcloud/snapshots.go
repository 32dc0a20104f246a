// What backups leave behind. A rehearsal cannot wait a day for them, so Snapshot lets the day pass:
// disk snapshots by Data Lifecycle Manager with their copies in another region, and Redis's own.
package localcloud

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/dlm"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

const (
	redisGroupType    = "aws:elasticache/replicationGroup:ReplicationGroup"
	redisSnapshotType = "aws:elasticache/snapshot:Snapshot"
)

// Snapshot lets a day pass. Every disk that a lifecycle policy with a copy rule to the region
// chooses by its tags gets a snapshot there; disks keeps the order of the disks. A Redis group with
// snapshot retention gets one too. Callers seed the records into a cloud of that region. Not
// faithful: Redis's snapshots do not leave their region by themselves; here they do.
func Snapshot(c *cloud.Cloud, region string) (disks []cloud.Record, redis cloud.Record) {
	return cloud.View2(c, func(tx *cloud.Tx) (disks []cloud.Record, redis cloud.Record) {
		for _, volume := range tx.All(ec2.VolumeType) {
			if copiesTo(tx, volume, region) {
				outputs := resource.NewPropertyMapFromMap(map[string]any{
					"volumeSize": volume.Outputs["size"].Mappable(),
					"encrypted":  true, "sourceVolume": volume.ID, "arn": "arn:aws:ec2:" + region + "::snapshot/",
				})
				disks = append(
					disks,
					cloud.Record{Type: ec2.DiskSnapshotType, ID: "snap-" + cloud.RandomHex(17), Outputs: outputs},
				)
			}
		}
		for _, group := range tx.All(redisGroupType) {
			if days, _ := group.Get("snapshotRetentionLimit").(float64); days > 0 {
				redis = cloud.Record{
					Type: redisSnapshotType, ID: group.ID + "-" + cloud.RandomHex(8),
					Outputs: resource.NewPropertyMapFromMap(map[string]any{"replicationGroupId": group.ID}),
				}
			}
		}
		return disks, redis
	})
}

// copiesTo says whether a lifecycle policy chooses the disk and copies its snapshots to the region.
func copiesTo(tx *cloud.Tx, volume *cloud.Record, region string) bool {
	tags, _ := volume.Get("tags").(map[string]any)
	for _, policy := range tx.All(dlm.PolicyType) {
		targetTags, _ := policy.Get("policyDetails.targetTags").(map[string]any)
		match := len(targetTags) > 0
		for key, value := range targetTags {
			match = match && tags[key] == value
		}
		targets := cloud.StringsAt(
			resource.NewObjectProperty(policy.Inputs),
			"policyDetails.schedules.crossRegionCopyRules.target",
		)
		for _, target := range targets {
			if match && target == region {
				return true
			}
		}
	}
	return false
}
