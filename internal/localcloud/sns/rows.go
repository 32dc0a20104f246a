// SNS topics, their policies and subscriptions: alarms name topics, so topics must exist.
package sns

import (
	"regexp"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/bodybroker/platform/internal/localcloud/kms"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

const topicType = "aws:sns/topic:Topic"

var _ = cloud.Register(
	cloud.Row{
		Token:    topicType,
		Source:   "internal/service/sns/topic.go",
		Replace:  []string{"name", "namePrefix", "fifoTopic"},
		Defaults: map[string]any{"contentBasedDeduplication": false, "fifoTopic": false},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      256,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z_-]+(\.fifo)?$`),
			Auto:     true,
		},
		ID: cloud.Text("arn:aws:sns:{region}:{account}:{name}"),
		Computed: map[string]cloud.Value{
			"arn":                  cloud.Text("{id}"),
			"owner":                cloud.Text("{account}"),
			"beginningArchiveTime": cloud.Fixed(""),
			"signatureVersion": cloud.Fixed(
				0.0,
			),
			"tracingConfig":       cloud.Fixed(""),
			"fifoThroughputScope": cloud.Fixed(""),
			"policy":              cloud.Fixed(""),
		},
		Check: cloud.Checks(cloud.ValidJSON("policy", "deliveryPolicy"), func(c *cloud.Call) []cloud.Failure {
			if name := c.Name(); name != "" && strings.HasSuffix(name, ".fifo") != c.Bool("fifoTopic") {
				return []cloud.Failure{{Property: "name", Reason: "invalid topic name: " + name}}
			}
			return nil
		}),
		BeforeCreate: checkTopic,
		BeforeUpdate: checkTopic,
		NotReal:      "Nothing is delivered.",
	},
	cloud.Row{
		Token:        "aws:sns/topicPolicy:TopicPolicy",
		Source:       "pulumi-aws SDK doc",
		Required:     []string{"arn", "policy"},
		Replace:      []string{"arn"},
		ID:           cloud.Text("{arn}"),
		Computed:     map[string]cloud.Value{"owner": cloud.Text("{account}")},
		References:   []cloud.Reference{{Path: "arn", To: cloud.One(topicType), Missing: noSuchTopic}},
		Check:        cloud.ValidJSON("policy"),
		BeforeCreate: roles.RequireValidPolicy("policy", iam.ResourcePolicy),
		BeforeUpdate: roles.RequireValidPolicy("policy", iam.ResourcePolicy),
	},
	cloud.Row{
		Token:    "aws:sns/topicSubscription:TopicSubscription",
		Source:   "internal/service/sns/topic_subscription.go",
		Required: []string{"endpoint", "protocol", "topic"},
		Replace:  []string{"endpoint", "protocol", "topic"},
		Defaults: map[string]any{
			"confirmationTimeoutInMinutes": 1.0,
			"endpointAutoConfirms":         false,
			"rawMessageDelivery":           false,
		},
		ID: cloud.Text("{topic}:{uuid}"),
		Computed: map[string]cloud.Value{
			"arn":               cloud.Text("{id}"),
			"ownerId":           cloud.Text("{account}"),
			"filterPolicyScope": cloud.Fixed(""),
			"pendingConfirmation": func(c *cloud.Call) any {
				return strings.HasPrefix(c.Str("protocol"), "email")
			},
			"confirmationWasAuthenticated": func(c *cloud.Call) any {
				return !strings.HasPrefix(c.Str("protocol"), "email")
			},
		},
		References: []cloud.Reference{{Path: "topic", To: cloud.One(topicType), Missing: noSuchTopic}},
		Check: cloud.Checks(
			cloud.OneOf(
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
			cloud.ValidJSON("filterPolicy", "redrivePolicy", "deliveryPolicy"),
		),
		NotReal: "Nobody confirms a subscription by e-mail.",
	},
)

// checkTopic refuses an invalid policy and a KMS key that does not exist; the alias of SNS's own
// key always exists.
func checkTopic(c *cloud.Call) error {
	if err := roles.RequireValidPolicy("policy", iam.ResourcePolicy)(c); err != nil {
		return err
	}
	return kms.RequireKey("kmsMasterKeyId", "KMSNotFoundException: Invalid keyId {value}")(c)
}

const noSuchTopic = "NotFound: Topic does not exist"
