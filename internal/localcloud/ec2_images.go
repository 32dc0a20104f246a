// Machine images, which exist in every account, and the data source that finds one.
package localcloud

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const amiType = "aws:ec2/ami:Ami"

// getAmi answers with the oldest image: what was current when the rehearsed platform was made.
func getAmi(c *Cloud, _ resource.PropertyMap) (map[string]any, error) {
	images := c.all(amiType)
	if len(images) == 0 {
		return nil, errors.New("Your query returned no results. Please change your search criteria and try again.")
	}
	ami := images[0]
	return map[string]any{
		"id": ami.ID, "imageId": ami.ID, "name": ami.str("name"), "architecture": "x86_64",
		"arn": "arn:aws:ec2:" + c.Region + "::image/" + ami.ID, "rootDeviceName": "/dev/xvda", "state": "available",
	}, nil
}
