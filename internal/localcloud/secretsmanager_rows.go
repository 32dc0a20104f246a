// Secrets and their versions. A deleted secret's name stays taken for a waiting time, as in AWS.
package localcloud

import (
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

var _ = register(
	row{
		token:    "aws:secretsmanager/secret:Secret",
		source:   "internal/service/secretsmanager/secret.go",
		replace:  []string{"name", "namePrefix"},
		defaults: map[string]any{"forceOverwriteReplicaSecret": false, "recoveryWindowInDays": 30.0},
		name: &nameRule{
			property: "name",
			max:      512,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z/_+=.@-]+$`),
			auto:     true,
			unique:   true,
			taken:    "ResourceExistsException: The operation failed because the secret {value} already exists.",
		},
		id: func(c *call) any {
			return c.expand("arn:aws:secretsmanager:{region}:{account}:secret:{name}-") + randomOf(lettersAndDigits, 6)
		},
		computed:     map[string]value{"arn": text("{id}"), "policy": fixed(""), "replicas": fixed([]any{})},
		check:        checks(validJSON("policy"), recoveryWindow),
		beforeCreate: inTurn(refuseScheduledName, needsSecretKey, needsPolicy("policy", iam.ResourcePolicy)),
		beforeUpdate: inTurn(needsSecretKey, needsPolicy("policy", iam.ResourcePolicy)),
		afterDelete:  burySecret,
		notReal:      "Replicas in other regions are kept as input only; the recovery window has no end.",
	},
	row{
		token:    "aws:secretsmanager/secretVersion:SecretVersion",
		source:   "internal/service/secretsmanager/secret_version.go",
		required: []string{"secretId"},
		replace:  []string{"secretId", "secretBinary", "secretString"},
		id: func(c *call) any {
			c.set("versionId", uuid())
			return c.tx.secretByID(c.str("secretId")).ID + "|" + c.str("versionId")
		},
		computed: join(madeAtCreation("versionId"), map[string]value{
			"arn":           func(c *call) any { return c.tx.secretByID(c.str("secretId")).ID },
			"versionStages": fixed([]any{"AWSCURRENT"}),
		}),
		check: func(c *call) []failure {
			if c.str("secretString") != "" && c.str("secretBinary") != "" {
				return []failure{{property: "secretString", reason: `"secretString": conflicts with secretBinary`}}
			}
			return nil
		},
		beforeCreate: judgeSecretValue,
		afterCreate:  storeSecretValue,
		notReal: "AWSCURRENT and AWSPREVIOUS move as in AWS; a version made under another stage keeps it, and " +
			"goes with its resource.",
	},
)
