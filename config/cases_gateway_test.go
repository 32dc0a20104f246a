// Gateways and cutovers that would answer nobody.

package config_test

var wrongGateways = []refusal{
	{
		name:    "domain without its zone",
		set:     set{"gatewayDomain": "api.example.com"},
		key:     "gatewayHostedZoneId",
		problem: "must be set with gatewayDomain",
	},
	{
		name:    "zone without a domain",
		set:     set{"gatewayHostedZoneId": "Z0123456789"},
		key:     "gatewayDomain",
		problem: "must be set with gatewayHostedZoneId",
	},
	{
		name:    "zone id malformed",
		set:     set{"gatewayDomain": "api.example.com", "gatewayHostedZoneId": "/hostedzone/Z1"},
		key:     "gatewayHostedZoneId",
		problem: "form",
	},
	{
		name:    "domain inside the private zone",
		set:     set{"gatewayDomain": "api.prod.internal", "gatewayHostedZoneId": "Z0123456789"},
		key:     "gatewayDomain",
		problem: "lies in privateDomain",
	},
	{
		name:    "weight without a legacy",
		set:     set{"natsWeight": "90"},
		key:     "natsWeight",
		problem: "10 % of the traffic would go nowhere",
	},
	{
		name:    "weight above 100",
		set:     set{"natsWeight": "101"},
		key:     "natsWeight",
		problem: "101 is outside 0 to 100",
	},
	{
		name:    "shadow without a legacy",
		set:     set{"shadowPercent": "5"},
		key:     "shadowPercent",
		problem: "no legacy traffic",
	},
	{
		name:    "shadow below 0",
		set:     set{"shadowPercent": "-1"},
		key:     "shadowPercent",
		problem: "-1 is outside 0 to 100",
	},
	{
		name:    "port without a legacy",
		set:     set{"legacyPort": "8080"},
		key:     "legacyPort",
		problem: "there is nothing legacy",
	},
	{
		name:    "URL without a legacy",
		set:     set{"legacyUrl": "http://legacy.prod.internal"},
		key:     "legacyUrl",
		problem: "there is nothing legacy",
	},
	{
		name:    "legacy without its port",
		set:     set{"legacyTargetGroupArn": legacyIn("us-east-1", account)},
		key:     "legacyPort",
		problem: "must be set with legacyTargetGroupArn",
	},
	{
		name: "shadow without a URL",
		set: set{
			"legacyTargetGroupArn": legacyIn("us-east-1", account),
			"legacyPort":           "8080",
			"shadowPercent":        "5",
		},
		key:     "legacyUrl",
		problem: "must be set with shadowPercent",
	},
	{
		name: "URL with a port that is none",
		set: set{
			"legacyTargetGroupArn": legacyIn("us-east-1", account),
			"legacyPort":           "8080",
			"legacyUrl":            "http://legacy:99999",
		},
		key:     "legacyUrl",
		problem: "a port is 1 to 65535",
	},
	{
		name: "URL of the task's own host",
		set: set{
			"legacyTargetGroupArn": legacyIn("us-east-1", account),
			"legacyPort":           "8080",
			"legacyUrl":            "http://169.254.170.2",
		},
		key:     "legacyUrl",
		problem: "the gateway's own",
	},
	{
		name: "URL with a path",
		set: set{
			"legacyTargetGroupArn": legacyIn("us-east-1", account),
			"legacyPort":           "8080",
			"legacyUrl":            "http://legacy/api",
		},
		key:     "legacyUrl",
		problem: "form",
	},
	{
		name:    "legacy target group malformed",
		set:     set{"legacyTargetGroupArn": "legacy", "legacyPort": "8080"},
		key:     "legacyTargetGroupArn",
		problem: "form",
	},
	{
		name:    "legacy target group in another region",
		set:     set{"legacyTargetGroupArn": legacyIn("eu-west-1", account), "legacyPort": "8080"},
		key:     "legacyTargetGroupArn",
		problem: "is in region eu-west-1",
	},
	{
		name:    "legacy target group of another account",
		set:     set{"legacyTargetGroupArn": legacyIn("us-east-1", "210987654321"), "legacyPort": "8080"},
		key:     "legacyTargetGroupArn",
		problem: "belongs to account 210987654321",
	},
}
