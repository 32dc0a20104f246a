// What AWS's own managed policies allow: their documents are not in the account's records.
package iam

import "slices"

// Managed is what one of AWS's own managed policies allows, by its path and name
// ("service-role/AWSLambdaVPCAccessExecutionRole"); false if that is not known here.
//
// Source: AWS managed policy reference, the page of each policy.
func Managed(name string) (Document, bool) {
	actions, known := managed[name]
	if !known {
		return Document{}, false
	}
	return Document{
		Version:    "2012-10-17",
		Statements: []Statement{{Effect: Allow, Actions: slices.Clone(actions), Resources: []string{"*"}}},
	}, true
}

// managed are the actions of each policy; all of them are for every resource.
// AWSDataLifecycleManagerServiceRole is left out: its holder calls EC2, which is not served here.
var managed = map[string][]string{
	"AmazonSSMManagedInstanceCore": {
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
	},
	"service-role/AWSLambdaVPCAccessExecutionRole": {
		"logs:CreateLogGroup",
		"logs:CreateLogStream",
		"logs:PutLogEvents",
		"ec2:CreateNetworkInterface",
		"ec2:DescribeNetworkInterfaces",
		"ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses",
		"ec2:UnassignPrivateIpAddresses",
	},
}
