// AWS Budgets. Nothing is billed here: the row checks what AWS refuses of a budget.
package budgets

import (
	"fmt"
	"regexp"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    "aws:budgets/budget:Budget",
		Source:   "internal/service/budgets/budget.go",
		Required: []string{"budgetType", "timeUnit"},
		Replace:  []string{"accountId", "name", "namePrefix"},
		Defaults: map[string]any{"timePeriodEnd": "2087-06-15_00:00"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      100,
			Pattern:  regexp.MustCompile(`^[^:\\]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "DuplicateRecordException: Error creating budget: {value} - the budget already exists.",
		},
		ID: cloud.Text("{account}:{name}"),
		Computed: map[string]cloud.Value{
			"accountId":       cloud.Text("{account}"),
			"arn":             cloud.Text("arn:aws:budgets::{account}:budget/{name}"),
			"timePeriodStart": func(*cloud.Call) any { return time.Now().UTC().Format("2006-01") + "-01_00:00" },
			"costFilters": cloud.Fixed(
				[]any{},
			),
			"costTypes": cloud.Fixed(map[string]any{"includeCredit": true, "includeTax": true, "useBlended": false}),
		},
		Check: cloud.Checks(
			cloud.OneOf(
				"budgetType",
				"USAGE",
				"COST",
				"RI_UTILIZATION",
				"RI_COVERAGE",
				"SAVINGS_PLANS_UTILIZATION",
				"SAVINGS_PLANS_COVERAGE",
			),
			cloud.OneOf(
				"timeUnit",
				"DAILY",
				"MONTHLY",
				"QUARTERLY",
				"ANNUALLY",
			),
			cloud.OneOf("notifications.notificationType", "ACTUAL", "FORECASTED"),
			cloud.OneOf(
				"notifications.thresholdType",
				"PERCENTAGE",
				"ABSOLUTE_VALUE",
			),
			cloud.OneOf("notifications.comparisonOperator", "GREATER_THAN", "LESS_THAN", "EQUAL_TO"),
		),
		BeforeCreate: checkBudget,
		BeforeUpdate: checkBudget,
		NotReal:      "Nothing is billed, nothing notifies.",
	},
)

// checkBudget requires that each notification has subscribers and that topics exist.
func checkBudget(c *cloud.Call) error {
	notifications, _ := c.Get("notifications").([]any)
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
	if c.Str("budgetType") == "COST" && c.Str("limitUnit") == "" && !cloud.Present(c.Inputs, "plannedLimits") &&
		!cloud.Present(c.Inputs, "autoAdjustData") {
		return fmt.Errorf("InvalidParameterException: Budget limit is required for a COST budget")
	}
	return nil
}
