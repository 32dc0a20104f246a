// The table of the layers. Whoever adds a package adds it here, and says what it may import and
// why.

package layers_test

import "path"

// layer is some packages and what they may import of this module. Names are relative to the module;
// "main" is its top, "a/..." is a and all below it, "a/*" is what is directly below it.
type layer struct {
	packages []string
	// may are the packages that they may import, never those of them that they may not.
	may, never []string
	// because is the rule, for the failure's message.
	because string
}

// layers are in the order in which they are looked up: the first that matches a package counts.
// Tests of a package may import more.
var layers = []layer{
	{
		packages: []string{"main"},
		may:      []string{"stacks"},
		because:  "the program is stacks.Deploy and nothing else",
	},
	{
		packages: []string{"stacks"},
		may:      []string{"config", "catalog", "components/..."},
		because:  "stacks reads the configuration and wires components; what production runs is ignorant of the bench",
	},
	{
		packages: []string{"config"},
		may:      []string{"catalog", "components/..."},
		because:  "the configuration is read before anything is made: it takes names and settings of components alone",
	},
	{
		packages: []string{"components/platform"},
		because:  "all components build on it, so it builds on none",
	},
	{
		packages: []string{"components/..."},
		may:      []string{"components/...", "catalog", "node/image", "node/settings"},
		because:  "a component gets its settings from stacks and knows neither the configuration nor the bench",
	},
	{
		packages: []string{"catalog"},
		may:      []string{"assets/..."},
		because:  "program, controller and tasks share the tables, so the tables build on files alone",
	},
	{
		packages: []string{"node/image"},
		may:      []string{"assets/nats", "catalog", "node/settings"},
		because:  "rendering takes templates and values, and no resource",
	},
	{
		packages: []string{"node/..."},
		may:      []string{"assets/nats/units", "node/monitoring", "node/settings"},
		because:  "every byte of nats-node is in its digest: what it does not need would replace machines",
	},
	{
		packages: []string{"controller"},
		may:      []string{"catalog", "node/monitoring", "node/settings"},
		because:  "the controller is a function of its own, ignorant of the program and of the bench",
	},
	{
		packages: []string{"messaging/..."},
		may:      []string{"messaging"},
		because:  "services outside this repository use the client library",
	},
	{
		packages: []string{"workload/..."},
		may:      []string{"catalog", "messaging", "workload/..."},
		because:  "images of tasks hold what tasks need, and nothing of the program or the bench",
	},
	{
		packages: []string{"assets/..."},
		because:  "assets are files that reach a machine or a server; the rules about them are elsewhere",
	},
	{
		packages: []string{"cmd/node"},
		may:      []string{"node"},
		because:  "every byte of nats-node is in its digest: what it does not need would replace machines",
	},
	{
		packages: []string{"cmd/controller"},
		may:      []string{"controller"},
		because:  "the controller is a function of its own, ignorant of the program and of the bench",
	},
	{
		packages: []string{"internal/rehearsal/drills/*"},
		may:      []string{"..."},
		never:    []string{"cmd/...", "internal/rehearsal", "internal/rehearsal/drills/*"},
		because:  "a drill can be read alone: what two drills use is in internal/rehearsal/stage",
	},
	{
		packages: []string{"internal/rehearsal/drills", "internal/rehearsal/playground", "internal/rehearsal/release"},
		may:      []string{"..."},
		never: []string{
			"cmd/...", "internal/rehearsal", "internal/rehearsal/drills/...", "internal/rehearsal/playground",
			"internal/rehearsal/release",
		},
		because: "drills register themselves: what they build on knows none of them",
	},
	{
		packages: []string{"internal/rehearsal/stage/..."},
		may:      []string{"..."},
		never: []string{
			"cmd/...", "internal/rehearsal", "internal/rehearsal/drills/...", "internal/rehearsal/playground",
			"internal/rehearsal/release", "internal/rehearsal/report",
		},
		because: "the stage is what drills share: it knows no drill, and no page",
	},
	{
		packages: []string{"internal/cli", "internal/poll", "internal/toolchain"},
		because:  "commands and bench build on these, so they build on none",
	},
	{
		packages: []string{"internal/localcloud/..."},
		because:  "a package of the embedded AWS has a level: give it one in this test's localcloudLevels",
	},
	{
		packages: []string{"docs"},
		because:  "documents are tested from here, and nothing is built from them",
	},
	{
		packages: []string{"internal/...", "cmd/..."},
		may:      []string{"..."},
		never:    []string{"cmd/..."},
		because:  "a command is an end: what two commands use is a package under internal",
	},
}

// localcloudLevels are the packages under internal/localcloud, lowest first. A package imports
// those of lower levels and none of its own. The last, ".", is internal/localcloud itself.
var localcloudLevels = [][]string{
	{"dispositions"},
	{"flowguard", "machine", "machine/standin", "redisnodes"},
	{"iam"},
	{"cloud"},
	{"roles"},
	{"awsapi"},
	{"kms"},
	{"acmpca", "budgets", "cloudwatch", "ecr", "random", "s3", "secretsmanager", "sns", "tls"},
	{"imds"},
	{"ec2"},
	{"awsx", "dlm", "route53"},
	{"acm"},
	{"elasticache", "elbv2"},
	{"ecs", "lambda"},
	{"events"},
	{"scheduler"},
	{"."},
}

// levels are the layers that follow from localcloudLevels.
func levels() (found []layer) {
	const folder = "internal/localcloud"
	lower := []string{"internal/poll"}
	for _, names := range localcloudLevels {
		var level []string
		for _, name := range names {
			level = append(level, path.Join(folder, name))
		}
		found = append(found, layer{
			packages: level,
			may:      lower,
			because:  "inside the embedded AWS a package imports lower levels alone (localcloudLevels)",
		})
		lower = append(lower[:len(lower):len(lower)], level...)
	}
	return found
}
