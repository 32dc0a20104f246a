// Whom roles trust: an AWS service, and only when it acts for what is this account's.

package stacks_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

// actsFor are the services that say for what they act when they assume a role, and what that may
// be. EC2 and Lambda say neither account nor resource, so that a condition would lock them out.
var actsFor = map[string]string{
	"ecs-tasks.amazonaws.com":     "arn:aws:ecs:us-east-1:" + resourcegraph.Account + ":*",
	"vpc-flow-logs.amazonaws.com": "arn:aws:ec2:us-east-1:" + resourcegraph.Account + ":vpc-flow-log/*",
	"dlm.amazonaws.com":           "arn:aws:dlm:us-east-1:" + resourcegraph.Account + ":policy/*",
	"ec2.amazonaws.com":           "",
	"lambda.amazonaws.com":        "",
}

func TestServicesAssumeRolesForThisAccountOnly(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		seen := map[string]bool{}
		for _, role := range g.Of("aws:iam/role:Role") {
			var trust struct {
				Statement []struct {
					Principal map[string]string
					Condition map[string]map[string]string
				}
			}
			require.NoError(t, json.Unmarshal([]byte(role.Text("assumeRolePolicy")), &trust), role.Name)
			require.Len(t, trust.Statement, 1, role.Name)
			statement := trust.Statement[0]
			service := statement.Principal["Service"]
			resource, known := actsFor[service]
			require.True(t, known, "%s trusts %v: say for what it acts", role.Name, statement.Principal)
			seen[service] = true
			if resource == "" {
				assert.Empty(t, statement.Condition, role.Name)
				continue
			}
			assert.Equal(
				t,
				map[string]map[string]string{
					"StringEquals": {"aws:SourceAccount": resourcegraph.Account},
					"ArnLike":      {"aws:SourceArn": resource},
				},
				statement.Condition,
				"%s, of %s",
				role.Name,
				service,
			)
		}
		assert.Len(t, seen, len(actsFor), "every service of the table has a role: %v", seen)
	})
}
