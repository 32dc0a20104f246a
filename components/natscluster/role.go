// What a NATS node may do in AWS: read its own artifacts, get certificates of the one kind it
// needs from the one CA, and be reached by Session Manager instead of SSH.
package natscluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
)

// certificateTemplate takes subject and names from the request and gives server and client
// usage, both of which cluster routes need (Private CA user guide, "Template definitions").
const certificateTemplate = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

func (c *NatsCluster) role(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(c)
	role, err := iam.NewRole(ctx, name+"-node", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(policy.AssumeRole("ec2.amazonaws.com")),
		Description:      pulumi.String("NATS nodes of " + c.args.Environment),
	}, under)
	if err != nil {
		return err
	}
	if _, err := iam.NewRolePolicy(ctx, name+"-node", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policy.Output(func(v []string) []policy.Statement {
			return []policy.Statement{
				{Sid: "Artifacts", Action: []string{"s3:GetObject"}, Resource: []string{v[0] + "/nats-server/*", v[0] + "/configuration/*"}},
				{Sid: "ArtifactsKey", Action: []string{"kms:Decrypt"}, Resource: v[1]},
				{Sid: "Certificates", Action: []string{"acm-pca:IssueCertificate"}, Resource: v[2],
					Condition: map[string]any{"StringEquals": map[string]string{"acm-pca:TemplateArn": certificateTemplate}}},
				{Sid: "ReadCertificates", Action: []string{"acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"}, Resource: v[2]},
			}
		}, c.args.BucketArn, c.args.ArtifactsKeyArn, c.args.CertificateAuthorityArn),
	}, under); err != nil {
		return err
	}
	if _, err := iam.NewRolePolicyAttachment(ctx, name+"-session-manager", &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
	}, under); err != nil {
		return err
	}
	profile, err := iam.NewInstanceProfile(ctx, name+"-node", &iam.InstanceProfileArgs{Role: role.Name}, under)
	if err != nil {
		return err
	}
	c.profile = profile.Name
	return nil
}
