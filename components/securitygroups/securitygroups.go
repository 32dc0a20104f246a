// Package securitygroups turns the table of flows into security groups: one per end, and
// nothing open that the table does not name.
package securitygroups

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:securitygroups:SecurityGroups"

// Args say where the groups are and what they allow.
type Args struct {
	platform.Stack
	VpcID          pulumi.StringInput
	VpcCidr        pulumi.StringInput // for flows from the VPC as a whole
	S3PrefixListID pulumi.StringInput // for flows to S3
	Flows          []Flow
}

// SecurityGroups holds one group per end of the flows.
type SecurityGroups struct {
	pulumi.ResourceState

	args   Args
	order  []string // of the ends
	groups map[string]*ec2.SecurityGroup
}

// New makes the groups. What a group lets in is part of the group itself, so that a rule that
// somebody adds by hand is seen as drift and taken away; what it lets out are rules of their own,
// for two groups cannot each name the other while they are being made.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*SecurityGroups, error) {
	s := &SecurityGroups{args: args, groups: map[string]*ec2.SecurityGroup{}}
	return platform.Create(ctx, name, s, platform.Definition{
		Type:  Type,
		Noun:  "security groups",
		Check: s.checkOrder,
		Steps: []platform.Step{s.createGroups, s.createEgressRules},
	}, opts...)
}

func (s *SecurityGroups) checkOrder() (err error) {
	s.order, err = creationOrder(s.args.Flows)
	return err
}

func (s *SecurityGroups) createGroups(ctx *pulumi.Context, name string) error {
	for _, end := range s.order {
		if err := s.createGroup(ctx, name+"-"+end, end); err != nil {
			return fmt.Errorf("group of %s: %w", end, err)
		}
	}
	return nil
}

func (s *SecurityGroups) createEgressRules(ctx *pulumi.Context, name string) error {
	for _, flow := range s.args.Flows {
		if outside(flow.From) {
			continue
		}
		if err := s.createEgressRule(ctx, name, flow); err != nil {
			return fmt.Errorf("rule %s → %s port %d: %w", flow.From, flow.To, flow.Port, err)
		}
	}
	return nil
}

// ID is the id of an end's group.
func (s *SecurityGroups) ID(end string) pulumi.StringOutput {
	return s.groups[end].ID().ToStringOutput()
}

func (s *SecurityGroups) createGroup(ctx *pulumi.Context, name, end string) error {
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
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId:       s.args.VpcID,
		Description: pulumi.String("Flows of " + end),
		Ingress:     ingress,
		Tags:        s.args.Tags(end),
	}, pulumi.Parent(s))
	s.groups[end] = group
	return err
}

func (s *SecurityGroups) createEgressRule(ctx *pulumi.Context, name string, flow Flow) error {
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
