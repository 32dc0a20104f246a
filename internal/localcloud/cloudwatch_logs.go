// Log groups and metric filters.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
)

const logGroupType = "aws:cloudwatch/logGroup:LogGroup"

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

var _ = register(
	row{
		token:    logGroupType,
		source:   "internal/service/logs/group.go",
		replace:  []string{"name", "namePrefix", "logGroupClass"},
		defaults: map[string]any{"retentionInDays": 0.0, "skipDestroy": false},
		name: &nameRule{
			property: "name",
			max:      512,
			pattern:  regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`),
			auto:     true,
			unique:   true,
			taken:    "ResourceAlreadyExistsException: The specified log group already exists",
		},
		computed: map[string]value{
			"arn":           text("arn:aws:logs:{region}:{account}:log-group:{name}"),
			"logGroupClass": fixed("STANDARD"),
		},
		check: func(c *call) []failure {
			if days, known := c.get("retentionInDays").(float64); known && !slices.Contains(retentionDays, days) {
				return []failure{
					{
						property: "retentionInDays",
						reason:   fmt.Sprintf("expected retentionInDays to be one of %v, got %v", retentionDays, days),
					},
				}
			}
			return nil
		},
		beforeCreate: inTurn(func(c *call) error {
			if c.tx.find(retainedGroup, "", c.name()) != nil {
				return fmt.Errorf("ResourceAlreadyExistsException: The specified log group already exists")
			}
			return nil
		}, judgeLogKey),
		beforeUpdate: judgeLogKey,
		afterDelete: func(c *call) error {
			if c.yes("skipDestroy") {
				c.tx.keep(retainedGroup, c.id, map[string]any{"arn": c.str("arn")})
			}
			return nil
		},
	},
	row{
		token:  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
		source: "internal/service/logs/metric_filter.go",
		required: []string{
			"logGroupName", "metricTransformation", "metricTransformation.name", "metricTransformation.namespace",
			"metricTransformation.value", "pattern",
		},
		replace: []string{"logGroupName", "name"},
		name: &nameRule{
			property: "name",
			max:      512,
			pattern:  regexp.MustCompile(`^[^:*]+$`),
			auto:     true,
		},
		id:         freeID("{name}", "{logGroupName}:{name}"),
		references: []reference{{path: "logGroupName", to: one(logGroupType), missing: noSuchLogGroup}},
		check: matches(
			"metricTransformation.namespace",
			regexp.MustCompile(`^[^:*$]{1,255}$`),
			"must not contain colon, asterisk or dollar",
		),
	},
)

// judgeLogKey: CloudWatch Logs takes a key only if its policy names the service.
func judgeLogKey(c *call) error {
	name := c.str("kmsKeyId")
	if name == "" {
		return nil
	}
	key := c.tx.key(name)
	if key == nil || !allowsService(key.str("policy"), "logs."+c.cloud.Region+".amazonaws.com", "logs.amazonaws.com") {
		return fmt.Errorf(
			"AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn '%s'",
			c.expand("arn:aws:logs:{region}:{account}:log-group:{name}"),
		)
	}
	return nil
}

const (
	retainedGroup  = "aws:cloudwatch/retained:LogGroup" // groups left behind by skipDestroy
	noSuchLogGroup = "ResourceNotFoundException: The specified log group does not exist."
)
