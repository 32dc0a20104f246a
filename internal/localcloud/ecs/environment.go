// What a task gets before it starts: its variables, and the secrets that its execution role may
// read.
package ecs

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
	"github.com/bodybroker/platform/internal/localcloud/secretsmanager"
)

// taskEnvironment returns the variables of a container and the secrets that its execution role may
// read.
func taskEnvironment(
	c *cloud.Cloud,
	definition cloud.Record,
	container containerDefinition,
) (variables []string, err error) {
	for _, v := range container.Environment {
		variables = append(variables, v.Name+"="+v.Value)
	}
	if len(container.Secrets) == 0 {
		return variables, nil
	}
	credentials, err := taskSession(c, definition.Str("executionRoleArn"))
	if err != nil {
		return nil, err
	}
	for _, s := range container.Secrets {
		value, err := taskSecret(c, credentials, s.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf(
				"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "+
					"failed: "+
					"unable to retrieve secret from asm: %w (%s of container %s)",
				err,
				s.Name,
				container.Name,
			)
		}
		variables = append(variables, s.Name+"="+value)
	}
	return variables, nil
}

// taskSession assumes the execution role for Fargate, if the role allows that.
func taskSession(c *cloud.Cloud, role string) (*awsapi.RoleSession, error) {
	return cloud.Update2(c, func(tx *cloud.Tx) (*awsapi.RoleSession, error) {
		held := roles.RoleByARN(tx, role)
		if held == nil {
			return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
		}
		allowed, err := roles.MayAssume(c, held.Str("assumeRolePolicy"), "ecs-tasks.amazonaws.com")
		if err != nil {
			return nil, err
		}
		if !allowed {
			return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
		}
		credentials, err := awsapi.NewSession(tx, role, "ecs-agent")
		if err != nil {
			return nil, err
		}
		return awsapi.Wire(tx).Sessions[credentials.AccessKeyID], nil
	})
}

// taskSecret reads a secret as GetSecretValue does: policies and keys decide whether it may.
func taskSecret(c *cloud.Cloud, caller *awsapi.RoleSession, from string) (string, error) {
	fields := strings.Split(from, ":")
	version, stage := "", ""
	if len(fields) == secretVersionFields {
		if fields[7] != "" {
			return "", fmt.Errorf("the JSON key %s: the embedded AWS reads secrets only without a JSON key", fields[7])
		}
		stage, version = fields[8], fields[9]
	}
	in := &awsapi.Request{
		Cloud:     c,
		Protocol:  awsapi.JSON11,
		Service:   "secretsmanager",
		Operation: "GetSecretValue",
		Caller:    caller,
	}
	found, fault := secretsmanager.Secret(
		in,
		strings.Join(fields[:min(len(fields), secretARNFields)], ":"),
		version,
		stage,
	)
	if fault != nil {
		return "", fmt.Errorf("%s: %s", fault.Code, fault.Message)
	}
	return found.Value, nil
}
