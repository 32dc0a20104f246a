// Secrets Manager over the wire. Sources: Secrets Manager API reference, GetSecretValue, and user
// guide, "Secret encryption and decryption".
package localcloud

import (
	"net/http"
	"slices"
	"strings"
)

var _ = registerOperations("secretsmanager", map[string]operation{"GetSecretValue": getSecretValue})

// secretVersion is one version of a secret as GetSecretValue answers it.
type secretVersion struct {
	id, value string
	of        secretName
	stages    []string
	form      secretForm
}

// secretName is how a secret is called.
type secretName struct{ arn, name string }

func getSecretValue(in *wireRequest, w http.ResponseWriter) *apiError {
	var asked struct{ SecretId, VersionId, VersionStage string }
	if fault := in.decode(&asked, "SecretId"); fault != nil {
		return fault
	}
	version, fault := in.secret(asked.SecretId, asked.VersionId, asked.VersionStage)
	if fault != nil {
		return fault
	}
	answer := map[string]any{
		"ARN": version.of.arn, "Name": version.of.name, "VersionId": version.id, "VersionStages": version.stages,
		"SecretString": version.value,
	}
	if version.form.binary {
		delete(answer, "SecretString")
		answer["SecretBinary"] = version.value
	}
	if !version.form.created.IsZero() {
		answer["CreatedDate"] = float64(version.form.created.UnixMilli()) / 1000
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// secret finds a version that the caller may read and decrypt.
func (in *wireRequest) secret(id, versionID, stage string) (secretVersion, *apiError) {
	c := in.cloud
	return update2(c, func(tx *Tx) (secretVersion, *apiError) {
		secret := tx.secretByID(id)
		ask := access{
			action:   "secretsmanager:GetSecretValue",
			resource: id,
			label:    id,
			context:  map[string]string{"secretsmanager:secretid": id},
		}
		// What the request leaves out is absent, although the default is AWSCURRENT (user guide,
		// "Condition keys").
		for key, value := range map[string]string{
			"secretsmanager:versionid":    versionID,
			"secretsmanager:versionstage": stage,
		} {
			if value != "" {
				ask.context[key] = value
			}
		}
		if secret != nil {
			ask.resource = secret.ID
			tagKeys(ask.context, "aws:resourcetag/", secret)
			if policy := secret.str("policy"); policy != "" {
				ask.own = []string{policy}
			}
		}
		if fault := in.allow(tx, ask); fault != nil {
			return secretVersion{}, fault
		}
		if secret == nil {
			if tx.find(deletedSecretType, "", id) != nil || tx.find(deletedSecretType, "arn", id) != nil {
				return secretVersion{}, &apiError{
					status:  400,
					code:    "InvalidRequestException",
					message: "You can't perform this operation on the secret because it was marked for deletion.",
				}
			}
			return secretVersion{}, &apiError{
				status:  400,
				code:    "ResourceNotFoundException",
				message: "Secrets Manager can't find the specified secret.",
			}
		}
		version, found := tx.versionOf(secret, versionID, stage)
		if !found {
			return version, noVersion(versionID, stage)
		}
		version.of = secretName{secret.ID, secret.str("name")}
		return version, in.openSecret(tx, secret, version.id)
	})
}

// noVersion is the answer to a version that is not there; without either the stage is AWSCURRENT.
func noVersion(versionID, stage string) *apiError {
	what := "VersionId: " + versionID
	if versionID == "" {
		what = "staging label: " + defaultStage(stage)
	}
	return &apiError{
		status:  400,
		code:    "ResourceNotFoundException",
		message: "Secrets Manager can't find the specified secret value for " + what,
	}
}

func defaultStage(stage string) string {
	if stage == "" {
		return "AWSCURRENT"
	}
	return stage
}

// versionOf finds a version by its id, its stage, or both.
func (tx *Tx) versionOf(secret *Record, id, stage string) (secretVersion, bool) {
	if id == "" {
		stage = defaultStage(stage)
	}
	for _, version := range tx.versions(secret) {
		if (id == "" || version.id == id) && (stage == "" || slices.Contains(version.stages, stage)) {
			return version, true
		}
	}
	return secretVersion{}, false
}

// versions are the current one, the one before, and those that wait under a stage of their own.
func (tx *Tx) versions(secret *Record) []secretVersion {
	var found []secretVersion
	content, _ := tx.values[secret.ID].(secretContent)
	if content.CurrentVersion != "" {
		found = append(found, secretVersion{
			id:     content.CurrentVersion,
			value:  content.Current,
			stages: []string{"AWSCURRENT"},
			form:   content.CurrentIs,
		})
	}
	if content.PreviousVersion != "" {
		found = append(found, secretVersion{
			id:     content.PreviousVersion,
			value:  content.Previous,
			stages: []string{"AWSPREVIOUS"},
			form:   content.PreviousIs,
		})
	}
	for _, r := range tx.all("aws:secretsmanager/secretVersion:SecretVersion") {
		stages, _ := r.Get("versionStages").([]any)
		id := r.str("versionId")
		if strings.HasPrefix(r.ID, secret.ID+"|") && id != content.CurrentVersion && id != content.PreviousVersion &&
			len(stages) > 0 {
			found = append(found, secretVersion{
				id:     id,
				value:  r.str("secretString") + r.str("secretBinary"),
				stages: texts(stages),
				form:   secretForm{binary: r.str("secretBinary") != ""},
			})
		}
	}
	return found
}

// openSecret asks for the secret's key in the caller's name.
func (in *wireRequest) openSecret(tx *Tx, secret *Record, version string) *apiError {
	fault := in.useKey(tx,
		secret.str("kmsKeyId"),
		"kms:Decrypt",
		"secretsmanager",
		map[string]string{"SecretARN": secret.ID, "SecretVersionId": version},
	)
	switch {
	case fault == nil:
		return nil
	case fault.code == "AccessDeniedException":
		fault.message = "Access to KMS is not allowed"
	case strings.HasPrefix(fault.code, "KMS."):
		return &apiError{
			status: 400,
			code:   "DecryptionFailure",
			message: "Secrets Manager can't decrypt the protected secret text using the provided KMS key: " +
				fault.message,
		}
	}
	return fault
}
