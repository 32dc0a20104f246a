// What KMS refuses, and how the rows of other services require a key.
package kms

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// pendingKeyType is the type of records of keys that wait for their deletion; the id is the key's.
const pendingKeyType = "aws:kms/pendingDeletion:Key"

var keyTarget = "NotFoundException: Key '{value}' does not exist"

func defaultKeyPolicy(account string) string {
	return `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
		account +
		`:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`
}

// checkKeyPolicy is KMS's safety check: with a policy, the account must be able to change it.
func checkKeyPolicy(c *cloud.Call) error {
	text := c.Str("policy")
	if text == "" {
		return nil
	}
	policy, err := iam.Parse(text, iam.ResourcePolicy)
	if err != nil {
		return fmt.Errorf(
			"%s",
			strings.Replace(err.Error(), "MalformedPolicyDocument:", "MalformedPolicyDocumentException:", 1),
		)
	}
	owners := []string{"arn:aws:iam::" + c.Cloud.Account + ":root", c.Cloud.Account, "*"}
	for _, s := range policy.Statements {
		keeps := s.NamesAction("kms:PutKeyPolicy")
		owned := slices.ContainsFunc(append(slices.Clone(s.Principals["AWS"]), s.Principals["*"]...),
			func(p string) bool { return slices.Contains(owners, p) })
		if s.Effect == "Allow" && keeps && owned && !s.NotAction {
			return nil
		}
	}
	if c.Bool("bypassPolicyLockoutSafetyCheck") {
		return nil
	}
	return fmt.Errorf(
		"MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the " +
			"future.",
	)
}

// targetKeyARN follows the alias's target, which may be an id or an ARN.
func targetKeyARN(c *cloud.Call) any {
	target := c.Str("targetKeyId")
	if target == "" {
		return resource.Computed{Element: resource.NewStringProperty("")}
	}
	return c.Expand("arn:aws:kms:{region}:{account}:key/") + cloud.AfterLast(target, "/")
}

// RequireKey refuses a KMS key that does not exist, is disabled or waits for its deletion. The
// input may be an id, an ARN, an alias or an alias's ARN. missing is AWS's error; {value} is the
// input.
func RequireKey(path, missing string) cloud.Precondition {
	return func(c *cloud.Call) error {
		for _, name := range c.All(path) {
			if strings.Contains(name, "alias/aws/") {
				continue
			}
			key := Key(c.Tx, name)
			if key == nil {
				if pending := c.Tx.Find(pendingKeyType, "", cloud.AfterLast(name, "/")); pending != nil {
					return fmt.Errorf("KMSInvalidStateException: %s is pending deletion.", pending.Str("arn"))
				}
				return errors.New(strings.ReplaceAll(missing, "{value}", name))
			}
			if enabled, given := key.Get("isEnabled").(bool); given && !enabled {
				return fmt.Errorf("DisabledException: %s is disabled.", key.Str("arn"))
			}
		}
		return nil
	}
}

// Key finds a KMS key by its id, ARN, alias or alias's ARN; nil if there is none.
func Key(tx *cloud.Tx, name string) *cloud.Record {
	if at := strings.Index(name, "alias/"); at >= 0 {
		alias := tx.Find("aws:kms/alias:Alias", "", name[at:])
		if alias == nil {
			return nil
		}
		name = alias.Str("targetKeyId")
	}
	return tx.Find("aws:kms/key:Key", "", cloud.AfterLast(name, "/"))
}
