// What a task is given before it starts: variables, secrets in the execution role's name, and the
// VPC's name server.
package localcloud

import (
	"fmt"
	"strings"
)

// taskEnvironment are a container's variables, with the secrets that its execution role may read.
func (c *Cloud) taskEnvironment(definition Record, container containerDefinition) (variables []string, err error) {
	for _, v := range container.Environment {
		variables = append(variables, v.Name+"="+v.Value)
	}
	if len(container.Secrets) == 0 {
		return variables, nil
	}
	credentials, err := c.taskSession(definition.str("executionRoleArn"))
	if err != nil {
		return nil, err
	}
	for _, s := range container.Secrets {
		value, err := c.taskSecret(credentials, s.ValueFrom)
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

// taskSession is what Fargate gets when it assumes the execution role, if that lets it.
func (c *Cloud) taskSession(role string) (*roleSession, error) {
	return update2(c, func(tx *Tx) (*roleSession, error) {
		held := tx.roleByARN(role)
		if held == nil {
			return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
		}
		allowed, err := c.mayAssume(held.str("assumeRolePolicy"), "ecs-tasks.amazonaws.com")
		if err != nil {
			return nil, err
		}
		if !allowed {
			return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
		}
		credentials, err := tx.newSession(role, "ecs-agent")
		if err != nil {
			return nil, err
		}
		return tx.wire().sessions[credentials.AccessKeyID], nil
	})
}

// taskSecret reads a secret as GetSecretValue does: policies and keys decide.
func (c *Cloud) taskSecret(caller *roleSession, from string) (string, error) {
	fields := strings.Split(from, ":")
	version, stage := "", ""
	if len(fields) == secretVersionFields {
		if fields[7] != "" {
			return "", fmt.Errorf("the JSON key %s: the embedded AWS reads whole secrets only", fields[7])
		}
		stage, version = fields[8], fields[9]
	}
	in := &wireRequest{
		cloud:     c,
		protocol:  json11,
		service:   "secretsmanager",
		operation: "GetSecretValue",
		caller:    caller,
	}
	found, fault := in.secret(strings.Join(fields[:min(len(fields), secretARNFields)], ":"), version, stage)
	if fault != nil {
		return "", fmt.Errorf("%s: %s", fault.code, fault.message)
	}
	return found.value, nil
}
