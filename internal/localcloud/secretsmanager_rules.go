// What Secrets Manager refuses, and how values move between stages.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// deletedSecretType records secrets within their recovery window; the id is the name.
const deletedSecretType = "aws:secretsmanager/deleted:Secret"

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

func recoveryWindow(c *call) []failure {
	days, given := c.get("recoveryWindowInDays").(float64)
	if !given || days == 0 || days >= 7 && days <= 30 {
		return nil
	}
	return []failure{
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
	if c.tx.find(deletedSecretType, "", c.name()) != nil {
		return fmt.Errorf(
			"InvalidRequestException: You can't create this secret because a secret with this name is already " +
				"scheduled for deletion.",
		)
	}
	return nil
}

// burySecret keeps the name taken for the recovery window, unless there is none.
func burySecret(c *call) error {
	delete(c.tx.values, c.id)
	days := c.num("recoveryWindowInDays")
	if days > 0 {
		c.tx.keep(deletedSecretType, c.str("name"), map[string]any{
			"arn": c.id, "name": c.str("name"),
			"deletionDate": time.Now().UTC().AddDate(0, 0, int(days)).Format(time.RFC3339),
		})
	}
	return nil
}

// secretByID finds a secret by its ARN or name; nil if there is none.
func (tx *Tx) secretByID(id string) *Record {
	if found := tx.find("aws:secretsmanager/secret:Secret", "", id); found != nil {
		return found
	}
	return tx.find("aws:secretsmanager/secret:Secret", "name", id)
}

func judgeSecretValue(c *call) error {
	if c.tx.secretByID(c.str("secretId")) == nil {
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
	secret := c.tx.secretByID(c.str("secretId"))
	if stages := c.all("versionStages"); len(stages) > 0 && !slices.Contains(stages, "AWSCURRENT") {
		return nil // a version that waits (AWSPENDING): it is in the record, and current stays current
	}
	content, _ := c.tx.values[secret.ID].(secretContent)
	for _, other := range c.tx.all(c.row.token) {
		stage := map[string]string{content.CurrentVersion: "AWSPREVIOUS"}[other.str("versionId")]
		if other.ID != c.id && strings.HasPrefix(other.ID, secret.ID+"|") && stage != "" {
			other.setOutput("versionStages", []any{stage})
		}
	}
	c.tx.values[secret.ID] = secretContent{
		CurrentVersion:  c.str("versionId"),
		Current:         c.str("secretString") + c.str("secretBinary"),
		PreviousVersion: content.CurrentVersion,
		Previous:        content.Current,
		CurrentIs:       secretForm{c.str("secretBinary") != "", time.Now().UTC()},
		PreviousIs:      content.CurrentIs,
	}
	return nil
}
