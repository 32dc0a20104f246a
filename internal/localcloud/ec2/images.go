// The machine images of Amazon, which every account sees, and the data source that finds one.
package ec2

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.RegisterInvokes(map[string]cloud.Invoke{"aws:ec2/getAmi:getAmi": getAmi})

const amiType = "aws:ec2/ami:Ami"

// getAmi returns the oldest image: the current one when the rehearsed platform was created.
func getAmi(tx *cloud.Tx, _ resource.PropertyMap) (map[string]any, error) {
	images := tx.All(amiType)
	if len(images) == 0 {
		return nil, errors.New("Your query returned no results. Please change your search criteria and try again.")
	}
	ami := images[0]
	return map[string]any{
		"id":             ami.ID,
		"imageId":        ami.ID,
		"name":           ami.Str("name"),
		"architecture":   "x86_64",
		"arn":            "arn:aws:ec2:" + tx.Cloud.Region + "::image/" + ami.ID,
		"rootDeviceName": "/dev/xvda",
		"state":          "available",
	}, nil
}

// The two images represent two releases of Amazon Linux 2023. The second is the "new AMI" of
// drills.
var _ = cloud.RegisterExisting(func(tx *cloud.Tx) {
	for _, release := range []struct{ id, name string }{
		{id: "ami-0a1b2c3d4e5f60718", name: "al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64"},
		{id: "ami-0b2c3d4e5f6071829", name: "al2023-ami-2023.10.20260105.0-kernel-6.1-x86_64"},
	} {
		tx.Keep(amiType, release.id, map[string]any{
			"name": release.name, "architecture": "x86_64", "rootDeviceName": "/dev/xvda",
		})
	}
})
