// KMS keys and aliases. A deleted key stays unusable for a waiting time, as in AWS, so that drills
// can see what depends on it.
package kms

import (
	"regexp"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.Register(
	cloud.Row{
		Token:   "aws:kms/key:Key",
		Source:  "internal/service/kms/key.go",
		Seconds: 30,
		Replace: []string{"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
		Defaults: map[string]any{
			"bypassPolicyLockoutSafetyCheck": false, "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
			"enableKeyRotation": false, "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT",
		},
		ID: func(c *cloud.Call) any {
			if c.Bool("multiRegion") {
				return "mrk-" + cloud.RandomHex(32)
			}
			return cloud.UUID()
		},
		Computed: map[string]cloud.Value{
			"arn":   cloud.Text("arn:aws:kms:{region}:{account}:key/{id}"),
			"keyId": cloud.Text("{id}"),
			"description": cloud.Fixed(
				"",
			),
			"multiRegion":          cloud.Fixed(false),
			"rotationPeriodInDays": cloud.Fixed(365.0),
			"policy":               func(c *cloud.Call) any { return defaultKeyPolicy(c.Cloud.Account) },
		},
		Check: cloud.Checks(
			cloud.ValidJSON("policy"),
			cloud.Between("deletionWindowInDays", 7, 30),
			cloud.Between("rotationPeriodInDays", 90, 2560),
		),
		BeforeCreate: checkKeyPolicy,
		BeforeUpdate: checkKeyPolicy,
		AfterDelete: func(c *cloud.Call) error {
			c.Tx.Keep(pendingKeyType, c.ID, map[string]any{"arn": c.Str("arn"), "keyId": c.ID})
			return nil
		},
		NotReal: "Nothing is encrypted: the key's material does not exist. The waiting time has no end.",
	},
	cloud.Row{
		Token:    "aws:kms/alias:Alias",
		Source:   "internal/service/kms/alias.go",
		Required: []string{"targetKeyId"},
		Replace:  []string{"name", "namePrefix"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      256,
			Pattern:  regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`),
			Unique:   true,
			Taken:    "AlreadyExistsException: An alias with the name {value} already exists",
		},
		ID: func(c *cloud.Call) any {
			if c.Name() == "" {
				c.Set("name", "alias/"+cloud.AfterLast(c.URN, "::")+"-"+cloud.RandomHex(7))
			}
			return c.Str("name")
		},
		Computed: map[string]cloud.Value{
			"arn":  cloud.Text("arn:aws:kms:{region}:{account}:{id}"),
			"name": cloud.Text("{id}"),
		},
		Derived: map[string]cloud.Value{"targetKeyArn": targetKeyARN},
		Check: func(c *cloud.Call) []cloud.Failure {
			if strings.HasPrefix(c.Name(), "alias/aws/") {
				return []cloud.Failure{{Property: "name", Reason: "the prefix alias/aws/ is reserved for AWS"}}
			}
			return nil
		},
		BeforeCreate: RequireKey("targetKeyId", keyTarget),
		BeforeUpdate: RequireKey("targetKeyId", keyTarget),
	},
)
