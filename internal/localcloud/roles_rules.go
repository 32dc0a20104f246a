// What IAM refuses of roles and policies, and how other services ask for a role.
package localcloud

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// judgeTrust refuses a trust policy that IAM would not store: syntax, size, principals of
// this account that do not exist.
func judgeTrust(c *call) error {
	text := c.str("assumeRolePolicy")
	policy, err := iam.Parse(text, iam.TrustPolicy)
	if err != nil {
		return err
	}
	if iam.Size(text) > 2048 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048")
	}
	roles := "arn:aws:iam::" + c.cloud.Account + ":role/"
	for _, s := range policy.Statements {
		for _, name := range s.Principals["AWS"] {
			if strings.HasPrefix(name, roles) && c.tx.find("aws:iam/role:Role", "arn", name) == nil {
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

// inlineQuota: the inline policies of a role hold 10,240 characters together (IAM quotas).
func inlineQuota(c *call) error {
	total := iam.Size(c.str("policy"))
	for _, other := range c.tx.all("aws:iam/rolePolicy:RolePolicy") {
		if other.ID != c.id && other.str("role") == c.str("role") && other.str("name") != c.name() {
			total += iam.Size(other.str("policy"))
		}
	}
	if total > 10240 {
		return fmt.Errorf("LimitExceeded: Maximum policy size of 10240 bytes exceeded for role %s", c.str("role"))
	}
	return nil
}

// managedQuota: a managed policy holds 6,144 characters (IAM quotas).
func managedQuota(c *call) error {
	if iam.Size(c.str("policy")) > 6144 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for PolicySize: 6144")
	}
	return nil
}

// attachmentQuota: ten managed policies to a role (IAM quotas, default).
func attachmentQuota(c *call) error {
	attached := map[string]bool{c.str("policyArn"): true}
	for _, other := range c.tx.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if other.str("role") == c.str("role") {
			attached[other.str("policyArn")] = true
		}
	}
	if len(attached) > 10 {
		return fmt.Errorf("LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10")
	}
	return nil
}

// judgeRoleDeletion: the provider takes a role out of its instance profiles by itself, and
// detaches policies only if it is told to.
func judgeRoleDeletion(c *call) error {
	if c.yes("forceDetachPolicies") {
		return nil
	}
	holds := func(token string) bool {
		return slices.ContainsFunc(c.tx.all(token), func(r *Record) bool { return r.str("role") == c.id })
	}
	switch {
	case holds("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
		return fmt.Errorf("DeleteConflict: Cannot delete entity, must detach all policies first.")
	case holds("aws:iam/rolePolicy:RolePolicy"):
		return fmt.Errorf("DeleteConflict: Cannot delete entity, must delete policies first.")
	}
	return nil
}

// forgetRole takes a deleted role out of profiles, and its policies with it.
func forgetRole(c *call) error {
	for _, token := range []string{
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		"aws:iam/rolePolicy:RolePolicy",
	} {
		for _, r := range c.tx.all(token) {
			if r.str("role") == c.id {
				c.tx.remove(token, r.ID)
			}
		}
	}
	for _, profile := range c.tx.all("aws:iam/instanceProfile:InstanceProfile") {
		if profile.str("role") == c.id {
			delete(profile.Outputs, resource.PropertyKey("role"))
			delete(profile.Inputs, resource.PropertyKey("role"))
		}
	}
	return nil
}

// roleByARN finds a role; nil if there is none.
func (tx *Tx) roleByARN(arn string) *Record { return tx.find("aws:iam/role:Role", "arn", arn) }

// needsRole refuses a role that does not exist or that a service may not assume; refused is
// the service's error, {value} is the role's ARN.
func needsRole(path, service, missing, refused string) judgement {
	return func(c *call) error {
		for _, arn := range c.all(path) {
			role := c.tx.roleByARN(arn)
			if role == nil {
				if strings.Contains(arn, ":role/aws-service-role/") {
					continue
				}
				return fmt.Errorf("%s", strings.ReplaceAll(missing, "{value}", arn))
			}
			if service == "" {
				continue
			}
			switch allowed, err := c.cloud.mayAssume(role.str("assumeRolePolicy"), service); {
			case err != nil:
				return fmt.Errorf("judging who may assume %s: %w", arn, err)
			case !allowed:
				return fmt.Errorf("%s", strings.ReplaceAll(refused, "{value}", arn))
			}
		}
		return nil
	}
}
