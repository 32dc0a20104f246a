package localcloud

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// trusting is a trust policy with a condition.
func trusting(service string, condition map[string]any) string {
	s := statement{"Effect": "Allow", "Principal": map[string]any{"Service": service}, "Action": "sts:AssumeRole"}
	if condition != nil {
		s["Condition"] = condition
	}
	return policyText(s)
}

func sourceIs(account, arn string) map[string]any {
	return map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": account},
		"ArnLike":      map[string]any{"aws:SourceArn": arn},
	}
}

func TestServicesAssumeRolesAsTheirConditionsSay(t *testing.T) {
	own, other := "123456789012", "210987654321"
	policies := "arn:aws:dlm:us-east-1:" + own + ":policy/*"
	for name, c := range map[string]struct {
		service, document string
		assumes           bool
	}{
		"no condition": {
			service:  "dlm.amazonaws.com",
			document: trusting("dlm.amazonaws.com", nil),
			assumes:  true,
		},
		"another service": {
			service:  "dlm.amazonaws.com",
			document: trusting("ec2.amazonaws.com", nil),
			assumes:  false,
		},
		"own account and resource": {
			service:  "dlm.amazonaws.com",
			document: trusting("dlm.amazonaws.com", sourceIs(own, policies)),
			assumes:  true,
		},
		"another account": {
			service:  "dlm.amazonaws.com",
			document: trusting("dlm.amazonaws.com", sourceIs(other, policies)),
			assumes:  false,
		},
		"another resource": {
			service:  "dlm.amazonaws.com",
			document: trusting("dlm.amazonaws.com", sourceIs(own, "arn:aws:dlm:us-west-2:"+own+":policy/*")),
			assumes:  false,
		},
		"flow logs": {
			service: "vpc-flow-logs.amazonaws.com",
			document: trusting("vpc-flow-logs.amazonaws.com", sourceIs(own, "arn:aws:ec2:us-east-1:"+own+
				":vpc-flow-log/*")),
			assumes: true,
		},
		"tasks": {
			service:  "ecs-tasks.amazonaws.com",
			document: trusting("ecs-tasks.amazonaws.com", sourceIs(own, "arn:aws:ecs:us-east-1:"+own+":*")),
			assumes:  true,
		},
		"EC2 names no source": {
			service:  "ec2.amazonaws.com",
			document: trusting("ec2.amazonaws.com", sourceIs(own, "arn:aws:ec2:*:"+own+":instance/*")),
			assumes:  false,
		},
		"Lambda names no source": {
			service:  "lambda.amazonaws.com",
			document: trusting("lambda.amazonaws.com", sourceIs(own, "arn:aws:lambda:*:"+own+":function:*")),
			assumes:  false,
		},
		"a deny wins": {
			service: "dlm.amazonaws.com",
			document: policyText(statement{
				"Effect":    "Allow",
				"Principal": map[string]any{"Service": "dlm.amazonaws.com"},
				"Action":    "sts:AssumeRole",
			}, statement{
				"Effect":    "Deny",
				"Principal": map[string]any{"Service": "dlm.amazonaws.com"},
				"Action":    "sts:AssumeRole",
			}),
			assumes: false,
		},
		"an action that is another": {
			service: "dlm.amazonaws.com",
			document: policyText(statement{
				"Effect":    "Allow",
				"Principal": map[string]any{"Service": "dlm.amazonaws.com"},
				"Action":    "sts:TagSession",
			}),
			assumes: false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			assumes, err := roles.MayAssume(newBench(t).Cloud, c.document, c.service)
			require.NoError(t, err)
			assert.Equal(t, c.assumes, assumes)
		})
	}
}

func TestATrustThatCannotBeJudgedIsAnError(t *testing.T) {
	_, err := roles.MayAssume(newBench(
		t,
	).Cloud,
		trusting("dlm.amazonaws.com", map[string]any{"StringEquals": map[string]any{"aws:SourceVpc": "vpc-1"}}),
		"dlm.amazonaws.com",
	)
	assert.ErrorContains(t, err, "aws:SourceVpc")
}

func TestARowAsksForTheTrustThatTheServiceNeeds(t *testing.T) {
	b := newBench(t)
	_, made := b.make("aws:iam/role:Role", "elsewhere", map[string]any{
		"name": "elsewhere",
		"assumeRolePolicy": trusting(
			"dlm.amazonaws.com",
			sourceIs("210987654321", "arn:aws:dlm:us-east-1:210987654321:policy/*"),
		),
	})
	b.refused(
		"cannot be assumed by dlm.amazonaws.com",
		"aws:dlm/lifecyclePolicy:LifecyclePolicy",
		"disks",
		map[string]any{
			"description":      "disks",
			"executionRoleArn": made["arn"].StringValue(),
			"state":            "ENABLED",
			"policyDetails": map[string]any{
				"resourceTypes": []any{
					"VOLUME",
				},
				"targetTags": map[string]any{"Backup": "yes"},
				"schedules": []any{
					map[string]any{
						"name":       "daily",
						"createRule": map[string]any{"interval": 24, "intervalUnit": "HOURS", "times": "03:00"},
						"retainRule": map[string]any{"count": 7},
					},
				},
			},
		},
	)
}

func TestAnInstanceWhoseRoleAsksForASourceHasNoCredentials(t *testing.T) {
	w := newWired(t)
	w.make("aws:iam/role:Role", "node", map[string]any{
		"name": "node",
		"assumeRolePolicy": trusting(
			"ec2.amazonaws.com",
			map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "123456789012"}},
		),
	})
	_, served := w.instance("node", map[string]any{"httpTokens": "optional"})
	_, got := ask(t, http.MethodGet, served.URL+"/latest/meta-data/iam/security-credentials/node", nil)
	assert.Contains(t, got, "AssumeRoleUnauthorizedAccess")
}
