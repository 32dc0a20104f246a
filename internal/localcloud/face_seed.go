// What every AWS account has before anybody makes anything: images and managed policies.
package localcloud

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// seed fills a new account. Two images stand for two releases of Amazon Linux 2023; the
// second is what "a new AMI" means in drills.
func (c *Cloud) seed() {
	for _, release := range []struct{ id, name string }{
		{id: "ami-0a1b2c3d4e5f60718", name: "al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64"},
		{id: "ami-0b2c3d4e5f6071829", name: "al2023-ami-2023.10.20260105.0-kernel-6.1-x86_64"},
	} {
		c.put(&Record{
			Type:   amiType,
			ID:     release.id,
			Inputs: resource.PropertyMap{},
			Outputs: resource.NewPropertyMapFromMap(map[string]any{
				"name": release.name, "architecture": "x86_64", "rootDeviceName": "/dev/xvda",
			}),
		})
	}
	for _, name := range managedPolicies {
		arn := "arn:aws:iam::aws:policy/" + name
		c.put(&Record{
			Type:    managedPolicyType,
			ID:      arn,
			Inputs:  resource.PropertyMap{},
			Outputs: resource.NewPropertyMapFromMap(map[string]any{"arn": arn}),
		})
	}
}
