// Secrets and their versions. A deleted secret's name is not free for a waiting time, as in AWS: a
// stack that is brought up again meets it.
package secretsmanager

import (
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    "aws:secretsmanager/secret:Secret",
		Source:   "internal/service/secretsmanager/secret.go",
		Replace:  []string{"name", "namePrefix"},
		Defaults: map[string]any{"forceOverwriteReplicaSecret": false, "recoveryWindowInDays": 30.0},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      512,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z/_+=.@-]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "ResourceExistsException: The operation failed because the secret {value} already exists.",
		},
		ID: func(c *cloud.Call) any {
			return c.Expand(
				"arn:aws:secretsmanager:{region}:{account}:secret:{name}-",
			) + cloud.RandomOf(
				cloud.LettersAndDigits,
				6,
			)
		},
		Computed: map[string]cloud.Value{
			"arn":      cloud.Text("{id}"),
			"policy":   cloud.Fixed(""),
			"replicas": cloud.Fixed([]any{}),
		},
		Check: cloud.Checks(cloud.ValidJSON("policy"), recoveryWindow),
		BeforeCreate: cloud.InTurn(
			refuseScheduledName,
			needsSecretKey,
			roles.RequireValidPolicy("policy", iam.ResourcePolicy),
		),
		BeforeUpdate: cloud.InTurn(needsSecretKey, roles.RequireValidPolicy("policy", iam.ResourcePolicy)),
		AfterDelete:  burySecret,
		NotReal:      "Replicas in other regions are kept as input only; the recovery window has no end.",
	},
	cloud.Row{
		Token:    "aws:secretsmanager/secretVersion:SecretVersion",
		Source:   "internal/service/secretsmanager/secret_version.go",
		Required: []string{"secretId"},
		Replace:  []string{"secretId", "secretBinary", "secretString"},
		ID: func(c *cloud.Call) any {
			c.Set("versionId", cloud.UUID())
			return SecretByID(c.Tx, c.Str("secretId")).ID + "|" + c.Str("versionId")
		},
		Computed: cloud.Join(cloud.MadeAtCreation("versionId"), map[string]cloud.Value{
			"arn":           func(c *cloud.Call) any { return SecretByID(c.Tx, c.Str("secretId")).ID },
			"versionStages": cloud.Fixed([]any{"AWSCURRENT"}),
		}),
		Check: func(c *cloud.Call) []cloud.Failure {
			if c.Str("secretString") != "" && c.Str("secretBinary") != "" {
				return []cloud.Failure{
					{Property: "secretString", Reason: `"secretString": conflicts with secretBinary`},
				}
			}
			return nil
		},
		BeforeCreate: checkSecretValue,
		AfterCreate:  storeSecretValue,
		NotReal: "AWSCURRENT and AWSPREVIOUS move as in AWS; a version made under another stage keeps it, and " +
			"goes with its resource.",
	},
)
