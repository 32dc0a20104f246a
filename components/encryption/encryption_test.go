package encryption

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/components/platform"
)

var args = Args{Stack: platform.Stack{Environment: "test", Account: "123456789012", Region: "eu-west-1"}}

func TestOnlyTheKeyOfAPurposeAdmitsItsServices(t *testing.T) {
	admits := map[Purpose][]string{
		Logs:          {"logs.eu-west-1.amazonaws.com"},
		Notifications: {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"},
		Data:          {"ec2.eu-west-1.amazonaws.com", "elasticache.eu-west-1.amazonaws.com"},
		Secrets:       nil,
		Artifacts:     nil,
	}
	var all []string
	for _, services := range admits {
		all = append(all, services...)
	}
	for purpose, services := range admits {
		written := platform.PolicyJSON(statements(purpose, args)...)
		for _, service := range all {
			assert.Equal(
				t,
				slices.Contains(services, service),
				strings.Contains(written, `"`+service+`"`),
				"%s in the key for %s",
				service,
				purpose,
			)
		}
	}
}

func TestServiceMayUseAKeyForThisAccountOnly(t *testing.T) {
	for _, purpose := range []Purpose{Data, Logs, Secrets, Artifacts, Notifications} {
		for _, s := range statements(purpose, args) {
			if s.Sid == "Account" {
				assert.Equal(t, map[string]string{"AWS": "arn:aws:iam::123456789012:root"}, s.Principal)
				continue
			}
			assert.Contains(
				t,
				platform.PolicyJSON(platform.Statement{Condition: s.Condition}),
				"123456789012",
				"statement %s of %s",
				s.Sid,
				purpose,
			)
		}
	}
}

// TestWhoComesThroughEC2OnlyHandsTheDataKeyOn: to AWS's own resources, which disks are; to decrypt
// is for roles whose own policy says so.
func TestWhoComesThroughEC2OnlyHandsTheDataKeyOn(t *testing.T) {
	for _, s := range statements(Data, args) {
		if s.Sid == "Account" {
			continue
		}
		for _, action := range s.Action {
			assert.Contains(t, []string{"kms:CreateGrant", "kms:DescribeKey"}, action, s.Sid)
		}
		if slices.Contains(s.Action, "kms:CreateGrant") {
			assert.Equal(t, []string{"kms:CreateGrant"}, s.Action, "kms:GrantIsForAWSResource speaks of grants only")
			assert.Equal(t, map[string]string{"kms:GrantIsForAWSResource": "true"}, s.Condition["Bool"])
		}
		assert.Equal(
			t,
			map[string]any{
				"kms:CallerAccount": "123456789012",
				"kms:ViaService":    []string{"ec2.eu-west-1.amazonaws.com", "elasticache.eu-west-1.amazonaws.com"},
			},
			s.Condition["StringEquals"],
			s.Sid,
		)
	}
}
