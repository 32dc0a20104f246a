// The root disk of an instance: its limits, and the values that the image gives it.
package ec2

import (
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// checkRootDisk requires values within the limits of the volume type, and refuses to shrink the
// disk.
func checkRootDisk(c *cloud.Call) error {
	given, _ := c.Get("rootBlockDevice").(map[string]any)
	kind, _ := given["volumeType"].(string)
	size, _ := given["volumeSize"].(float64)
	iops, _ := given["iops"].(float64)
	throughput, _ := given["throughput"].(float64)
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

// rootDiskSize is the size of the root disk in images of Amazon Linux 2023, in GiB (its user guide,
// "Requirements").
const rootDiskSize = 8

// rootDisk returns the configured root volume, with its id and the values from the image.
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
	if known := c.Tx.Find(InstanceType, "", c.ID); known != nil {
		if id := known.Str("rootBlockDevice.volumeId"); id != "" {
			merged["volumeId"] = id
		}
	}
	given, _ := c.Get("rootBlockDevice").(map[string]any)
	for key, v := range given {
		merged[key] = v
	}
	return merged
}
