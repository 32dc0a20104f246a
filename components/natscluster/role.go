// What a NATS node may do in AWS: read its own artifacts, get certificates of the one kind it
// needs from the one CA, and be reached by Session Manager instead of SSH.
package natscluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// certificateTemplate takes subject and names from the request and gives server and client
// usage, both of which cluster routes need (Private CA user guide, "Template definitions").
const certificateTemplate = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

// certificateDays is a day less than a short-lived CA may issue for at most (facts, "ACM PCA"): the
// two days before the end in which renewal is tried leave time for a person.
const certificateDays = 6

// sessionManager is what its agent needs (Systems Manager user guide, "Create a custom IAM role for
// Session Manager", and "Reference: ec2messages, ssmmessages").
var sessionManager = []string{
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
}

func (c *NatsCluster) createRole(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(c)
	role, err := iam.NewRole(ctx, name+"-node", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(platform.AssumeRole("ec2.amazonaws.com")),
		Description:      pulumi.String("NATS nodes of " + c.args.Environment),
	}, under)
	if err != nil {
		return err
	}
	rights, err := iam.NewRolePolicy(ctx, name+"-node", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: platform.PolicyOutput(func(v []string) []platform.Statement {
			return []platform.Statement{
				{
					Sid:      "Artifacts",
					Action:   []string{"s3:GetObject"},
					Resource: []string{v[0] + "/nats-server/*", v[0] + "/nats-node/*", v[0] + "/configuration/*"},
				},
				{Sid: "ArtifactsKey", Action: []string{"kms:Decrypt"}, Resource: v[1]},
				{
					Sid:      "Certificates",
					Action:   []string{"acm-pca:IssueCertificate"},
					Resource: v[2],
					Condition: map[string]any{
						"StringEquals": map[string]string{"acm-pca:TemplateArn": certificateTemplate},
					},
				},
				{
					Sid:      "ReadCertificates",
					Action:   []string{"acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"},
					Resource: v[2],
				},
				// Not AmazonSSMManagedInstanceCore, which may read every parameter of the account.
				{Sid: "SessionManager", Action: sessionManager, Resource: "*"},
			}
		}, c.args.Programs.BucketArn, c.args.Keys.Artifacts, c.args.CertificateAuthorityArn),
	}, under)
	if err != nil {
		return err
	}
	profile, err := iam.NewInstanceProfile(ctx, name+"-node", &iam.InstanceProfileArgs{Role: role.Name}, under)
	if err != nil {
		return err
	}
	c.profile, c.rights = profile.Name, rights
	return nil
}
