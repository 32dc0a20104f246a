// What ECR refuses: the deletion of a repository with images, and invalid lifecycle policies.
package ecr

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// emptyRepository refuses to delete a repository with images, unless the deletion is forced: then
// it deletes the images too.
func emptyRepository(c *cloud.Call) error {
	for _, image := range c.Tx.All(ImageType) {
		if image.Str("repositoryName") != c.ID {
			continue
		}
		if !c.Bool("forceDelete") {
			return fmt.Errorf(
				"ECR Repository (%s) not empty, consider using force_delete: RepositoryNotEmptyException: The "+
					"repository with name '%s' "+
					"in registry with id '%s' cannot be deleted because it still contains images",
				c.ID,
				c.ID,
				c.Cloud.Account,
			)
		}
		c.Tx.Remove(ImageType, image.ID)
	}
	return nil
}

// checkLifecyclePolicy is what ECR refuses of a policy text.
func checkLifecyclePolicy(c *cloud.Call) error {
	refuse := func(why string) error {
		return fmt.Errorf(
			"InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "+
				"'Lifecycle policy validation failure: %s'",
			why,
		)
	}
	var policy struct {
		Rules []struct {
			RulePriority int
			Selection    struct {
				TagStatus, CountType          string
				CountNumber                   int
				TagPrefixList, TagPatternList []string
			}
			Action struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(c.Str("policy")), &policy); err != nil || len(policy.Rules) == 0 {
		return refuse("the text must be JSON with at least one rule")
	}
	priorities, highest := []int{}, 0
	for _, r := range policy.Rules {
		highest = max(highest, r.RulePriority)
		switch {
		case r.RulePriority < 1 || slices.Contains(priorities, r.RulePriority):
			return refuse("rulePriority must be unique and at least 1")
		case !slices.Contains([]string{"tagged", "untagged", "any"}, r.Selection.TagStatus):
			return refuse("tagStatus must be tagged, untagged or any")
		case r.Selection.TagStatus == "tagged" && len(r.Selection.TagPrefixList)+len(r.Selection.TagPatternList) == 0:
			return refuse("tagStatus tagged needs tagPrefixList or tagPatternList")
		case !slices.Contains([]string{
			"imageCountMoreThan",
			"sinceImagePushed",
		}, r.Selection.CountType) || r.Selection.CountNumber < 1:
			return refuse("countType must be imageCountMoreThan or sinceImagePushed, countNumber at least 1")
		case r.Action.Type != "expire":
			return refuse("action type must be expire")
		}
		priorities = append(priorities, r.RulePriority)
	}
	for _, r := range policy.Rules {
		if r.Selection.TagStatus == "any" && r.RulePriority != highest {
			return refuse("the rule with tagStatus any must have the highest rulePriority")
		}
	}
	return nil
}
