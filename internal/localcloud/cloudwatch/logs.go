// Log groups and metric filters. Nothing is logged here; other services require log groups.
package cloudwatch

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// LogGroupType is the type of log groups.
const LogGroupType = "aws:cloudwatch/logGroup:LogGroup"

// retentionDays are the retentions that CloudWatch Logs offers; 0 keeps for ever.
var retentionDays = []float64{
	0,
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

var _ = cloud.Register(
	cloud.Row{
		Token:    LogGroupType,
		Source:   "internal/service/logs/group.go",
		Replace:  []string{"name", "namePrefix", "logGroupClass"},
		Defaults: map[string]any{"retentionInDays": 0.0, "skipDestroy": false},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      512,
			Pattern:  regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "ResourceAlreadyExistsException: The specified log group already exists",
		},
		Computed: map[string]cloud.Value{
			"arn":           cloud.Text("arn:aws:logs:{region}:{account}:log-group:{name}"),
			"logGroupClass": cloud.Fixed("STANDARD"),
		},
		Check: func(c *cloud.Call) []cloud.Failure {
			if days, known := c.Get("retentionInDays").(float64); known && !slices.Contains(retentionDays, days) {
				return []cloud.Failure{
					{
						Property: "retentionInDays",
						Reason:   fmt.Sprintf("expected retentionInDays to be one of %v, got %v", retentionDays, days),
					},
				}
			}
			return nil
		},
		BeforeCreate: cloud.InTurn(func(c *cloud.Call) error {
			if c.Tx.Find(retainedGroup, "", c.Name()) != nil {
				return fmt.Errorf("ResourceAlreadyExistsException: The specified log group already exists")
			}
			return nil
		}, checkLogKey),
		BeforeUpdate: checkLogKey,
		AfterDelete: func(c *cloud.Call) error {
			if c.Bool("skipDestroy") {
				c.Tx.Keep(retainedGroup, c.ID, map[string]any{"arn": c.Str("arn")})
			}
			return nil
		},
	},
	cloud.Row{
		Token:  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
		Source: "internal/service/logs/metric_filter.go",
		Required: []string{
			"logGroupName", "metricTransformation", "metricTransformation.name", "metricTransformation.namespace",
			"metricTransformation.value", "pattern",
		},
		Replace: []string{"logGroupName", "name"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      512,
			Pattern:  regexp.MustCompile(`^[^:*]+$`),
			Auto:     true,
		},
		ID:         cloud.FreeID("{name}", "{logGroupName}:{name}"),
		References: []cloud.Reference{{Path: "logGroupName", To: cloud.One(LogGroupType), Missing: noSuchLogGroup}},
		Check: cloud.Matches(
			"metricTransformation.namespace",
			regexp.MustCompile(`^[^:*$]{1,255}$`),
			"must not contain colon, asterisk or dollar",
		),
	},
)

// checkLogKey refuses a KMS key whose policy does not name CloudWatch Logs.
func checkLogKey(c *cloud.Call) error {
	name := c.Str("kmsKeyId")
	if name == "" {
		return nil
	}
	key := kms.Key(c.Tx, name)
	if key == nil ||
		!roles.AllowsService(key.Str("policy"), "logs."+c.Cloud.Region+".amazonaws.com", "logs.amazonaws.com") {
		return fmt.Errorf(
			"AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn '%s'",
			c.Expand("arn:aws:logs:{region}:{account}:log-group:{name}"),
		)
	}
	return nil
}

const (
	retainedGroup  = "aws:cloudwatch/retained:LogGroup" // groups that skipDestroy left behind
	noSuchLogGroup = "ResourceNotFoundException: The specified log group does not exist."
)
