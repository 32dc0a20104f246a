// Secrets Manager over the wire: nodes and tasks read their secrets with it. Sources: Secrets
// Manager API reference, GetSecretValue, and user guide, "Secret encryption and decryption".
package secretsmanager

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

var _ = awsapi.RegisterOperations("secretsmanager", map[string]awsapi.Operation{"GetSecretValue": getSecretValue})

// SecretVersion is one version of a secret, as GetSecretValue returns it.
type SecretVersion struct {
	id, Value string
	of        secretName
	stages    []string
	form      secretForm
}

// secretName is what identifies a secret.
type secretName struct{ arn, name string }

func getSecretValue(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	var input struct{ SecretId, VersionId, VersionStage string }
	if fault := in.Decode(&input, "SecretId"); fault != nil {
		return fault
	}
	version, fault := Secret(in, input.SecretId, input.VersionId, input.VersionStage)
	if fault != nil {
		return fault
	}
	answer := map[string]any{
		"ARN": version.of.arn, "Name": version.of.name, "VersionId": version.id, "VersionStages": version.stages,
		"SecretString": version.Value,
	}
	if version.form.binary {
		delete(answer, "SecretString")
		answer["SecretBinary"] = version.Value
	}
	if !version.form.created.IsZero() {
		answer["CreatedDate"] = float64(version.form.created.UnixMilli()) / 1000
	}
	awsapi.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// Secret returns a version of a secret that the caller may read and decrypt. id is the ARN or the
// name; without versionID and stage it is the version AWSCURRENT.
func Secret(in *awsapi.Request, id, versionID, stage string) (SecretVersion, *awsapi.Error) {
	c := in.Cloud
	return cloud.Update2(c, func(tx *cloud.Tx) (SecretVersion, *awsapi.Error) {
		secret := SecretByID(tx, id)
		access := awsapi.Access{
			Action:   "secretsmanager:GetSecretValue",
			Resource: id,
			Label:    id,
			Context:  map[string]string{"secretsmanager:secretid": id},
		}
		// What the request leaves out is absent, although the default is AWSCURRENT (user guide,
		// "Condition keys").
		for key, value := range map[string]string{
			"secretsmanager:versionid":    versionID,
			"secretsmanager:versionstage": stage,
		} {
			if value != "" {
				access.Context[key] = value
			}
		}
		if secret != nil {
			access.Resource = secret.ID
			awsapi.AddTagKeys(access.Context, "aws:resourcetag/", secret)
			if policy := secret.Str("policy"); policy != "" {
				access.ResourcePolicies = []string{policy}
			}
		}
		if fault := in.Allow(tx, access); fault != nil {
			return SecretVersion{}, fault
		}
		if secret == nil {
			if tx.Find(deletedSecretType, "", id) != nil || tx.Find(deletedSecretType, "arn", id) != nil {
				return SecretVersion{}, &awsapi.Error{
					Status:  400,
					Code:    "InvalidRequestException",
					Message: "You can't perform this operation on the secret because it was marked for deletion.",
				}
			}
			return SecretVersion{}, &awsapi.Error{
				Status:  400,
				Code:    "ResourceNotFoundException",
				Message: "Secrets Manager can't find the specified secret.",
			}
		}
		version, found := versionOf(tx, secret, versionID, stage)
		if !found {
			return version, noVersion(versionID, stage)
		}
		version.of = secretName{secret.ID, secret.Str("name")}
		return version, openSecret(in, tx, secret, version.id)
	})
}

// noVersion is the error where a version does not exist.
func noVersion(versionID, stage string) *awsapi.Error {
	what := "VersionId: " + versionID
	if versionID == "" {
		what = "staging label: " + defaultStage(stage)
	}
	return &awsapi.Error{
		Status:  400,
		Code:    "ResourceNotFoundException",
		Message: "Secrets Manager can't find the specified secret value for " + what,
	}
}

func defaultStage(stage string) string {
	if stage == "" {
		return "AWSCURRENT"
	}
	return stage
}

// versionOf finds a version by its id, its stage, or both.
func versionOf(tx *cloud.Tx, secret *cloud.Record, id, stage string) (SecretVersion, bool) {
	if id == "" {
		stage = defaultStage(stage)
	}
	for _, version := range versions(tx, secret) {
		if (id == "" || version.id == id) && (stage == "" || slices.Contains(version.stages, stage)) {
			return version, true
		}
	}
	return SecretVersion{}, false
}

// versions returns the current version, the previous one, and those with other stages.
func versions(tx *cloud.Tx, secret *cloud.Record) []SecretVersion {
	var found []SecretVersion
	content, _ := tx.Values[secret.ID].(SecretContent)
	if content.CurrentVersion != "" {
		found = append(found, SecretVersion{
			id:     content.CurrentVersion,
			Value:  content.Current,
			stages: []string{"AWSCURRENT"},
			form:   content.CurrentIs,
		})
	}
	if content.PreviousVersion != "" {
		found = append(found, SecretVersion{
			id:     content.PreviousVersion,
			Value:  content.Previous,
			stages: []string{"AWSPREVIOUS"},
			form:   content.PreviousIs,
		})
	}
	for _, r := range tx.All("aws:secretsmanager/secretVersion:SecretVersion") {
		stages, _ := r.Get("versionStages").([]any)
		id := r.Str("versionId")
		if strings.HasPrefix(r.ID, secret.ID+"|") && id != content.CurrentVersion && id != content.PreviousVersion &&
			len(stages) > 0 {
			found = append(found, SecretVersion{
				id:     id,
				Value:  r.Str("secretString") + r.Str("secretBinary"),
				stages: cloud.Strings(stages),
				form:   secretForm{binary: r.Str("secretBinary") != ""},
			})
		}
	}
	return found
}

// openSecret refuses a caller that may not use the KMS key of a secret.
func openSecret(in *awsapi.Request, tx *cloud.Tx, secret *cloud.Record, version string) *awsapi.Error {
	fault := kms.UseKey(in, tx,
		secret.Str("kmsKeyId"),
		"kms:Decrypt",
		"secretsmanager",
		map[string]string{"SecretARN": secret.ID, "SecretVersionId": version},
	)
	switch {
	case fault == nil:
		return nil
	case fault.Code == "AccessDeniedException":
		fault.Message = "Access to KMS is not allowed"
	case strings.HasPrefix(fault.Code, "KMS."):
		return &awsapi.Error{
			Status: 400,
			Code:   "DecryptionFailure",
			Message: "Secrets Manager can't decrypt the protected secret text using the provided KMS key: " +
				fault.Message,
		}
	}
	return fault
}
