// KMS keys and aliases, Secrets Manager secrets and their versions. What is deleted here
// stays for a waiting time, as in AWS: a key is unusable, a secret's name is taken.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/iam"
)

const (
	// pendingKeyType records keys that wait for their deletion; the id is the key's.
	pendingKeyType = "aws:kms/pendingDeletion:Key"
	// deletedSecretType records secrets within their recovery window; the id is the name.
	deletedSecretType = "aws:secretsmanager/deleted:Secret"
)

// secretContent is what Secrets Manager holds of one secret, outside any record, because it
// outlives the version resource that brought it.
type secretContent struct {
	CurrentVersion, Current   string
	PreviousVersion, Previous string
	CurrentIs, PreviousIs     secretForm
}

// secretForm is what a version is beside its value.
type secretForm struct {
	binary  bool // the value is base64
	created time.Time
}

var keyTarget = "NotFoundException: Key '{value}' does not exist"

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
			c.cloud.keep(pendingKeyType, c.id, map[string]any{"arn": c.str("arn"), "keyId": c.id})
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
		check: func(c *call) []fault {
			if strings.HasPrefix(c.name(), "alias/aws/") {
				return []fault{{property: "name", reason: "the prefix alias/aws/ is reserved for AWS"}}
			}
			return nil
		},
		beforeCreate: needsKey("targetKeyId", keyTarget),
		beforeUpdate: needsKey("targetKeyId", keyTarget),
	},
	row{
		token:    "aws:secretsmanager/secret:Secret",
		source:   "internal/service/secretsmanager/secret.go",
		replace:  []string{"name", "namePrefix"},
		defaults: map[string]any{"forceOverwriteReplicaSecret": false, "recoveryWindowInDays": 30.0},
		name: &nameRule{
			property: "name",
			max:      512,
			pattern:  regexp.MustCompile(`^[0-9A-Za-z/_+=.@-]+$`),
			auto:     true,
			unique:   true,
			taken:    "ResourceExistsException: The operation failed because the secret {value} already exists.",
		},
		id: func(c *call) any {
			return c.expand("arn:aws:secretsmanager:{region}:{account}:secret:{name}-") + randomOf(lettersAndDigits, 6)
		},
		computed:     map[string]value{"arn": text("{id}"), "policy": fixed(""), "replicas": fixed([]any{})},
		check:        checks(validJSON("policy"), recoveryWindow),
		beforeCreate: inTurn(refuseScheduledName, needsSecretKey, needsPolicy("policy", iam.ResourcePolicy)),
		beforeUpdate: inTurn(needsSecretKey, needsPolicy("policy", iam.ResourcePolicy)),
		afterDelete:  burySecret,
		notReal:      "Replicas in other regions are kept as input only; the recovery window has no end.",
	},
	row{
		token:    "aws:secretsmanager/secretVersion:SecretVersion",
		source:   "internal/service/secretsmanager/secret_version.go",
		required: []string{"secretId"},
		replace:  []string{"secretId", "secretBinary", "secretString"},
		id: func(c *call) any {
			c.set("versionId", uuid())
			return c.cloud.secretByID(c.str("secretId")).ID + "|" + c.str("versionId")
		},
		computed: join(madeAtCreation("versionId"), map[string]value{
			"arn":           func(c *call) any { return c.cloud.secretByID(c.str("secretId")).ID },
			"versionStages": fixed([]any{"AWSCURRENT"}),
		}),
		check: func(c *call) []fault {
			if c.str("secretString") != "" && c.str("secretBinary") != "" {
				return []fault{{property: "secretString", reason: `"secretString": conflicts with secretBinary`}}
			}
			return nil
		},
		beforeCreate: judgeSecretValue,
		afterCreate:  storeSecretValue,
		notReal: "AWSCURRENT and AWSPREVIOUS move as in AWS; a version made under another stage keeps it, and " +
			"goes with its resource.",
	},
)

func defaultKeyPolicy(account string) string {
	return `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
		account +
		`:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`
}

// judgeKeyPolicy is KMS's safety check: a policy must leave the account able to change it.
func judgeKeyPolicy(c *call) error {
	text := c.str("policy")
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
	owners := []string{"arn:aws:iam::" + c.cloud.Account + ":root", c.cloud.Account, "*"}
	for _, s := range policy.Statements {
		keeps := s.NamesAction("kms:PutKeyPolicy")
		owned := slices.ContainsFunc(append(slices.Clone(s.Principals["AWS"]), s.Principals["*"]...),
			func(p string) bool { return slices.Contains(owners, p) })
		if s.Effect == "Allow" && keeps && owned && !s.NotAction {
			return nil
		}
	}
	if c.yes("bypassPolicyLockoutSafetyCheck") {
		return nil
	}
	return fmt.Errorf(
		"MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the " +
			"future.",
	)
}

// targetKeyARN follows the alias's target, which may be an id or an ARN.
func targetKeyARN(c *call) any {
	target := c.str("targetKeyId")
	if target == "" {
		return resource.Computed{Element: resource.NewStringProperty("")}
	}
	return c.expand("arn:aws:kms:{region}:{account}:key/") + lastOf(target, "/")
}

func recoveryWindow(c *call) []fault {
	days, given := c.get("recoveryWindowInDays").(float64)
	if !given || days == 0 || days >= 7 && days <= 30 {
		return nil
	}
	return []fault{
		{
			property: "recoveryWindowInDays",
			reason: fmt.Sprintf(
				"expected recoveryWindowInDays to be 0 or in the range (7 - 30), got %s",
				trimFloat(days),
			),
		},
	}
}

var needsSecretKey = needsKey("kmsKeyId", "InvalidParameterException: The KMS key {value} does not exist")

// refuseScheduledName: the provider tries for two minutes and then reports the same error.
func refuseScheduledName(c *call) error {
	if c.cloud.find(deletedSecretType, "", c.name()) != nil {
		return fmt.Errorf(
			"InvalidRequestException: You can't create this secret because a secret with this name is already " +
				"scheduled for deletion.",
		)
	}
	return nil
}

// burySecret keeps the name taken for the recovery window, unless there is none.
func burySecret(c *call) error {
	delete(c.cloud.private, c.id)
	days := c.num("recoveryWindowInDays")
	if days > 0 {
		c.cloud.keep(deletedSecretType, c.str("name"), map[string]any{
			"arn": c.id, "name": c.str("name"),
			"deletionDate": time.Now().UTC().AddDate(0, 0, int(days)).Format(time.RFC3339),
		})
	}
	return nil
}

// secretByID finds a secret by its ARN or name; nil if there is none.
func (c *Cloud) secretByID(id string) *Record {
	if found := c.find("aws:secretsmanager/secret:Secret", "", id); found != nil {
		return found
	}
	return c.find("aws:secretsmanager/secret:Secret", "name", id)
}

func judgeSecretValue(c *call) error {
	if c.cloud.secretByID(c.str("secretId")) == nil {
		return fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret.")
	}
	if length := len(c.str("secretString")); length > 65536 {
		return fmt.Errorf("InvalidParameterException: secretString holds %d bytes, the most is 65536", length)
	}
	if c.str("secretString") == "" && c.str("secretBinary") == "" {
		return fmt.Errorf("InvalidRequestException: You must provide either SecretString or SecretBinary.")
	}
	return nil
}

// storeSecretValue makes the new version current and the current one previous.
func storeSecretValue(c *call) error {
	secret := c.cloud.secretByID(c.str("secretId"))
	if stages := c.all("versionStages"); len(stages) > 0 && !slices.Contains(stages, "AWSCURRENT") {
		return nil // a version that waits (AWSPENDING): it is in the record, and current stays current
	}
	content, _ := c.cloud.private[secret.ID].(secretContent)
	for _, other := range c.cloud.all(c.row.token) {
		stage := map[string]string{content.CurrentVersion: "AWSPREVIOUS"}[other.str("versionId")]
		if other.ID != c.id && strings.HasPrefix(other.ID, secret.ID+"|") && stage != "" {
			other.setOutput("versionStages", []any{stage})
		}
	}
	c.cloud.private[secret.ID] = secretContent{
		CurrentVersion:  c.str("versionId"),
		Current:         c.str("secretString") + c.str("secretBinary"),
		PreviousVersion: content.CurrentVersion,
		Previous:        content.Current,
		CurrentIs:       secretForm{c.str("secretBinary") != "", time.Now().UTC()},
		PreviousIs:      content.CurrentIs,
	}
	return nil
}
