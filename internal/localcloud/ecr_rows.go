// ECR repositories and their lifecycle policies.
package localcloud

import (
	"fmt"
	"regexp"
)

const (
	repositoryType = "aws:ecr/repository:Repository"
	// imageType records images; property repositoryName says where they lie.
	imageType = "aws:ecr/image:Image"
)

var _ = register(
	row{
		token:    repositoryType,
		source:   "internal/service/ecr/repository.go",
		seconds:  3,
		replace:  []string{"name", "encryptionConfigurations"},
		defaults: map[string]any{"imageTagMutability": "MUTABLE"},
		name: &nameRule{
			property: "name",
			min:      2,
			max:      256,
			auto:     true,
			pattern:  regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`),
		},
		computed: map[string]value{
			"arn": text("arn:aws:ecr:{region}:{account}:repository/{name}"), "registryId": text("{account}"),
			"repositoryUrl": text("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
		},
		check: oneOf(
			"imageTagMutability",
			"MUTABLE",
			"IMMUTABLE",
			"IMMUTABLE_WITH_EXCLUSION",
			"MUTABLE_WITH_EXCLUSION",
		),
		beforeCreate: inTurn(func(c *call) error {
			if c.tx.find(repositoryType, "", c.name()) != nil {
				return fmt.Errorf(
					"RepositoryAlreadyExistsException: The repository with name '%s' already exists in the registry "+
						"with id '%s'",
					c.name(),
					c.cloud.Account,
				)
			}
			return nil
		}, needsKey("encryptionConfigurations.kmsKey", "KmsException: The KMS key {value} does not exist")),
		beforeDelete: emptyRepository,
		notReal:      "There is no registry to push to: images are records (aws:ecr/image:Image). Nothing is scanned.",
	},
	row{
		token:    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
		source:   "internal/service/ecr/lifecycle_policy.go; AWS ECR user guide, \"Lifecycle policy properties\"",
		required: []string{"policy", "repository"},
		replace:  []string{"policy", "repository"},
		id:       freeID("{repository}", "{repository}#{hex8}"),
		computed: map[string]value{"registryId": text("{account}")},
		references: []reference{{
			path: "repository", to: one(repositoryType),
			missing: "RepositoryNotFoundException: The repository with name '{value}' does not exist in the registry",
		}},
		check:        validJSON("policy"),
		beforeCreate: judgeLifecyclePolicy,
		notReal: "Nothing expires. A policy that differs only in the order of its keys replaces here, not in " +
			"the provider.",
	},
)
