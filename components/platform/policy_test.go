package platform_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/components/platform"
)

func TestStatementAllowsUnlessItSaysOtherwise(t *testing.T) {
	statements := []platform.Statement{
		{Sid: "Read", Action: []string{"s3:GetObject"}, Resource: "arn:aws:s3:::b/*"},
		{
			Effect:    "Deny",
			Principal: "*",
			Action:    []string{"s3:*"},
			Resource:  []string{"a", "b"},
			Condition: map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
		},
	}

	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"},
		{"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["a", "b"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}`, platform.PolicyJSON(statements...))
	assert.Empty(t, statements[0].Effect, "the caller's statements were changed")
}

func TestTrustPolicyNamesOneService(t *testing.T) {
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ["sts:AssumeRole"]}]}`,
		platform.AssumeRole("ec2.amazonaws.com"))
}

func TestTrustPolicyNamesWhatTheServiceActsFor(t *testing.T) {
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": ["sts:AssumeRole"],
			"Condition": {
			"StringEquals": {"aws:SourceAccount": "123456789012"},
				"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}}}]}`,
		platform.Stack{Region: "eu-west-1", Account: "123456789012"}.AssumeRoleForTasks())
}
