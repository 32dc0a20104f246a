// What backups leave behind: disk snapshots by Data Lifecycle Manager with their copy in
// another region, and Redis's own.
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

// Snapshot lets a day pass: every disk whose tags a lifecycle policy chooses, with a copy rule
// to the region, gets a snapshot there, in the order of the disks; a Redis group with snapshot
// retention gets one too. The records are to be seeded into a cloud of that region. Not
// faithful: Redis snapshots do not leave their region by themselves; here they have.
func Snapshot(c *cloud.Cloud, region string) (disks []cloud.Record, redis cloud.Record) {
	return cloud.View2(c, func(tx *cloud.Tx) (disks []cloud.Record, redis cloud.Record) {
		for _, volume := range tx.All(ec2.VolumeType) {
			if chosen(tx, volume, region) {
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

// chosen says whether a lifecycle policy with a copy to the region takes the disk.
func chosen(tx *cloud.Tx, volume *cloud.Record, region string) bool {
	tags, _ := volume.Get("tags").(map[string]any)
	for _, policy := range tx.All(dlm.PolicyType) {
		wanted, _ := policy.Get("policyDetails.targetTags").(map[string]any)
		match := len(wanted) > 0
		for key, value := range wanted {
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
