// IAM's resource types: roles, their policies and instance profiles. The package is not called iam
// because that package evaluates policies and knows no records.
package roles

import (
	"regexp"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// noSuchRole is IAM's error for a role that does not exist.
const noSuchRole = "NoSuchEntity: The role with name {value} cannot be found."

// iamName is what IAM accepts in names.
var iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)

var _ = cloud.Register(
	cloud.Row{
		Token:    "aws:iam/role:Role",
		Source:   "internal/service/iam/role.go",
		Required: []string{"assumeRolePolicy"},
		Replace:  []string{"name", "namePrefix", "path"},
		Defaults: map[string]any{"forceDetachPolicies": false, "maxSessionDuration": 3600.0, "path": "/"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      64,
			Pattern:  iamName,
			Auto:     true,
			Unique:   true,
			Taken:    "EntityAlreadyExists: Role with name {value} already exists.",
		},
		Computed: map[string]cloud.Value{
			"arn":               cloud.Text("arn:aws:iam::{account}:role{path}{name}"),
			"createDate":        cloud.Text("{now}"),
			"uniqueId":          func(*cloud.Call) any { return "AROA" + cloud.RandomUniqueID(17) },
			"managedPolicyArns": cloud.Fixed([]any{}),
			"inlinePolicies":    cloud.Fixed([]any{}),
		},
		Check: cloud.Checks(
			cloud.ValidJSON("assumeRolePolicy"),
			cloud.Between("maxSessionDuration", 3600, 43200),
		),
		BeforeCreate: checkTrust,
		BeforeUpdate: checkTrust,
		BeforeDelete: checkRoleDeletion,
		AfterDelete:  forgetRole,
		NotReal: "inlinePolicies and managedPolicyArns of the role itself are kept but not checked; namePrefix " +
			"is not filled in.",
	},
	cloud.Row{
		Token:    "aws:iam/rolePolicy:RolePolicy",
		Source:   "internal/service/iam/role_policy.go",
		Required: []string{"policy", "role"},
		Replace:  []string{"name", "namePrefix", "role"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      128,
			Pattern:  iamName,
			Auto:     true,
		},
		ID:           cloud.FreeID("{role}:{name}", "{role}:{name}:{hex8}"),
		References:   []cloud.Reference{{Path: "role", To: cloud.One("aws:iam/role:Role"), Missing: noSuchRole}},
		Check:        cloud.ValidJSON("policy"),
		BeforeCreate: cloud.InTurn(RequireValidPolicy("policy", iam.IdentityPolicy), inlineQuota),
		BeforeUpdate: cloud.InTurn(RequireValidPolicy("policy", iam.IdentityPolicy), inlineQuota),
	},
	cloud.Row{
		Token:    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		Source:   "internal/service/iam/role_policy_attachment.go",
		Required: []string{"policyArn", "role"},
		Replace:  []string{"policyArn", "role"},
		ID: func(c *cloud.Call) any {
			return c.Str("role") + "-" + time.Now().UTC().Format("20060102150405") + cloud.RandomDigits(12)
		},
		References: []cloud.Reference{
			{Path: "role", To: cloud.One("aws:iam/role:Role"), Missing: noSuchRole},
			{
				Path:    "policyArn",
				To:      []string{"aws:iam/policy:Policy", managedPolicyType},
				Missing: "NoSuchEntity: Policy {value} does not exist or is not attachable.",
				Blocks:  "DeleteConflict: Cannot delete a policy attached to entities.",
			},
		},
		BeforeCreate: attachmentQuota,
		NotReal:      "Of AWS's managed policies only those of iam/managed.go exist.",
	},
	cloud.Row{
		Token:    "aws:iam/instanceProfile:InstanceProfile",
		Source:   "internal/service/iam/instance_profile.go",
		Seconds:  5,
		Replace:  []string{"name", "namePrefix", "path"},
		Defaults: map[string]any{"path": "/"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      128,
			Pattern:  iamName,
			Auto:     true,
			Unique:   true,
			Taken:    "EntityAlreadyExists: Instance Profile {value} already exists.",
		},
		Computed: map[string]cloud.Value{
			"arn":        cloud.Text("arn:aws:iam::{account}:instance-profile{path}{name}"),
			"createDate": cloud.Text("{now}"),
			"uniqueId":   func(*cloud.Call) any { return "AIPA" + cloud.RandomUniqueID(17) },
		},
		References: []cloud.Reference{{Path: "role", To: cloud.One("aws:iam/role:Role"), Missing: noSuchRole}},
	},
	cloud.Row{
		Token:    "aws:iam/policy:Policy",
		Source:   "internal/service/iam/policy.go",
		Required: []string{"policy"},
		Replace:  []string{"name", "namePrefix", "description", "path"},
		Defaults: map[string]any{"path": "/"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      128,
			Pattern:  iamName,
			Auto:     true,
			Unique:   true,
			Taken:    "EntityAlreadyExists: A policy called {value} already exists. Duplicate names are not allowed.",
		},
		ID: cloud.Text("arn:aws:iam::{account}:policy{path}{name}"),
		Computed: map[string]cloud.Value{
			"arn":             cloud.Text("{id}"),
			"attachmentCount": cloud.Fixed(0.0),
			"policyId":        func(*cloud.Call) any { return "ANPA" + cloud.RandomUniqueID(17) },
		},
		Check:        cloud.ValidJSON("policy"),
		BeforeCreate: cloud.InTurn(RequireValidPolicy("policy", iam.IdentityPolicy), managedQuota),
		BeforeUpdate: cloud.InTurn(RequireValidPolicy("policy", iam.IdentityPolicy), managedQuota),
		NotReal:      "Versions of a policy are not kept.",
	},
)
