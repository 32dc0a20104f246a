// What AWS's own managed policies allow, for those that seed.go knows.
// Source: AWS managed policy reference, the page of each policy. All of them are for "*".
package localcloud

import (
	"encoding/json"
	"fmt"
)

// managedDocuments are by the policy's path and name. AWSDataLifecycleManagerServiceRole is left
// out: its holder calls EC2, which is not served here.
var managedDocuments = map[string]string{
	"AmazonSSMManagedInstanceCore": allowAll(
		"ssm:DescribeAssociation",
		"ssm:GetDeployablePatchSnapshotForInstance",
		"ssm:GetDocument",
		"ssm:DescribeDocument",
		"ssm:GetManifest",
		"ssm:GetParameter",
		"ssm:GetParameters",
		"ssm:ListAssociations",
		"ssm:ListInstanceAssociations",
		"ssm:PutInventory",
		"ssm:PutComplianceItems",
		"ssm:PutConfigurePackageResult",
		"ssm:UpdateAssociationStatus",
		"ssm:UpdateInstanceAssociationStatus",
		"ssm:UpdateInstanceInformation",
		"ssmmessages:CreateControlChannel",
		"ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel",
		"ssmmessages:OpenDataChannel",
		"ec2messages:AcknowledgeMessage",
		"ec2messages:DeleteMessage",
		"ec2messages:FailMessage",
		"ec2messages:GetEndpoint",
		"ec2messages:GetMessages",
		"ec2messages:SendReply",
	),
	"service-role/AWSLambdaVPCAccessExecutionRole": allowAll(
		"logs:CreateLogGroup",
		"logs:CreateLogStream",
		"logs:PutLogEvents",
		"ec2:CreateNetworkInterface",
		"ec2:DescribeNetworkInterfaces",
		"ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses",
		"ec2:UnassignPrivateIpAddresses",
	),
}

// allowAll is a policy that allows actions on everything.
func allowAll(actions ...string) string {
	type statement struct {
		Effect, Resource string
		Action           []string
	}
	text, err := json.Marshal(
		map[string]any{
			"Version":   "2012-10-17",
			"Statement": []statement{{Effect: "Allow", Resource: "*", Action: actions}},
		},
	)
	if err != nil {
		panic(fmt.Sprintf("localcloud: encoding a managed policy: %v", err))
	}
	return string(text)
}
