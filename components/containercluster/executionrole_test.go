package containercluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/platform"
)

const (
	secret     = "arn:aws:secretsmanager:us-east-1:123456789012:secret:quest-system-a1b2c3"
	repository = "arn:aws:ecr:us-east-1:123456789012:repository/prod/*"
	key        = "arn:aws:kms:us-east-1:123456789012:key/1"
	logs       = "arn:aws:logs:us-east-1:123456789012:log-group:/prod/*"
)

var stack = platform.Stack{Environment: "prod", Region: "us-east-1", Account: "123456789012"}

func find(t *testing.T, statements []platform.Statement, action string) platform.Statement {
	t.Helper()
	for _, statement := range statements {
		if slices.Contains(statement.Action, action) {
			return statement
		}
	}
	require.Failf(t, "no statement", "no statement allows %s: %+v", action, statements)
	return platform.Statement{}
}

func TestExecutionRoleReachesOnlyWhatIsListed(t *testing.T) {
	statements := slices.Concat(executionRights(stack), secretRights([]string{secret}, key))

	assert.Equal(t, []string{secret}, find(t, statements, "secretsmanager:GetSecretValue").Resource)
	assert.Equal(t, []string{repository}, find(t, statements, "ecr:BatchGetImage").Resource)
	assert.Equal(t, key, find(t, statements, "kms:Decrypt").Resource)
	assert.Equal(t, logs, find(t, statements, "logs:PutLogEvents").Resource)
	for _, statement := range statements {
		for _, action := range statement.Action {
			assert.False(t, strings.Contains(action, "*"), "action %s allows more than it says", action)
		}
		if statement.Resource == "*" {
			assert.Equal(t, []string{"ecr:GetAuthorizationToken"}, statement.Action)
		}
	}
}

func TestAPolicyFullOfSecretsFitsIAMsLimit(t *testing.T) {
	long := "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:identity-" + strings.Repeat(
		"n",
		40,
	) + "-seed-1a2b3c4-AbCdEf"
	assert.Less(
		t,
		len(platform.PolicyJSON(secretRights(slices.Repeat([]string{long}, secretsPerPolicy), key)...)),
		6144,
	)
}
