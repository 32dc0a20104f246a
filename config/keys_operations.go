// Keys of logs, alarms, the budget and backups.

package config

// operationsKeys are rows of Keys; validate_operations.go has the rules that join them.
var operationsKeys = []Key{
	{
		Name:        "logRetentionDays",
		Field:       "Observability.LogRetentionDays",
		Type:        Integer,
		Default:     30,
		Example:     "30",
		Description: "Days for which logs are kept.",
		Accepts:     numbers(retentionDays),
	},
	{
		Name:        "alarmEmails",
		Field:       "Observability.AlarmEmails",
		Type:        Array,
		Items:       String,
		Default:     []string{},
		Example:     "platform@example.com",
		Description: "Addresses subscribed to the alarm topic.",
		Accepts:     "e-mail addresses",
	},
	{
		Name:        "monthlyBudget",
		Field:       "Observability.MonthlyBudget",
		Type:        Integer,
		Default:     0,
		Example:     "3000",
		Min:         0,
		Max:         10000000,
		Description: "Monthly budget in US dollars; 0 makes none.",
	},
	{
		Name:        "backupCopyRegion",
		Field:       "Backup.CopyRegion",
		Type:        String,
		Default:     "",
		Example:     "us-west-2",
		Description: "Second region to which disk snapshots are copied.",
		Accepts:     "an AWS region other than aws:region, or empty",
	},
	{
		Name:        "backupRetentionDays",
		Field:       "Backup.RetentionDays",
		Type:        Integer,
		Default:     30,
		Example:     "30",
		Min:         1,
		Max:         365,
		Description: "Days for which disk snapshots are kept.",
	},
}
