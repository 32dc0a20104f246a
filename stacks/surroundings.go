// What the program asks AWS before it makes anything: account, zones, the machine image of new
// nodes, and S3's prefix list.

package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/config"
)

// surroundings are facts of the account and the region.
type surroundings struct {
	account      string
	allZones     []string // of the region
	zones        []string // those that the platform uses
	ami          string   // image for new NATS nodes; empty where the configuration names one
	s3PrefixList string
}

func lookUp(ctx *pulumi.Context, config config.Config) (surroundings, error) {
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return surroundings{}, fmt.Errorf(
			"asking AWS whose account this is: %w; check the credentials (aws sts get-caller-identity)",
			err,
		)
	}
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		// Whatever their state: a zone that is impaired today must not move the platform out of it
		// in the plan. These are old zones without current instance types and Lambda.
		ExcludeZoneIds: []string{"use1-az3", "usw1-az2", "apne1-az3", "cac1-az3"},
		// Local zones, which are opted into, have neither ElastiCache nor network load balancers
		// everywhere.
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	})
	if err != nil {
		return surroundings{}, fmt.Errorf("asking AWS for the zones of %s: %w", config.Region, err)
	}
	around := surroundings{
		account:  identity.AccountId,
		allZones: zones.Names,
		zones:    zones.Names,
	}
	if len(config.Network.Zones) > 0 {
		around.zones = config.Network.Zones
	} else if n := config.Network.ZoneCount; n > 0 && n < len(around.zones) {
		around.zones = around.zones[:n]
	}
	if config.NATS.AMI == "" {
		if around.ami, err = amazonLinux(ctx); err != nil {
			return surroundings{}, err
		}
	}
	list, err := ec2.GetPrefixList(ctx, &ec2.GetPrefixListArgs{Name: new("com.amazonaws." + config.Region + ".s3")})
	if err != nil {
		return surroundings{}, fmt.Errorf("asking AWS for the address ranges of S3 in %s: %w", config.Region, err)
	}
	around.s3PrefixList = list.Id
	return around, nil
}

// amazonLinux is the newest Amazon Linux 2023. Nodes that run already keep theirs; it counts
// for new ones only.
func amazonLinux(ctx *pulumi.Context) (string, error) {
	image, err := ec2.LookupAmi(ctx, &ec2.LookupAmiArgs{
		MostRecent: new(true), Owners: []string{"amazon"},
		Filters: []ec2.GetAmiFilter{
			{Name: "name", Values: []string{"al2023-ami-2023.*-kernel-6.1-x86_64"}},
			{Name: "state", Values: []string{"available"}},
		},
	})
	if err != nil {
		return "", fmt.Errorf(
			"asking AWS for the newest Amazon Linux 2023: %w; name an image with: pulumi config set natsAmi ami-…",
			err,
		)
	}
	return image.Id, nil
}
