// Security groups and their rules: what creates, changes and deletes them, and which ones EC2
// refuses.
package ec2

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// The tokens of security groups and of rules that are resources of their own.
const (
	SecurityGroupType = "aws:ec2/securityGroup:SecurityGroup"
	DefaultGroupType  = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	IngressRuleType   = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	EgressRuleType    = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

const (
	noSuchGroup = "InvalidGroup.NotFound: The security group '{value}' does not exist"
	// GroupInUse is the error with which AWS refuses to delete a security group.
	GroupInUse = "DependencyViolation: resource {value} has a dependent object"
)

// SecurityGroupTypes are the tokens of the groups that an id may name: those of programs, and the
// default group of a VPC.
var SecurityGroupTypes = []string{SecurityGroupType, VpcDefaultGroupType}

var ruleSources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

// ruleDescription matches what EC2 accepts in descriptions of groups and rules
// (CreateSecurityGroup, GroupDescription; the provider's validSecurityGroupRuleDescription).
var ruleDescription = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)

const describable = `a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`

// inlineReferences are the references of the rules that are written in a group itself.
func inlineReferences() []cloud.Reference {
	return []cloud.Reference{
		{
			Path:    "ingress.securityGroups",
			To:      SecurityGroupTypes,
			Missing: noSuchGroup,
			Blocks:  GroupInUse,
		},
		{
			Path:    "egress.securityGroups",
			To:      SecurityGroupTypes,
			Missing: noSuchGroup,
			Blocks:  GroupInUse,
		},
	}
}

var _ = cloud.Register(
	cloud.Row{
		Token:    SecurityGroupType,
		Seconds:  2,
		Source:   "internal/service/ec2/vpc_security_group.go",
		Replace:  []string{"name", "namePrefix", "description", "vpcId"},
		Defaults: map[string]any{"description": "Managed by Pulumi", "revokeRulesOnDelete": false},
		Name:     &cloud.NameRule{Property: "name", Max: 255, Auto: true},
		ID:       cloud.Text("sg-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text("arn:aws:ec2:{region}:{account}:security-group/{id}"), "ownerId": cloud.Text("{account}"),
			"namePrefix": cloud.Fixed(""), "ingress": cloud.Fixed([]any{}), "egress": cloud.Fixed([]any{}),
		},
		References: append(inlineReferences(), cloud.Reference{
			Path:    "vpcId",
			To:      cloud.One(VpcType),
			Missing: noSuchVpc,
			Blocks:  vpcInUse,
		}),
		Check: cloud.Checks(validateGroup, inlineFaults("ingress"), inlineFaults("egress")),
		BeforeCreate: func(c *cloud.Call) error {
			if c.Str("vpcId") == "" {
				return cloud.Errorf("VPCIdNotSpecified: No default VPC for this user")
			}
			for _, other := range c.Tx.All(SecurityGroupType) {
				if other.Str("name") == c.Name() && other.Str("vpcId") == c.Str("vpcId") {
					return cloud.Errorf(
						"InvalidGroup.Duplicate: The security group '%s' already exists for VPC '%s'",
						c.Name(),
						c.Str("vpcId"),
					)
				}
			}
			return checkDescription(c)
		},
		AfterDelete: func(c *cloud.Call) error {
			RemoveWhere(c.Tx, IngressRuleType, "securityGroupId", c.ID)
			RemoveWhere(c.Tx, EgressRuleType, "securityGroupId", c.ID)
			return nil
		},
		NotReal: "No quotas of rules. Rules that are resources of their own do not appear in the outputs ingress " +
			"and egress of the group. The " +
			"provider waits up to 15 minutes " +
			"for the dependents of a group to be deleted.",
	},
	cloud.Row{
		Token:    DefaultGroupType,
		Source:   "internal/service/ec2/vpc_default_security_group.go",
		Replace:  []string{"vpcId"},
		Defaults: map[string]any{"revokeRulesOnDelete": false},
		ID:       func(c *cloud.Call) any { return DefaultGroup(c.Tx, c.Str("vpcId")) },
		Computed: map[string]cloud.Value{
			"arn":     cloud.Text("arn:aws:ec2:{region}:{account}:security-group/{id}"),
			"ownerId": cloud.Text("{account}"),
			"description": cloud.Fixed(
				"default VPC security group",
			),
			"name":       cloud.Fixed("default"),
			"namePrefix": cloud.Fixed(""),
			"ingress":    cloud.Fixed([]any{}),
			"egress":     cloud.Fixed([]any{}),
		},
		References: append(
			inlineReferences(),
			cloud.Reference{Path: "vpcId", To: cloud.One(VpcType), Missing: noSuchVpc},
		),
		Check: cloud.Checks(inlineFaults("ingress"), inlineFaults("egress")),
		BeforeCreate: func(c *cloud.Call) error {
			if DefaultGroup(c.Tx, c.Str("vpcId")) == "" {
				return cloud.Errorf("reading Default Security Group: empty result")
			}
			return nil
		},
		// What the program says replaces the rules that AWS gave the group; a deletion changes
		// nothing.
		AfterCreate: ruleDefaultGroup,
		AfterUpdate: ruleDefaultGroup,
	},
	ruleRow(IngressRuleType, "internal/service/ec2/vpc_security_group_ingress_rule.go"),
	ruleRow(EgressRuleType, "internal/service/ec2/vpc_security_group_ingress_rule.go (the egress rule has its schema)"),
)

func ruleRow(token, source string) cloud.Row {
	return cloud.Row{
		Token:    token,
		Source:   source,
		Required: []string{"ipProtocol", "securityGroupId"},
		Replace:  []string{"securityGroupId", cloud.ReplacementMark},
		ID:       cloud.Text("sgr-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn":                 cloud.Text("arn:aws:ec2:{region}:{account}:security-group-rule/{id}"),
			"securityGroupRuleId": func(c *cloud.Call) any { return c.ID },
		},
		References: []cloud.Reference{
			{Path: "securityGroupId", To: SecurityGroupTypes, Missing: noSuchGroup},
			{
				Path:    "referencedSecurityGroupId",
				To:      SecurityGroupTypes,
				Missing: noSuchGroup,
				Blocks:  GroupInUse,
			},
		},
		Check: cloud.Checks(
			cloud.ExactlyOneOf(ruleSources...),
			cloud.Between("fromPort", -1, 65535),
			cloud.Between("toPort", -1, 65535),
			networkRange("cidrIpv4", 0, 32),
			cloud.ReplaceWhen(sourceKindReplaces),
		),
		BeforeCreate: cloud.InTurn(checkDescription, checkGroupRule),
		BeforeUpdate: cloud.InTurn(checkDescription, checkGroupRule),
		NotReal: "Rules are compared with their like, not with those written in the group. Prefix lists are " +
			"not checked.",
	}
}

// DefaultGroup returns the id of a VPC's default group; "" if the VPC does not exist.
func DefaultGroup(tx *cloud.Tx, vpc string) string {
	if group := tx.Find(VpcDefaultGroupType, "vpcId", vpc); group != nil {
		return group.ID
	}
	return ""
}

func ruleDefaultGroup(c *cloud.Call) error {
	if group := c.Tx.Find(VpcDefaultGroupType, "", c.ID); group != nil {
		group.SetOutput("ingress", c.Get("ingress"))
		group.SetOutput("egress", c.Get("egress"))
	}
	return nil
}

func validateGroup(c *cloud.Call) []cloud.Failure {
	if strings.HasPrefix(c.Name(), "sg-") {
		return []cloud.Failure{{Property: "name", Reason: `invalid value for name (cannot begin with sg-)`}}
	}
	return nil
}

// checkDescription is EC2's own check, for groups and for rules that are resources of their own.
func checkDescription(c *cloud.Call) error {
	text := c.Str("description")
	if len(text) < 256 && ruleDescription.MatchString(text) {
		return nil
	}
	what := "rule"
	if c.Row.Token == SecurityGroupType {
		what = "security group"
	}
	return cloud.Errorf(
		"InvalidParameterValue: Invalid %s description. Valid descriptions are strings less than 256 characters "+
			"from the following set:  %s",
		what,
		describable,
	)
}

// inlineFaults is the provider's check of the rules that are written in a group.
func inlineFaults(direction string) func(*cloud.Call) []cloud.Failure {
	return cloud.Checks(networkRange(direction+".cidrBlocks", 0, 32), func(c *cloud.Call) []cloud.Failure {
		var faults []cloud.Failure
		rules, _ := c.Get(direction).([]any)
		for i, item := range rules {
			rule, _ := item.(map[string]any)
			for _, required := range []string{"protocol", "fromPort", "toPort"} {
				if _, given := rule[required]; !given {
					faults = append(
						faults,
						cloud.Failure{
							Property: fmt.Sprintf("%s[%d].%s", direction, i, required),
							Reason: fmt.Sprintf("Missing required argument. The argument %q "+
								"is required, but no definition was found.", required),
						},
					)
				}
			}
			if text, _ := rule["description"].(string); len(text) > 255 || !ruleDescription.MatchString(text) {
				faults = append(
					faults,
					cloud.Failure{
						Property: fmt.Sprintf("%s[%d].description", direction, i),
						Reason: fmt.Sprintf("%q doesn't comply with restrictions "+
							"(at most 255 characters of %s)", text, describable),
					},
				)
			}
		}
		return faults
	})
}

// sourceKindReplaces reports a change of the kind of source, such as from a range to a group, which
// replaces the rule.
func sourceKindReplaces(c *cloud.Call) bool {
	for _, kind := range ruleSources {
		if cloud.Present(c.Old, kind) != cloud.Present(c.Inputs, kind) {
			return true
		}
	}
	return false
}

// checkGroupRule requires ports that make sense, and refuses a rule that the group already has.
func checkGroupRule(c *cloud.Call) error {
	protocol := c.Str("ipProtocol")
	if slices.Contains([]string{"tcp", "udp", "6", "17"}, protocol) {
		from, to := c.Get("fromPort"), c.Get("toPort")
		if from == nil || to == nil {
			return cloud.Errorf(
				"InvalidParameterValue: Invalid value 'Must specify both from and to ports with TCP/UDP.' for " +
					"portRange.",
			)
		}
		if c.Num("fromPort") > c.Num("toPort") {
			return cloud.Errorf(
				"InvalidParameterValue: Invalid TCP/UDP port range (%s:%s)",
				c.Str("fromPort"),
				c.Str("toPort"),
			)
		}
	}
	for _, other := range c.Tx.All(c.Row.Token) {
		if other.ID != c.ID && describeRule(other.Get) == describeRule(c.Get) {
			return cloud.Errorf(
				"InvalidPermission.Duplicate: the specified rule \"%s\" already exists",
				describeRule(c.Get),
			)
		}
	}
	return nil
}

// describeRule describes what a rule allows, in EC2's order: peer, protocol, ports.
func describeRule(get func(string) any) string {
	text := func(path string) string {
		if v := get(path); v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	peer := ""
	for _, kind := range ruleSources {
		peer += text(kind)
	}
	return fmt.Sprintf(
		"peer: %s, %s, from port: %s, to port: %s, ALLOW, group: %s",
		peer,
		strings.ToUpper(text("ipProtocol")),
		text("fromPort"),
		text("toPort"),
		text("securityGroupId"),
	)
}
