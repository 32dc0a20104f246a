// Package securitygroups turns the table of flows into security groups: one per end, and
// nothing open that the table does not name.
package securitygroups

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:securitygroups:SecurityGroups"

// Args say where the groups are and what they allow.
type Args struct {
	Environment    string
	VpcID          pulumi.StringInput
	VpcCidr        pulumi.StringInput // for flows from the VPC as a whole
	S3PrefixListID pulumi.StringInput // for flows to S3
	Flows          []Flow
}

// SecurityGroups holds one group per end of the flows.
type SecurityGroups struct {
	pulumi.ResourceState
	groups map[string]*ec2.SecurityGroup
	args   Args
}

// New makes the groups. What a group lets in stands in the group itself, so that a rule that
// somebody adds by hand is seen as drift and taken away; what it lets out stands in rules of
// their own, for two groups cannot each name the other while they are being made.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*SecurityGroups, error) {
	s := &SecurityGroups{groups: map[string]*ec2.SecurityGroup{}, args: args}
	if err := ctx.RegisterComponentResource(Type, name, s, opts...); err != nil {
		return nil, fmt.Errorf("creating security groups %q: %w", name, err)
	}
	order, err := creationOrder(args.Flows)
	if err != nil {
		return nil, fmt.Errorf("creating security groups %q: %w", name, err)
	}
	for _, end := range order {
		if err := s.group(ctx, name, end); err != nil {
			return nil, fmt.Errorf("creating security group %q: %w", name+"-"+end, err)
		}
	}
	for _, flow := range args.Flows {
		if err := s.egress(ctx, name, flow); err != nil {
			return nil, fmt.Errorf(
				"creating security group rule %s → %s port %d: %w",
				flow.From,
				flow.To,
				flow.Port,
				err,
			)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{})
}

// ID is the id of an end's group.
func (s *SecurityGroups) ID(end string) pulumi.StringOutput {
	return s.groups[end].ID().ToStringOutput()
}

func (s *SecurityGroups) group(ctx *pulumi.Context, name, end string) error {
	ingress := ec2.SecurityGroupIngressArray{}
	for _, flow := range s.args.Flows {
		if flow.To != end {
			continue
		}
		rule := &ec2.SecurityGroupIngressArgs{
			Protocol:    pulumi.String("tcp"),
			FromPort:    pulumi.Int(flow.Port),
			ToPort:      pulumi.Int(flow.Port),
			Description: pulumi.String(description(flow.From, flow.Why)),
		}
		switch flow.From {
		case end:
			rule.Self = pulumi.Bool(true)
		case Internet:
			rule.CidrBlocks = pulumi.StringArray{pulumi.String("0.0.0.0/0")}
		case Vpc:
			rule.CidrBlocks = pulumi.StringArray{s.args.VpcCidr}
		default:
			rule.SecurityGroups = pulumi.StringArray{s.ID(flow.From)}
		}
		ingress = append(ingress, rule)
	}
	group, err := ec2.NewSecurityGroup(ctx, name+"-"+end, &ec2.SecurityGroupArgs{
		VpcId:       s.args.VpcID,
		Description: pulumi.String("Flows of " + end),
		Ingress:     ingress,
		Tags:        pulumi.StringMap{"Name": pulumi.String(s.args.Environment + "-" + end)},
	}, pulumi.Parent(s))
	s.groups[end] = group
	return err
}

func (s *SecurityGroups) egress(ctx *pulumi.Context, name string, flow Flow) error {
	if outside(flow.From) {
		return nil
	}
	args := &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: s.ID(flow.From),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(flow.Port),
		ToPort:          pulumi.Int(flow.Port),
		Description:     pulumi.String(description(flow.To, flow.Why)),
	}
	switch flow.To {
	case Internet:
		args.CidrIpv4 = pulumi.String("0.0.0.0/0")
	case Vpc:
		args.CidrIpv4 = s.args.VpcCidr.ToStringOutput().ToStringPtrOutput()
	case S3:
		args.PrefixListId = s.args.S3PrefixListID.ToStringOutput().ToStringPtrOutput()
	default:
		args.ReferencedSecurityGroupId = s.ID(flow.To)
	}
	_, err := vpc.NewSecurityGroupEgressRule(
		ctx,
		fmt.Sprintf("%s-%s-to-%s-%d", name, flow.From, flow.To, flow.Port),
		args,
		pulumi.Parent(s),
	)
	return err
}

// description keeps to what EC2 accepts in a rule: letters, digits, spaces and
// ._-:/()#,@[]+=&;{}!$* (API reference, IpRange.Description).
func description(end, why string) string { return end + ": " + why }

func outside(end string) bool { return end == Internet || end == S3 || end == Vpc }

// creationOrder sorts the ends so that each comes after those that may connect to it. Two
// ends that connect to each other are refused: neither group could be made first.
func creationOrder(flows []Flow) ([]string, error) {
	var waiting []string
	for _, flow := range flows {
		for _, end := range []string{flow.From, flow.To} {
			if !outside(end) && !slices.Contains(waiting, end) {
				waiting = append(waiting, end)
			}
		}
	}
	var order []string
	for len(waiting) > 0 {
		ready := slices.IndexFunc(waiting, func(end string) bool {
			return !slices.ContainsFunc(flows, func(f Flow) bool {
				return f.To == end && f.From != end && slices.Contains(waiting, f.From)
			})
		})
		if ready < 0 {
			return nil, fmt.Errorf("ordering the flows' ends: %v connect to each other in a circle; "+
				"let one direction go through a load balancer of its own", waiting)
		}
		order = append(order, waiting[ready])
		waiting = slices.Delete(waiting, ready, ready+1)
	}
	return order, nil
}
