// The root disk of an instance.
package localcloud

import "strings"

// judgeRootDisk: the limits of its volume type, and no shrinking.
func judgeRootDisk(c *call) error {
	asked, _ := c.get("rootBlockDevice").(map[string]any)
	kind, _ := asked["volumeType"].(string)
	size, _ := asked["volumeSize"].(float64)
	iops, _ := asked["iops"].(float64)
	throughput, _ := asked["throughput"].(float64)
	before, _ := valueAt(c.old, "rootBlockDevice.volumeSize")
	if old, known := plain(before).(float64); known && size != 0 && size < old {
		return errorf("InvalidParameterValue: New size cannot be smaller than existing size")
	}
	if size == 0 {
		size = rootDiskSize
	}
	if kind == "" {
		kind = "gp3"
	}
	return judgeDisk(disk{
		kind:       strings.ToLower(kind),
		size:       size,
		iops:       iops,
		throughput: throughput,
	})
}

// rootDiskSize is what Amazon Linux 2023's images begin with, in GiB (its user guide,
// "Requirements").
const rootDiskSize = 8

// rootDisk is the root volume as asked for, with its id and what the image gives.
func rootDisk(c *call) any {
	merged := map[string]any{
		"deleteOnTermination": true,
		"deviceName":          "/dev/xvda",
		"encrypted":           false,
		"iops":                3000.0,
		"kmsKeyId":            "",
		"throughput":          125.0,
		"volumeSize":          float64(rootDiskSize),
		"volumeType":          "gp3",
		"volumeId":            "vol-" + randomHex(17),
	}
	if known := c.tx.find(instanceType, "", c.id); known != nil {
		if id := known.str("rootBlockDevice.volumeId"); id != "" {
			merged["volumeId"] = id
		}
	}
	asked, _ := c.get("rootBlockDevice").(map[string]any)
	for key, v := range asked {
		merged[key] = v
	}
	return merged
}
