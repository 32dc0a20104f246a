// Images, task sizes and additional services that would fail.

package config_test

var wrongImages = []refusal{
	{
		name:    "image of an unknown service",
		set:     set{"serviceImages": `{"quest-sistem": "1.0.0"}`},
		key:     "serviceImages.quest-sistem",
		problem: "the nearest is quest-system",
	},
	{
		name:    "image latest",
		set:     set{"serviceImages": `{"auth": "latest"}`},
		key:     "serviceImages.auth",
		problem: "what to roll back to",
	},
	{
		name:    "image with a registry",
		set:     set{"serviceImages": `{"auth": "example.com/auth:1"}`},
		key:     "serviceImages.auth",
		problem: "neither a tag nor a digest",
	},
	{
		name:    "digest cut short",
		set:     set{"serviceImages": `{"auth": "sha256:0123"}`},
		key:     "serviceImages.auth",
		problem: "neither a tag nor a digest",
	},
	{
		name:    "gateway image latest",
		set:     set{"gatewayImage": "latest"},
		key:     "gatewayImage",
		problem: "what to roll back to",
	},
	{
		name:    "gateway image malformed",
		set:     set{"gatewayImage": "1.0 beta"},
		key:     "gatewayImage",
		problem: "form",
	},
	{
		name:    "CPU that Fargate lacks",
		set:     set{"serviceCpu": "300"},
		key:     "serviceCpu",
		problem: "Fargate has no task of 300 CPU units",
	},
	{
		name:    "memory that Fargate lacks",
		set:     set{"serviceMemory": "4096"},
		key:     "serviceMemory",
		problem: "with 4,096 MiB: it has 512 to 2,048",
	},
	{
		name:    "memory between two steps",
		set:     set{"gatewayMemory": "1536"},
		key:     "gatewayMemory",
		problem: "in steps of 1,024",
	},
	{
		name:    "no task",
		set:     set{"serviceTaskCount": "0"},
		key:     "serviceTaskCount",
		problem: "0 is outside 1 to 10",
	},
	{
		name:    "fewer tasks at most than at least",
		set:     set{"serviceMaxTaskCount": "1"},
		key:     "serviceMaxTaskCount",
		problem: "is less than serviceTaskCount, 2",
	},
}

var wrongServices = []refusal{
	{
		name:    "additional service with a taken name",
		set:     service("auth", "q.x", "svc.x.v1.do", ""),
		key:     "additionalServices[0].name",
		problem: "two services are called auth",
	},
	{
		name:    "additional service with a taken queue",
		set:     service("x", "q.auth", "svc.x.v1.do", ""),
		key:     "additionalServices[0].queue",
		problem: "auth has the same queue group",
	},
	{
		name:    "additional service with a taken subject",
		set:     service("x", "q.x", "svc.auth.v1.create_session", ""),
		key:     "additionalServices[0].rpc",
		problem: "auth answers svc.auth.v1.create_session too",
	},
	{
		name:    "additional service with an overlapping wildcard",
		set:     service("x", "q.x", "svc.payment.>", ""),
		key:     "additionalServices[0].rpc",
		problem: "payment answers svc.payment.v1.process too",
	},
	{
		name:    "additional service outside svc.",
		set:     service("x", "q.x", "rpc.x", ""),
		key:     "additionalServices[0].rpc",
		problem: "does not begin with svc.",
	},
	{
		name:    "additional service with no subject",
		set:     service("x", "q.x", "svc.x..do", ""),
		key:     "additionalServices[0].rpc",
		problem: "is not a subject",
	},
	{
		name:    "additional service with an event nobody stores",
		set:     service("x", "q.x", "svc.x.v1.do", "evt.inventory.>"),
		key:     "additionalServices[0].events",
		problem: "no stream stores it",
	},
	{
		name:    "additional service with an event stored in part",
		set:     service("x", "q.x", "svc.x.v1.do", "evt.*.v1"),
		key:     "additionalServices[0].events",
		problem: "store only a part",
	},
	{
		name:    "additional service in capitals",
		set:     service("Inventory", "q.x", "svc.x.v1.do", ""),
		key:     "additionalServices[0].name",
		problem: "form",
	},
	{
		name:    "additional service with a name beyond an IAM role",
		set:     service(longName, "q.x", "svc.x.v1.do", ""),
		key:     "additionalServices[0].name",
		problem: "AWS takes at most 64",
	},
	{
		name: "additional service that calls nobody",
		set: set{
			"additionalServices": `[{"name": "x", "queue": "q.x", "rpc": [], "events": [], "calls": ["svc.pament.>"]}]`,
		},
		key:     "additionalServices[0].calls",
		problem: "no service answers it",
	},
}
