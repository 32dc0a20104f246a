// Why the secrets of a task definition cannot be fetched, found before a task starts. Sources:
// ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables" (the
// form of valueFrom) and "Resolve Amazon ECS ResourceInitializationError errors" (the wording).
package ecs

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/secretsmanager"
)

// Fields of valueFrom between colons: the secret's ARN, and with it a JSON key, a stage and a
// version.
const (
	secretARNFields     = 7
	secretVersionFields = 10
)

// checkTaskSecrets refuses a service with tasks whose secrets cannot be fetched. AWS starts such
// tasks again and again until the circuit breaker opens. Parameters of Parameter Store and JSON
// keys are not checked.
func checkTaskSecrets(c *cloud.Call, definition *cloud.Record) error {
	if c.Num("desiredCount") == 0 {
		return nil
	}
	containers, err := readContainers(definition.Str("containerDefinitions"))
	if err != nil {
		return err
	}
	for _, d := range containers {
		for _, s := range d.Secrets {
			if !strings.HasPrefix(s.ValueFrom, "arn:aws:secretsmanager:") {
				continue
			}
			if fault := secretFault(c.Tx, s.ValueFrom); fault != "" {
				return fmt.Errorf(
					"waiting for ECS Service to be stable: tasks failed to start: ResourceInitializationError: "+
						"unable to pull secrets "+
						"or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: "+
						"%s (%s of container %s)",
					fault,
					s.Name,
					d.Name,
				)
			}
		}
	}
	return nil
}

// secretFault returns the reason why a valueFrom cannot be fetched; empty if it can.
func secretFault(tx *cloud.Tx, from string) string {
	fields := strings.Split(from, ":")
	if len(fields) != secretARNFields && len(fields) != secretVersionFields {
		return "unexpected ARN format with parameters when trying to retrieve ASM secret"
	}
	secret := secretsmanager.SecretByID(tx, strings.Join(fields[:secretARNFields], ":"))
	if secret == nil {
		return "ResourceNotFoundException: Secrets Manager can't find the specified secret."
	}
	stage, version := "AWSCURRENT", ""
	if len(fields) == secretVersionFields {
		if fields[8] != "" {
			stage = fields[8]
		}
		version = fields[9]
	}
	content, _ := tx.Values[secret.ID].(secretsmanager.SecretContent)
	stages := map[string]string{"AWSCURRENT": content.CurrentVersion, "AWSPREVIOUS": content.PreviousVersion}
	switch {
	case version == "" && stages[stage] == "":
		return "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging " +
			"label: " + stage
	case version != "" && version != content.CurrentVersion && version != content.PreviousVersion:
		return "ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: " +
			version
	}
	return ""
}
