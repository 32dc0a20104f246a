// SNS topics, their policies and subscriptions.
package localcloud

import (
	"regexp"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const topicType = "aws:sns/topic:Topic"

var _ = register(
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
		check: checks(validJSON("policy", "deliveryPolicy"), func(c *call) []failure {
			if name := c.name(); name != "" && strings.HasSuffix(name, ".fifo") != c.yes("fifoTopic") {
				return []failure{{property: "name", reason: "invalid topic name: " + name}}
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
)

// judgeTopic: SNS takes the alias of its own key, or a key that exists.
func judgeTopic(c *call) error {
	if err := needsPolicy("policy", iam.ResourcePolicy)(c); err != nil {
		return err
	}
	return needsKey("kmsMasterKeyId", "KMSNotFoundException: Invalid keyId {value}")(c)
}

const noSuchTopic = "NotFound: Topic does not exist"
