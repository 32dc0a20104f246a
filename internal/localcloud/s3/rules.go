// What S3 refuses of buckets and their settings.
package s3

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`)

// bucketZones are the hosted zones of S3's website endpoints (AWS general reference).
var bucketZones = map[string]string{
	"us-east-1": "Z3AQBSTGFYJSTF", "us-east-2": "Z2O1EMRO9K5GLX", "us-west-2": "Z3BJ6K6RIION7M",
	"eu-central-1": "Z21DNDUVLTQW6Q", "eu-west-1": "Z1BKCTXD74EZPE",
}

func checkBucketName(c *cloud.Call) []cloud.Failure {
	name := c.Name()
	_, notAddress := netip.ParseAddr(name)
	switch {
	case strings.Contains(name, ".."), name != "" && notAddress == nil,
		strings.HasPrefix(name, "xn--"), strings.HasPrefix(name, "sthree-"),
		strings.HasSuffix(name, "-s3alias"), strings.HasSuffix(name, "--ol-s3"):
		return []cloud.Failure{
			{
				Property: "bucket",
				Reason: fmt.Sprintf(
					"only valid bucket names are allowed, got %s: no two adjacent periods, no IP address, "+
						"not starting with xn-- or sthree-, not ending in -s3alias or --ol-s3",
					name,
				),
			},
		}
	}
	return nil
}

// emptyBucket refuses to delete a bucket with objects, unless it is forced; forced, they go with
// the bucket.
func emptyBucket(c *cloud.Call) error {
	for _, token := range []string{ObjectType, StoredObjectType} {
		for _, object := range c.Tx.All(token) {
			if object.Str("bucket") != c.ID {
				continue
			}
			if !c.Bool("forceDestroy") {
				return fmt.Errorf("BucketNotEmpty: The bucket you tried to delete is not empty")
			}
			dropObject(c.Tx, c.ID, object.Str("key"))
			c.Tx.Remove(token, object.ID)
		}
	}
	return nil
}

// checkBucketPolicy refuses what S3 does not store, and a public policy where that is blocked.
func checkBucketPolicy(c *cloud.Call) error {
	policy, err := iam.Parse(c.Str("policy"), iam.ResourcePolicy)
	if err != nil {
		return fmt.Errorf("%s", strings.Replace(err.Error(), "MalformedPolicyDocument:", "MalformedPolicy:", 1))
	}
	arn := "arn:aws:s3:::" + c.Str("bucket")
	blocked := false
	if block := c.Tx.Find(
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"",
		c.Str("bucket"),
	); block != nil {
		blocked, _ = block.Get("blockPublicPolicy").(bool)
	}
	for _, s := range policy.Statements {
		for _, r := range s.Resources {
			if r != arn && !strings.HasPrefix(r, arn+"/") && r != "*" {
				return fmt.Errorf("MalformedPolicy: Policy has invalid resource")
			}
		}
		public := slices.Contains(s.Principals["AWS"], "*") || slices.Contains(s.Principals["*"], "*")
		if public && blocked && s.Effect == "Allow" && len(s.Conditions) == 0 {
			return fmt.Errorf(
				"AccessDenied: User is not authorized to perform: s3:PutBucketPolicy on resource: %q because public "+
					"policies "+
					"are blocked by the BlockPublicPolicy block public access setting.",
				arn,
			)
		}
	}
	return nil
}

// checkLifecycle refuses two rules with one id.
func checkLifecycle(c *cloud.Call) error {
	ids := c.All("rules.id")
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		return fmt.Errorf("InvalidArgument: Rule ID must be unique. Found same ID for more than one rule")
	}
	return nil
}
