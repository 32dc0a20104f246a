// IAM and resource policies: JSON from Go values, so that a policy with a wrong bracket cannot be
// written.

package platform

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Statement is one statement of a policy, under IAM's names (IAM user guide, "JSON policy
// elements").
type Statement struct {
	Sid       string         `json:",omitempty"`
	Effect    string         // default "Allow"
	Principal any            `json:",omitempty"` // "*" or a map, for example {"Service": "ec2.amazonaws.com"}
	Action    []string       // at least one
	Resource  any            `json:",omitempty"` // a string or a list; absent in trust policies
	Condition map[string]any `json:",omitempty"`
}

// PolicyJSON is the policy document of the statements, the same bytes for the same statements.
func PolicyJSON(statements ...Statement) string {
	statements = slices.Clone(statements) // the caller's own list stays as it was
	for i := range statements {
		if statements[i].Effect == "" {
			statements[i].Effect = "Allow"
		}
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements})
	if err != nil { // only a channel or a function in a field could do this: a mistake in the caller's code
		panic(fmt.Sprintf("writing an IAM policy: %v", err))
	}
	return string(text)
}

// AssumeRole is a trust policy for a service that does not say for what it acts: EC2 for the
// instances of a profile, Lambda for a function (neither user guide names aws:SourceAccount or
// aws:SourceArn for these roles, and a condition on a key that is absent holds never). There
// iam:PassRole in this account is what binds the role.
func AssumeRole(service string) string {
	return PolicyJSON(Statement{Principal: map[string]string{"Service": service}, Action: []string{"sts:AssumeRole"}})
}

// AssumeRoleFor is a trust policy for a service that acts for resources of this account, so that
// nobody can have it use the role for a resource of another one (IAM user guide, "The confused
// deputy problem"). resources is a pattern of ARNs, for example
// "arn:aws:dlm:us-east-1:123456789012:policy/*".
func (s Stack) AssumeRoleFor(service, resources string) string {
	return PolicyJSON(Statement{
		Principal: map[string]string{"Service": service},
		Action:    []string{"sts:AssumeRole"},
		Condition: map[string]any{
			"StringEquals": map[string]string{"aws:SourceAccount": s.Account},
			"ArnLike":      map[string]string{"aws:SourceArn": resources},
		},
	})
}

// AssumeRoleForTasks is the trust policy of roles of ECS tasks. A cluster cannot be named in it
// (ECS developer guide, "Amazon ECS task IAM role").
func (s Stack) AssumeRoleForTasks() string {
	return s.AssumeRoleFor("ecs-tasks.amazonaws.com", s.ARN("ecs", "*"))
}

// PolicyOutput is a policy over values that other resources make; build gets them in order.
func PolicyOutput(build func(values []string) []Statement, inputs ...pulumi.StringInput) pulumi.StringOutput {
	all := make([]any, len(inputs))
	for i, input := range inputs {
		all[i] = input
	}
	return pulumi.All(all...).ApplyT(func(values []any) string {
		known := make([]string, len(values))
		for i, v := range values {
			known[i] = v.(string)
		}
		return PolicyJSON(build(known)...)
	}).(pulumi.StringOutput)
}
