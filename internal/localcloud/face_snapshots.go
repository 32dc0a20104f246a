// What backups leave behind: disk snapshots by Data Lifecycle Manager with their copy in
// another region, and Redis's own.
package localcloud

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	redisGroupType    = "aws:elasticache/replicationGroup:ReplicationGroup"
	redisSnapshotType = "aws:elasticache/snapshot:Snapshot"
)

// Snapshot lets a day pass: every disk whose tags a lifecycle policy chooses, with a copy rule
// to the region, gets a snapshot there, in the order of the disks; a Redis group with snapshot
// retention gets one too. The records are to be seeded into a cloud of that region. Not
// faithful: Redis snapshots do not leave their region by themselves; here they have.
func (c *Cloud) Snapshot(region string) (disks []Record, redis Record) {
	return view2(c, func(tx *Tx) (disks []Record, redis Record) {
		for _, volume := range tx.all(volumeType) {
			if tx.chosen(volume, region) {
				outputs := resource.NewPropertyMapFromMap(map[string]any{
					"volumeSize": volume.Outputs["size"].Mappable(),
					"encrypted":  true, "sourceVolume": volume.ID, "arn": "arn:aws:ec2:" + region + "::snapshot/",
				})
				disks = append(disks, Record{Type: diskSnapshotType, ID: "snap-" + randomHex(17), Outputs: outputs})
			}
		}
		for _, group := range tx.all(redisGroupType) {
			if days, _ := group.Get("snapshotRetentionLimit").(float64); days > 0 {
				redis = Record{
					Type: redisSnapshotType, ID: group.ID + "-" + randomHex(8),
					Outputs: resource.NewPropertyMapFromMap(map[string]any{"replicationGroupId": group.ID}),
				}
			}
		}
		return disks, redis
	})
}

// chosen says whether a lifecycle policy with a copy to the region takes the disk.
func (tx *Tx) chosen(volume *Record, region string) bool {
	tags, _ := volume.Get("tags").(map[string]any)
	for _, policy := range tx.all(policyType) {
		wanted, _ := policy.Get("policyDetails.targetTags").(map[string]any)
		match := len(wanted) > 0
		for key, value := range wanted {
			match = match && tags[key] == value
		}
		targets := stringsAt(
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
