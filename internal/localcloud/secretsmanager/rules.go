// What Secrets Manager refuses, and how versions move between stages.
package secretsmanager

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// deletedSecretType is the type of records of secrets in their recovery window; the id is the name.
const deletedSecretType = "aws:secretsmanager/deleted:Secret"

// SecretContent are the values of one secret. They are in Tx.Values under the secret's ARN, because
// they outlive the version resources that brought them.
type SecretContent struct {
	CurrentVersion, Current   string
	PreviousVersion, Previous string
	CurrentIs, PreviousIs     secretForm
}

// secretForm is what is known of a version besides its value.
type secretForm struct {
	binary  bool // the value is base64
	created time.Time
}

func recoveryWindow(c *cloud.Call) []cloud.Failure {
	days, given := c.Get("recoveryWindowInDays").(float64)
	if !given || days == 0 || days >= 7 && days <= 30 {
		return nil
	}
	return []cloud.Failure{
		{
			Property: "recoveryWindowInDays",
			Reason: fmt.Sprintf(
				"expected recoveryWindowInDays to be 0 or in the range (7 - 30), got %s",
				cloud.FormatNumber(days),
			),
		},
	}
}

var needsSecretKey = kms.RequireKey("kmsKeyId", "InvalidParameterException: The KMS key {value} does not exist")

// refuseScheduledName refuses the name of a secret in its recovery window. The provider retries for
// two minutes and then reports the same error.
func refuseScheduledName(c *cloud.Call) error {
	if c.Tx.Find(deletedSecretType, "", c.Name()) != nil {
		return fmt.Errorf(
			"InvalidRequestException: You can't create this secret because a secret with this name is already " +
				"scheduled for deletion.",
		)
	}
	return nil
}

// burySecret keeps the name of a deleted secret for the recovery window, if it has one.
func burySecret(c *cloud.Call) error {
	delete(c.Tx.Values, c.ID)
	days := c.Num("recoveryWindowInDays")
	if days > 0 {
		c.Tx.Keep(deletedSecretType, c.Str("name"), map[string]any{
			"arn": c.ID, "name": c.Str("name"),
			"deletionDate": time.Now().UTC().AddDate(0, 0, int(days)).Format(time.RFC3339),
		})
	}
	return nil
}

// SecretByID finds a secret by its ARN or name; nil if there is none.
func SecretByID(tx *cloud.Tx, id string) *cloud.Record {
	if found := tx.Find("aws:secretsmanager/secret:Secret", "", id); found != nil {
		return found
	}
	return tx.Find("aws:secretsmanager/secret:Secret", "name", id)
}

func checkSecretValue(c *cloud.Call) error {
	if SecretByID(c.Tx, c.Str("secretId")) == nil {
		return fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret.")
	}
	if length := len(c.Str("secretString")); length > 65536 {
		return fmt.Errorf("InvalidParameterException: secretString holds %d bytes, the most is 65536", length)
	}
	if c.Str("secretString") == "" && c.Str("secretBinary") == "" {
		return fmt.Errorf("InvalidRequestException: You must provide either SecretString or SecretBinary.")
	}
	return nil
}

// storeSecretValue makes the new version current and the current one previous.
func storeSecretValue(c *cloud.Call) error {
	secret := SecretByID(c.Tx, c.Str("secretId"))
	if stages := c.All("versionStages"); len(stages) > 0 && !slices.Contains(stages, "AWSCURRENT") {
		return nil // a version that waits (AWSPENDING): it is in the record, and current stays current
	}
	content, _ := c.Tx.Values[secret.ID].(SecretContent)
	for _, other := range c.Tx.All(c.Row.Token) {
		stage := map[string]string{content.CurrentVersion: "AWSPREVIOUS"}[other.Str("versionId")]
		if other.ID != c.ID && strings.HasPrefix(other.ID, secret.ID+"|") && stage != "" {
			other.SetOutput("versionStages", []any{stage})
		}
	}
	c.Tx.Values[secret.ID] = SecretContent{
		CurrentVersion:  c.Str("versionId"),
		Current:         c.Str("secretString") + c.Str("secretBinary"),
		PreviousVersion: content.CurrentVersion,
		Previous:        content.Current,
		CurrentIs:       secretForm{c.Str("secretBinary") != "", time.Now().UTC()},
		PreviousIs:      content.CurrentIs,
	}
	return nil
}
