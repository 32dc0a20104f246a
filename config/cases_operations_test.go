// Logs, alarms and backups that AWS does not offer.

package config_test

var wrongOperations = []refusal{
	{
		name:    "log retention",
		set:     set{"logRetentionDays": "45"},
		key:     "logRetentionDays",
		problem: "does not keep logs for 45 days",
	},
	{
		name:    "e-mail without a domain",
		set:     set{"alarmEmails": `["ops@example.com", "ops@localhost"]`},
		key:     "alarmEmails",
		problem: "item 2",
	},
	{
		name:    "e-mail with a name",
		set:     set{"alarmEmails": `["Ops <ops@example.com>"]`},
		key:     "alarmEmails",
		problem: "is not an e-mail address",
	},
	{
		name:    "budget below 0",
		set:     set{"monthlyBudget": "-1"},
		key:     "monthlyBudget",
		problem: "-1 is outside 0",
	},
	{
		name:    "copy into the same region",
		set:     set{"backupCopyRegion": "us-east-1"},
		key:     "backupCopyRegion",
		problem: "is aws:region itself",
	},
	{
		name:    "copy into no region",
		set:     set{"backupCopyRegion": "us-west-3"},
		key:     "backupCopyRegion",
		problem: "the nearest is us-west-1",
	},
	{
		name:    "backups kept for too long",
		set:     set{"backupRetentionDays": "366"},
		key:     "backupRetentionDays",
		problem: "366 is outside 1 to 365",
	},
}
