// Package localcloud is an embedded AWS: a Pulumi resource provider that the real engine
// attaches to, so that the platform can be brought up, changed, broken and taken down
// without an account or a network. README.md says how faithful each type is.
package localcloud

import "github.com/bodybroker/platform/internal/localcloud/cloud"

// New returns an account that has only what every AWS account has: availability zones, Amazon Linux
// images, managed policies. The region must be one of cloud.Regions.
func New(region string) (*cloud.Cloud, error) { return cloud.New(region) }
