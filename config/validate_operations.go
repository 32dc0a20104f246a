// Rules of logs, alarms and backups, and the tables of values that AWS fixes.

package config

import (
	"net/mail"
	"slices"
	"strings"
)

// retentionDays are CloudWatch's only values.
// docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{
	1,
	3,
	5,
	7,
	14,
	30,
	60,
	90,
	120,
	150,
	180,
	365,
	400,
	545,
	731,
	1096,
	1827,
	2192,
	2557,
	2922,
	3288,
	3653,
}

// regions are those that pulumi-aws v6.83.0 knows in the commercial partition (pulumiEnums.go).
var regions = []string{
	"af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
	"eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
	"sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

func (v *validator) validateOperations() {
	v.validateRetention("logRetentionDays", v.Observability.LogRetentionDays)
	for i, email := range v.Observability.AlarmEmails {
		if !isEmail(email) {
			v.refuse("alarmEmails", "item %d, %q, is not an e-mail address", i+1, email)
		}
	}
	switch region := v.Backup.CopyRegion; {
	case region == "":
	case region == v.Region:
		v.refuse("backupCopyRegion", "is aws:region itself: a copy there is lost with it")
	case !slices.Contains(regions, region):
		v.refuse("backupCopyRegion", "is not a region; the nearest is %s", nearest(region, regions))
	}
}

func (v *validator) validateRetention(name string, days int) {
	if !slices.Contains(retentionDays, days) {
		v.refuse(name, "CloudWatch does not keep logs for %s days", thousands(days))
	}
}

// isEmail takes a bare address at a domain with a dot, as SNS does.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && strings.Contains(text[strings.LastIndex(text, "@"):], ".")
}
