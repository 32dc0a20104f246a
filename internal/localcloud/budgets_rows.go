// AWS Budgets.
package localcloud

import (
	"fmt"
	"regexp"
	"time"
)

var _ = register(
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
