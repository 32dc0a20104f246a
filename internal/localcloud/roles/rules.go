// What IAM refuses of roles and policies, and how the rows of other services require a role.
package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// checkTrust refuses a trust policy that IAM would not store: syntax, size, principals of
// this account that do not exist.
func checkTrust(c *cloud.Call) error {
	text := c.Str("assumeRolePolicy")
	policy, err := iam.Parse(text, iam.TrustPolicy)
	if err != nil {
		return err
	}
	if iam.Size(text) > 2048 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048")
	}
	roles := "arn:aws:iam::" + c.Cloud.Account + ":role/"
	for _, s := range policy.Statements {
		for _, name := range s.Principals["AWS"] {
			if strings.HasPrefix(name, roles) && c.Tx.Find("aws:iam/role:Role", "arn", name) == nil {
				return fmt.Errorf("MalformedPolicyDocument: Invalid principal in policy: \"AWS\":%q", name)
			}
		}
		for _, name := range s.Principals["Service"] {
			if !strings.HasSuffix(name, ".amazonaws.com") {
				return fmt.Errorf("MalformedPolicyDocument: Invalid principal in policy: \"SERVICE\":%q", name)
			}
		}
	}
	return nil
}

// inlineQuota refuses more than 10,240 characters in all inline policies of a role (IAM quotas).
func inlineQuota(c *cloud.Call) error {
	total := iam.Size(c.Str("policy"))
	for _, other := range c.Tx.All("aws:iam/rolePolicy:RolePolicy") {
		if other.ID != c.ID && other.Str("role") == c.Str("role") && other.Str("name") != c.Name() {
			total += iam.Size(other.Str("policy"))
		}
	}
	if total > 10240 {
		return fmt.Errorf("LimitExceeded: Maximum policy size of 10240 bytes exceeded for role %s", c.Str("role"))
	}
	return nil
}

// managedQuota refuses a managed policy of more than 6,144 characters (IAM quotas).
func managedQuota(c *cloud.Call) error {
	if iam.Size(c.Str("policy")) > 6144 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for PolicySize: 6144")
	}
	return nil
}

// attachmentQuota refuses more than ten managed policies of a role (IAM quotas, default).
func attachmentQuota(c *cloud.Call) error {
	attached := map[string]bool{c.Str("policyArn"): true}
	for _, other := range c.Tx.All("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if other.Str("role") == c.Str("role") {
			attached[other.Str("policyArn")] = true
		}
	}
	if len(attached) > 10 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10")
	}
	return nil
}

// checkRoleDeletion refuses a role with policies: the provider removes a role from its instance
// profiles by itself, but detaches policies only with forceDetachPolicies.
func checkRoleDeletion(c *cloud.Call) error {
	if c.Bool("forceDetachPolicies") {
		return nil
	}
	holds := func(token string) bool {
		return slices.ContainsFunc(c.Tx.All(token), func(r *cloud.Record) bool { return r.Str("role") == c.ID })
	}
	switch {
	case holds("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
		return fmt.Errorf("DeleteConflict: Cannot delete entity, must detach all policies first.")
	case holds("aws:iam/rolePolicy:RolePolicy"):
		return fmt.Errorf("DeleteConflict: Cannot delete entity, must delete policies first.")
	}
	return nil
}

// forgetRole removes a deleted role from instance profiles, and its policies with it.
func forgetRole(c *cloud.Call) error {
	for _, token := range []string{
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		"aws:iam/rolePolicy:RolePolicy",
	} {
		for _, r := range c.Tx.All(token) {
			if r.Str("role") == c.ID {
				c.Tx.Remove(token, r.ID)
			}
		}
	}
	for _, profile := range c.Tx.All("aws:iam/instanceProfile:InstanceProfile") {
		if profile.Str("role") == c.ID {
			delete(profile.Outputs, resource.PropertyKey("role"))
			delete(profile.Inputs, resource.PropertyKey("role"))
		}
	}
	return nil
}

// RoleByARN finds a role; nil if there is none.
func RoleByARN(tx *cloud.Tx, arn string) *cloud.Record {
	return tx.Find("aws:iam/role:Role", "arn", arn)
}

// RequireRole refuses a role that does not exist or that a service may not assume; refused is
// the service's error; {value} is the role's ARN. An empty service requires only the role.
func RequireRole(path, service, missing, refused string) cloud.Precondition {
	return func(c *cloud.Call) error {
		for _, arn := range c.All(path) {
			role := RoleByARN(c.Tx, arn)
			if role == nil {
				if strings.Contains(arn, ":role/aws-service-role/") {
					continue
				}
				return fmt.Errorf("%s", strings.ReplaceAll(missing, "{value}", arn))
			}
			if service == "" {
				continue
			}
			switch allowed, err := MayAssume(c.Cloud, role.Str("assumeRolePolicy"), service); {
			case err != nil:
				return fmt.Errorf("evaluating who may assume %s: %w", arn, err)
			case !allowed:
				return fmt.Errorf("%s", strings.ReplaceAll(refused, "{value}", arn))
			}
		}
		return nil
	}
}
