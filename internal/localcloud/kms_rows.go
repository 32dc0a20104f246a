// KMS keys and aliases. A key that is deleted stays for a waiting time, in which it is unusable.
package localcloud

import (
	"regexp"
	"strings"
)

var _ = register(
	row{
		token:   "aws:kms/key:Key",
		source:  "internal/service/kms/key.go",
		seconds: 30,
		replace: []string{"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
		defaults: map[string]any{
			"bypassPolicyLockoutSafetyCheck": false, "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
			"enableKeyRotation": false, "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT",
		},
		id: func(c *call) any {
			if c.yes("multiRegion") {
				return "mrk-" + randomHex(32)
			}
			return uuid()
		},
		computed: map[string]value{
			"arn": text("arn:aws:kms:{region}:{account}:key/{id}"), "keyId": text("{id}"),
			"description": fixed(""), "multiRegion": fixed(false), "rotationPeriodInDays": fixed(365.0),
			"policy": func(c *call) any { return defaultKeyPolicy(c.cloud.Account) },
		},
		check: checks(
			validJSON("policy"),
			between("deletionWindowInDays", 7, 30),
			between("rotationPeriodInDays", 90, 2560),
		),
		beforeCreate: judgeKeyPolicy,
		beforeUpdate: judgeKeyPolicy,
		afterDelete: func(c *call) error {
			c.tx.keep(pendingKeyType, c.id, map[string]any{"arn": c.str("arn"), "keyId": c.id})
			return nil
		},
		notReal: "Nothing is encrypted: the key's material does not exist. The waiting time has no end.",
	},
	row{
		token:    "aws:kms/alias:Alias",
		source:   "internal/service/kms/alias.go",
		required: []string{"targetKeyId"},
		replace:  []string{"name", "namePrefix"},
		name: &nameRule{
			property: "name",
			max:      256,
			pattern:  regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`),
			unique:   true,
			taken:    "AlreadyExistsException: An alias with the name {value} already exists",
		},
		id: func(c *call) any {
			if c.name() == "" {
				c.set("name", "alias/"+lastOf(c.urn, "::")+"-"+randomHex(7))
			}
			return c.str("name")
		},
		computed: map[string]value{"arn": text("arn:aws:kms:{region}:{account}:{id}"), "name": text("{id}")},
		derived:  map[string]value{"targetKeyArn": targetKeyARN},
		check: func(c *call) []failure {
			if strings.HasPrefix(c.name(), "alias/aws/") {
				return []failure{{property: "name", reason: "the prefix alias/aws/ is reserved for AWS"}}
			}
			return nil
		},
		beforeCreate: needsKey("targetKeyId", keyTarget),
		beforeUpdate: needsKey("targetKeyId", keyTarget),
	},
)
