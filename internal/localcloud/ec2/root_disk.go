// The root disk of an instance.
package ec2

import (
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// checkRootDisk: the limits of its volume type, and no shrinking.
func checkRootDisk(c *cloud.Call) error {
	asked, _ := c.Get("rootBlockDevice").(map[string]any)
	kind, _ := asked["volumeType"].(string)
	size, _ := asked["volumeSize"].(float64)
	iops, _ := asked["iops"].(float64)
	throughput, _ := asked["throughput"].(float64)
	before, _ := cloud.ValueAt(c.Old, "rootBlockDevice.volumeSize")
	if old, known := cloud.Plain(before).(float64); known && size != 0 && size < old {
		return cloud.Errorf("InvalidParameterValue: New size cannot be smaller than existing size")
	}
	if size == 0 {
		size = rootDiskSize
	}
	if kind == "" {
		kind = "gp3"
	}
	return CheckDisk(Disk{
		Kind:       strings.ToLower(kind),
		Size:       size,
		Iops:       iops,
		Throughput: throughput,
	})
}

// rootDiskSize is what Amazon Linux 2023's images begin with, in GiB (its user guide,
// "Requirements").
const rootDiskSize = 8

// rootDisk is the root volume as asked for, with its id and what the image gives.
func rootDisk(c *cloud.Call) any {
	merged := map[string]any{
		"deleteOnTermination": true,
		"deviceName":          "/dev/xvda",
		"encrypted":           false,
		"iops":                3000.0,
		"kmsKeyId":            "",
		"throughput":          125.0,
		"volumeSize":          float64(rootDiskSize),
		"volumeType":          "gp3",
		"volumeId":            "vol-" + cloud.RandomHex(17),
	}
	if known := c.Tx.Find(InstanceType, "", c.Id); known != nil {
		if id := known.Str("rootBlockDevice.volumeId"); id != "" {
			merged["volumeId"] = id
		}
	}
	asked, _ := c.Get("rootBlockDevice").(map[string]any)
	for key, v := range asked {
		merged[key] = v
	}
	return merged
}
