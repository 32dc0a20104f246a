// ECR repositories and their lifecycle policies. There is no registry: images are records.
package ecr

import (
	"fmt"
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

const (
	// RepositoryType is the type of repositories.
	RepositoryType = "aws:ecr/repository:Repository"
	// ImageType is the type of records of images; repositoryName is the property that links them.
	ImageType = "aws:ecr/image:Image"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    RepositoryType,
		Source:   "internal/service/ecr/repository.go",
		Seconds:  3,
		Replace:  []string{"name", "encryptionConfigurations"},
		Defaults: map[string]any{"imageTagMutability": "MUTABLE"},
		Name: &cloud.NameRule{
			Property: "name",
			Min:      2,
			Max:      256,
			Auto:     true,
			Pattern:  regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`),
		},
		Computed: map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:ecr:{region}:{account}:repository/{name}",
			),
			"registryId":    cloud.Text("{account}"),
			"repositoryUrl": cloud.Text("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
		},
		Check: cloud.OneOf(
			"imageTagMutability",
			"MUTABLE",
			"IMMUTABLE",
			"IMMUTABLE_WITH_EXCLUSION",
			"MUTABLE_WITH_EXCLUSION",
		),
		BeforeCreate: cloud.InTurn(func(c *cloud.Call) error {
			if c.Tx.Find(RepositoryType, "", c.Name()) != nil {
				return fmt.Errorf(
					"RepositoryAlreadyExistsException: The repository with name '%s' already exists in the registry "+
						"with id '%s'",
					c.Name(),
					c.Cloud.Account,
				)
			}
			return nil
		}, kms.RequireKey("encryptionConfigurations.kmsKey", "KmsException: The KMS key {value} does not exist")),
		BeforeDelete: emptyRepository,
		NotReal:      "There is no registry to push to: images are records (aws:ecr/image:Image). Nothing is scanned.",
	},
	cloud.Row{
		Token:    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
		Source:   "internal/service/ecr/lifecycle_policy.go; AWS ECR user guide, \"Lifecycle policy properties\"",
		Required: []string{"policy", "repository"},
		Replace:  []string{"policy", "repository"},
		ID:       cloud.FreeID("{repository}", "{repository}#{hex8}"),
		Computed: map[string]cloud.Value{"registryId": cloud.Text("{account}")},
		References: []cloud.Reference{{
			Path: "repository", To: cloud.One(RepositoryType),
			Missing: "RepositoryNotFoundException: The repository with name '{value}' does not exist in the registry",
		}},
		Check:        cloud.ValidJSON("policy"),
		BeforeCreate: checkLifecyclePolicy,
		NotReal: "Nothing expires. A policy that differs only in the order of its keys replaces here, not in " +
			"the provider.",
	},
)
