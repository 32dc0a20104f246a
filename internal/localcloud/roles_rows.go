// IAM's resource types: roles, their policies, instance profiles. What policies allow is evaluated
// in iam.
package localcloud

import (
	"regexp"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

// noSuchRole is IAM's error for a role that does not exist.
const noSuchRole = "NoSuchEntity: The role with name {value} cannot be found."

// iamName is what IAM accepts in names.
var iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)

var _ = register(
	row{
		token:    "aws:iam/role:Role",
		source:   "internal/service/iam/role.go",
		required: []string{"assumeRolePolicy"},
		replace:  []string{"name", "namePrefix", "path"},
		defaults: map[string]any{"forceDetachPolicies": false, "maxSessionDuration": 3600.0, "path": "/"},
		name: &nameRule{
			property: "name",
			max:      64,
			pattern:  iamName,
			auto:     true,
			unique:   true,
			taken:    "EntityAlreadyExists: Role with name {value} already exists.",
		},
		computed: map[string]value{
			"arn":               text("arn:aws:iam::{account}:role{path}{name}"),
			"createDate":        text("{now}"),
			"uniqueId":          func(*call) any { return "AROA" + uniqueUpper(17) },
			"managedPolicyArns": fixed([]any{}),
			"inlinePolicies":    fixed([]any{}),
		},
		check:        checks(validJSON("assumeRolePolicy"), between("maxSessionDuration", 3600, 43200)),
		beforeCreate: judgeTrust,
		beforeUpdate: judgeTrust,
		beforeDelete: judgeRoleDeletion,
		afterDelete:  forgetRole,
		notReal: "inlinePolicies and managedPolicyArns of the role itself are kept but not judged; namePrefix " +
			"is not filled in.",
	},
	row{
		token:    "aws:iam/rolePolicy:RolePolicy",
		source:   "internal/service/iam/role_policy.go",
		required: []string{"policy", "role"},
		replace:  []string{"name", "namePrefix", "role"},
		name: &nameRule{
			property: "name",
			max:      128,
			pattern:  iamName,
			auto:     true,
		},
		id:           freeID("{role}:{name}", "{role}:{name}:{hex8}"),
		references:   []reference{{path: "role", to: one("aws:iam/role:Role"), missing: noSuchRole}},
		check:        validJSON("policy"),
		beforeCreate: inTurn(needsPolicy("policy", iam.IdentityPolicy), inlineQuota),
		beforeUpdate: inTurn(needsPolicy("policy", iam.IdentityPolicy), inlineQuota),
	},
	row{
		token:    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
		source:   "internal/service/iam/role_policy_attachment.go",
		required: []string{"policyArn", "role"},
		replace:  []string{"policyArn", "role"},
		id: func(c *call) any {
			return c.str("role") + "-" + time.Now().UTC().Format("20060102150405") + randomDigits(12)
		},
		references: []reference{
			{path: "role", to: one("aws:iam/role:Role"), missing: noSuchRole},
			{
				path:    "policyArn",
				to:      []string{"aws:iam/policy:Policy", managedPolicyType},
				missing: "NoSuchEntity: Policy {value} does not exist or is not attachable.",
				blocks:  "DeleteConflict: Cannot delete a policy attached to entities.",
			},
		},
		beforeCreate: attachmentQuota,
		notReal:      "Of AWS's managed policies only those of roles_managed.go exist.",
	},
	row{
		token:    "aws:iam/instanceProfile:InstanceProfile",
		source:   "internal/service/iam/instance_profile.go",
		seconds:  5,
		replace:  []string{"name", "namePrefix", "path"},
		defaults: map[string]any{"path": "/"},
		name: &nameRule{
			property: "name",
			max:      128,
			pattern:  iamName,
			auto:     true,
			unique:   true,
			taken:    "EntityAlreadyExists: Instance Profile {value} already exists.",
		},
		computed: map[string]value{
			"arn":        text("arn:aws:iam::{account}:instance-profile{path}{name}"),
			"createDate": text("{now}"),
			"uniqueId":   func(*call) any { return "AIPA" + uniqueUpper(17) },
		},
		references: []reference{{path: "role", to: one("aws:iam/role:Role"), missing: noSuchRole}},
	},
	row{
		token:    "aws:iam/policy:Policy",
		source:   "internal/service/iam/policy.go",
		required: []string{"policy"},
		replace:  []string{"name", "namePrefix", "description", "path"},
		defaults: map[string]any{"path": "/"},
		name: &nameRule{
			property: "name",
			max:      128,
			pattern:  iamName,
			auto:     true,
			unique:   true,
			taken:    "EntityAlreadyExists: A policy called {value} already exists. Duplicate names are not allowed.",
		},
		id: text("arn:aws:iam::{account}:policy{path}{name}"),
		computed: map[string]value{
			"arn":             text("{id}"),
			"attachmentCount": fixed(0.0),
			"policyId":        func(*call) any { return "ANPA" + uniqueUpper(17) },
		},
		check:        validJSON("policy"),
		beforeCreate: inTurn(needsPolicy("policy", iam.IdentityPolicy), managedQuota),
		beforeUpdate: inTurn(needsPolicy("policy", iam.IdentityPolicy), managedQuota),
		notReal:      "Versions of a policy are not kept.",
	},
)
