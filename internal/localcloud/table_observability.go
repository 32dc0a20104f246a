// Logs, alarms, dashboards, notifications, budgets. Events and schedules stand in
// table_functions.go.
package localcloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const (
	logGroupType   = "aws:cloudwatch/logGroup:LogGroup"
	retainedGroup  = "aws:cloudwatch/retained:LogGroup" // groups left behind by skipDestroy
	alarmType      = "aws:cloudwatch/metricAlarm:MetricAlarm"
	compositeType  = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	topicType      = "aws:sns/topic:Topic"
	noSuchTopic    = "NotFound: Topic does not exist"
	noSuchLogGroup = "ResourceNotFoundException: The specified log group does not exist."
)

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
		check: func(c *call) []fault {
			if days, known := c.get("retentionInDays").(float64); known && !slices.Contains(retentionDays, days) {
				return []fault{
					{
						property: "retentionInDays",
						reason:   fmt.Sprintf("expected retentionInDays to be one of %v, got %v", retentionDays, days),
					},
				}
			}
			return nil
		},
		beforeCreate: inTurn(func(c *call) error {
			if c.cloud.find(retainedGroup, "", c.name()) != nil {
				return fmt.Errorf("ResourceAlreadyExistsException: The specified log group already exists")
			}
			return nil
		}, judgeLogKey),
		beforeUpdate: judgeLogKey,
		afterDelete: func(c *call) error {
			if c.yes("skipDestroy") {
				c.cloud.keep(retainedGroup, c.id, map[string]any{"arn": c.str("arn")})
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
	row{
		token:    alarmType,
		source:   "internal/service/cloudwatch/metric_alarm.go; AWS CloudWatch API reference, PutMetricAlarm",
		required: []string{"comparisonOperator", "evaluationPeriods"},
		replace:  []string{"name"},
		defaults: map[string]any{"actionsEnabled": true, "treatMissingData": "missing"},
		name:     &nameRule{property: "name", max: 255, auto: true},
		computed: map[string]value{
			"arn":                               text("arn:aws:cloudwatch:{region}:{account}:alarm:{name}"),
			"evaluateLowSampleCountPercentiles": fixed(""),
		},
		check:        checks(checkAlarm, alarmActions),
		beforeCreate: judgeAlarm,
		beforeUpdate: judgeAlarm,
		beforeDelete: func(c *call) error {
			for _, composite := range c.cloud.all(compositeType) {
				if slices.Contains(alarmsIn(composite.str("alarmRule")), c.id) {
					return fmt.Errorf(
						"ValidationError: Cannot delete %s as there are composite alarm(s) depending on it.",
						c.id,
					)
				}
			}
			return nil
		},
		notReal: "Nothing is measured, nothing fires.",
	},
	row{
		token:    compositeType,
		source:   "internal/service/cloudwatch/composite_alarm.go",
		required: []string{"alarmName", "alarmRule"},
		replace:  []string{"alarmName", "actionsEnabled"},
		defaults: map[string]any{"actionsEnabled": true},
		name:     &nameRule{property: "alarmName", max: 255},
		computed: map[string]value{"arn": text("arn:aws:cloudwatch:{region}:{account}:alarm:{alarmName}")},
		check: checks(alarmActions, func(c *call) []fault {
			if length := len(c.str("alarmRule")); length > 10240 {
				return []fault{
					{
						property: "alarmRule",
						reason: fmt.Sprintf(
							"expected length of alarmRule to be in the range (1 - 10240), got %d",
							length,
						),
					},
				}
			}
			return nil
		}),
		beforeCreate: judgeComposite,
		beforeUpdate: judgeComposite,
		notReal:      "The rule is read for the alarms in it only; its grammar is not judged.",
	},
	row{
		token:        "aws:cloudwatch/dashboard:Dashboard",
		source:       "pulumi-aws SDK doc; AWS CloudWatch user guide, \"Dashboard body structure\"",
		required:     []string{"dashboardBody", "dashboardName"},
		replace:      []string{"dashboardName"},
		name:         &nameRule{property: "dashboardName", max: 255, pattern: regexp.MustCompile(`^[0-9A-Za-z_-]+$`)},
		computed:     map[string]value{"dashboardArn": text("arn:aws:cloudwatch::{account}:dashboard/{dashboardName}")},
		check:        validJSON("dashboardBody"),
		beforeCreate: judgeDashboard,
		beforeUpdate: judgeDashboard,
	},
	row{
		token:    topicType,
		source:   "internal/service/sns/topic.go",
		replace:  []string{"name", "namePrefix", "fifoTopic"},
		defaults: map[string]any{"contentBasedDeduplication": false, "fifoTopic": false},
		name: &nameRule{
			property: "name",
			max:      256,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z_-]+(\.fifo)?$`),
			auto:     true,
		},
		id: text("arn:aws:sns:{region}:{account}:{name}"),
		computed: map[string]value{
			"arn":                  text("{id}"),
			"owner":                text("{account}"),
			"beginningArchiveTime": fixed(""),
			"signatureVersion": fixed(
				0.0,
			),
			"tracingConfig":       fixed(""),
			"fifoThroughputScope": fixed(""),
			"policy":              fixed(""),
		},
		check: checks(validJSON("policy", "deliveryPolicy"), func(c *call) []fault {
			if name := c.name(); name != "" && strings.HasSuffix(name, ".fifo") != c.yes("fifoTopic") {
				return []fault{{property: "name", reason: "invalid topic name: " + name}}
			}
			return nil
		}),
		beforeCreate: judgeTopic,
		beforeUpdate: judgeTopic,
		notReal:      "Nothing is delivered.",
	},
	row{
		token:        "aws:sns/topicPolicy:TopicPolicy",
		source:       "pulumi-aws SDK doc",
		required:     []string{"arn", "policy"},
		replace:      []string{"arn"},
		id:           text("{arn}"),
		computed:     map[string]value{"owner": text("{account}")},
		references:   []reference{{path: "arn", to: one(topicType), missing: noSuchTopic}},
		check:        validJSON("policy"),
		beforeCreate: needsPolicy("policy", iam.ResourcePolicy),
		beforeUpdate: needsPolicy("policy", iam.ResourcePolicy),
	},
	row{
		token:    "aws:sns/topicSubscription:TopicSubscription",
		source:   "internal/service/sns/topic_subscription.go",
		required: []string{"endpoint", "protocol", "topic"},
		replace:  []string{"endpoint", "protocol", "topic"},
		defaults: map[string]any{
			"confirmationTimeoutInMinutes": 1.0,
			"endpointAutoConfirms":         false,
			"rawMessageDelivery":           false,
		},
		id: text("{topic}:{uuid}"),
		computed: map[string]value{
			"arn": text("{id}"), "ownerId": text("{account}"), "filterPolicyScope": fixed(""),
			"pendingConfirmation":          func(c *call) any { return strings.HasPrefix(c.str("protocol"), "email") },
			"confirmationWasAuthenticated": func(c *call) any { return !strings.HasPrefix(c.str("protocol"), "email") },
		},
		references: []reference{{path: "topic", to: one(topicType), missing: noSuchTopic}},
		check: checks(
			oneOf(
				"protocol",
				"application",
				"email",
				"email-json",
				"firehose",
				"http",
				"https",
				"lambda",
				"sms",
				"sqs",
			),
			validJSON("filterPolicy", "redrivePolicy", "deliveryPolicy"),
		),
		notReal: "Nobody confirms a subscription by e-mail.",
	},
	row{
		token:    "aws:budgets/budget:Budget",
		source:   "internal/service/budgets/budget.go",
		required: []string{"budgetType", "timeUnit"},
		replace:  []string{"accountId", "name", "namePrefix"},
		defaults: map[string]any{"timePeriodEnd": "2087-06-15_00:00"},
		name: &nameRule{
			property: "name",
			max:      100,
			pattern:  regexp.MustCompile(`^[^:\\]+$`),
			auto:     true,
			unique:   true,
			taken:    "DuplicateRecordException: Error creating budget: {value} - the budget already exists.",
		},
		id: text("{account}:{name}"),
		computed: map[string]value{
			"accountId":       text("{account}"),
			"arn":             text("arn:aws:budgets::{account}:budget/{name}"),
			"timePeriodStart": func(*call) any { return time.Now().UTC().Format("2006-01") + "-01_00:00" },
			"costFilters": fixed(
				[]any{},
			),
			"costTypes": fixed(map[string]any{"includeCredit": true, "includeTax": true, "useBlended": false}),
		},
		check: checks(
			oneOf(
				"budgetType",
				"USAGE",
				"COST",
				"RI_UTILIZATION",
				"RI_COVERAGE",
				"SAVINGS_PLANS_UTILIZATION",
				"SAVINGS_PLANS_COVERAGE",
			),
			oneOf(
				"timeUnit",
				"DAILY",
				"MONTHLY",
				"QUARTERLY",
				"ANNUALLY",
			),
			oneOf("notifications.notificationType", "ACTUAL", "FORECASTED"),
			oneOf(
				"notifications.thresholdType",
				"PERCENTAGE",
				"ABSOLUTE_VALUE",
			),
			oneOf("notifications.comparisonOperator", "GREATER_THAN", "LESS_THAN", "EQUAL_TO"),
		),
		beforeCreate: judgeBudget,
		beforeUpdate: judgeBudget,
		notReal:      "Nothing is billed, nothing notifies.",
	},
)

// judgeLogKey: CloudWatch Logs takes a key only if its policy names the service.
func judgeLogKey(c *call) error {
	name := c.str("kmsKeyId")
	if name == "" {
		return nil
	}
	key := c.cloud.key(name)
	if key == nil || !allowsService(key.str("policy"), "logs."+c.cloud.Region+".amazonaws.com", "logs.amazonaws.com") {
		return fmt.Errorf(
			"AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn '%s'",
			c.expand("arn:aws:logs:{region}:{account}:log-group:{name}"),
		)
	}
	return nil
}

// judgeTopic: SNS takes the alias of its own key, or a key that exists.
func judgeTopic(c *call) error {
	if err := needsPolicy("policy", iam.ResourcePolicy)(c); err != nil {
		return err
	}
	return needsKey("kmsMasterKeyId", "KMSNotFoundException: Invalid keyId {value}")(c)
}

// judgeDashboard is what CloudWatch refuses of a dashboard's body.
func judgeDashboard(c *call) error {
	var body struct {
		Widgets []struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal([]byte(c.str("dashboardBody")), &body); err != nil || body.Widgets == nil {
		return fmt.Errorf(
			"InvalidParameterInput: The dashboard body is invalid, there are 1 validation errors: [ { \"message\": " +
				"\"Should have required property 'widgets'\" } ]",
		)
	}
	kinds := []string{"metric", "text", "log", "alarm", "explorer", "custom"}
	for i, w := range body.Widgets {
		if !slices.Contains(kinds, w.Type) || w.Properties == nil {
			return fmt.Errorf(
				"InvalidParameterInput: The dashboard body is invalid: /widgets/%d needs a type of %s, and properties",
				i,
				strings.Join(kinds, ", "),
			)
		}
		if w.Type == "metric" && !drawsSomething(w.Properties) {
			return fmt.Errorf("InvalidParameterInput: The dashboard body is invalid, there are 1 validation errors: "+
				"[ { \"dataPath\": \"/widgets/%d/properties/metrics\", \"message\": \"Should NOT have less than 1 "+
				"items\" } ]", i)
		}
	}
	if len(body.Widgets) > 500 {
		return fmt.Errorf("InvalidParameterInput: The dashboard has %d widgets, the most is 500", len(body.Widgets))
	}
	return nil
}

// drawsSomething: a metric widget shows metrics, or the metrics of alarms (CloudWatch API
// reference, "Dashboard body structure and syntax": metrics is required unless annotations.alarms
// is given).
func drawsSomething(properties map[string]any) bool {
	metrics, _ := properties["metrics"].([]any)
	annotations, _ := properties["annotations"].(map[string]any)
	alarms, _ := annotations["alarms"].([]any)
	return len(metrics)+len(alarms) > 0
}

// judgeBudget: a notification needs somebody to notify; topics must exist.
func judgeBudget(c *call) error {
	notifications, _ := c.get("notifications").([]any)
	for _, item := range notifications {
		n, _ := item.(map[string]any)
		mails, _ := n["subscriberEmailAddresses"].([]any)
		topics, _ := n["subscriberSnsTopicArns"].([]any)
		if len(mails)+len(topics) == 0 || len(mails) > 10 || len(topics) > 1 {
			return fmt.Errorf(
				"InvalidParameterException: a notification has 1 to 10 e-mail subscribers, or one topic, got %d and %d",
				len(mails),
				len(topics),
			)
		}
	}
	if c.str("budgetType") == "COST" && c.str("limitUnit") == "" && !present(c.inputs, "plannedLimits") &&
		!present(c.inputs, "autoAdjustData") {
		return fmt.Errorf("InvalidParameterException: Budget limit is required for a COST budget")
	}
	return nil
}
