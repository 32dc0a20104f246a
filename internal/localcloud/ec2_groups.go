// Security groups and their rules.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	securityGroupType = "aws:ec2/securityGroup:SecurityGroup"
	defaultGroupType  = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	ingressRuleType   = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleType    = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

const (
	noSuchGroup = "InvalidGroup.NotFound: The security group '{value}' does not exist"
	groupInUse  = "DependencyViolation: resource {value} has a dependent object"
)

// anyGroup are the groups that an id may name: the program's, and a VPC's default one.
var anyGroup = []string{securityGroupType, vpcDefaultGroupType}

var ruleSources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

// ruleDescription is what EC2 takes in descriptions of groups and rules (CreateSecurityGroup,
// GroupDescription; the provider's validSecurityGroupRuleDescription).
var ruleDescription = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)

const describable = `a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`

// inlineRules are the references and checks of ingress and egress in a group itself.
func inlineReferences() []reference {
	return []reference{
		{
			path:    "ingress.securityGroups",
			to:      anyGroup,
			missing: noSuchGroup,
			blocks:  groupInUse,
		},
		{
			path:    "egress.securityGroups",
			to:      anyGroup,
			missing: noSuchGroup,
			blocks:  groupInUse,
		},
	}
}

var _ = register(
	row{
		token:    securityGroupType,
		seconds:  2,
		source:   "internal/service/ec2/vpc_security_group.go",
		replace:  []string{"name", "namePrefix", "description", "vpcId"},
		defaults: map[string]any{"description": "Managed by Pulumi", "revokeRulesOnDelete": false},
		name:     &nameRule{property: "name", max: 255, auto: true},
		id:       text("sg-{hex17}"),
		computed: map[string]value{
			"arn": text("arn:aws:ec2:{region}:{account}:security-group/{id}"), "ownerId": text("{account}"),
			"namePrefix": fixed(""), "ingress": fixed([]any{}), "egress": fixed([]any{}),
		},
		references: append(inlineReferences(), reference{
			path:    "vpcId",
			to:      one(vpcType),
			missing: noSuchVpc,
			blocks:  vpcInUse,
		}),
		check: checks(checkGroup, inlineFaults("ingress"), inlineFaults("egress")),
		beforeCreate: func(c *call) error {
			if c.str("vpcId") == "" {
				return errorf("VPCIdNotSpecified: No default VPC for this user")
			}
			for _, other := range c.tx.all(securityGroupType) {
				if other.str("name") == c.name() && other.str("vpcId") == c.str("vpcId") {
					return errorf(
						"InvalidGroup.Duplicate: The security group '%s' already exists for VPC '%s'",
						c.name(),
						c.str("vpcId"),
					)
				}
			}
			return judgeDescription(c)
		},
		afterDelete: func(c *call) error {
			c.tx.dropWhere(ingressRuleType, "securityGroupId", c.id)
			c.tx.dropWhere(egressRuleType, "securityGroupId", c.id)
			return nil
		},
		notReal: "No quotas of rules. Rules made beside a group do not show in its outputs ingress and egress. The " +
			"provider waits up to 15 minutes " +
			"for what holds a group to go.",
	},
	row{
		token:    defaultGroupType,
		source:   "internal/service/ec2/vpc_default_security_group.go",
		replace:  []string{"vpcId"},
		defaults: map[string]any{"revokeRulesOnDelete": false},
		id:       func(c *call) any { return c.tx.defaultGroup(c.str("vpcId")) },
		computed: map[string]value{
			"arn": text("arn:aws:ec2:{region}:{account}:security-group/{id}"), "ownerId": text("{account}"),
			"description": fixed("default VPC security group"), "name": fixed("default"), "namePrefix": fixed(""),
			"ingress": fixed([]any{}), "egress": fixed([]any{}),
		},
		references: append(inlineReferences(), reference{path: "vpcId", to: one(vpcType), missing: noSuchVpc}),
		check:      checks(inlineFaults("ingress"), inlineFaults("egress")),
		beforeCreate: func(c *call) error {
			if c.tx.defaultGroup(c.str("vpcId")) == "" {
				return errorf("reading Default Security Group: empty result")
			}
			return nil
		},
		// What the program says replaces the rules that AWS gave the group; a deletion changes
		// nothing.
		afterCreate: ruleDefaultGroup,
		afterUpdate: ruleDefaultGroup,
	},
	ruleRow(ingressRuleType, "internal/service/ec2/vpc_security_group_ingress_rule.go"),
	ruleRow(egressRuleType, "internal/service/ec2/vpc_security_group_ingress_rule.go (the egress rule has its schema)"),
)

func ruleRow(token, source string) row {
	return row{
		token:    token,
		source:   source,
		required: []string{"ipProtocol", "securityGroupId"},
		replace:  []string{"securityGroupId", replacementMark},
		id:       text("sgr-{hex17}"),
		computed: map[string]value{
			"arn":                 text("arn:aws:ec2:{region}:{account}:security-group-rule/{id}"),
			"securityGroupRuleId": func(c *call) any { return c.id },
		},
		references: []reference{
			{path: "securityGroupId", to: anyGroup, missing: noSuchGroup},
			{
				path:    "referencedSecurityGroupId",
				to:      anyGroup,
				missing: noSuchGroup,
				blocks:  groupInUse,
			},
		},
		check: checks(exactlyOneOf(ruleSources...), between("fromPort", -1, 65535), between("toPort", -1, 65535),
			networkRange("cidrIpv4", 0, 32), replaceWhen(sourceKindReplaces)),
		beforeCreate: inTurn(judgeDescription, judgeGroupRule),
		beforeUpdate: inTurn(judgeDescription, judgeGroupRule),
		notReal: "Rules are compared with their like, not with those written in the group. Prefix lists are " +
			"not checked.",
	}
}

// defaultGroup is the id of a VPC's default group, "" if there is no such VPC.
func (tx *Tx) defaultGroup(vpc string) string {
	if group := tx.find(vpcDefaultGroupType, "vpcId", vpc); group != nil {
		return group.ID
	}
	return ""
}

func ruleDefaultGroup(c *call) error {
	if group := c.tx.find(vpcDefaultGroupType, "", c.id); group != nil {
		group.setOutput("ingress", c.get("ingress"))
		group.setOutput("egress", c.get("egress"))
	}
	return nil
}

func checkGroup(c *call) []failure {
	if strings.HasPrefix(c.name(), "sg-") {
		return []failure{{property: "name", reason: `invalid value for name (cannot begin with sg-)`}}
	}
	return nil
}

// judgeDescription is EC2's own check, of groups and of rules that stand alone.
func judgeDescription(c *call) error {
	text := c.str("description")
	if len(text) < 256 && ruleDescription.MatchString(text) {
		return nil
	}
	what := "rule"
	if c.row.token == securityGroupType {
		what = "security group"
	}
	return errorf(
		"InvalidParameterValue: Invalid %s description. Valid descriptions are strings less than 256 characters "+
			"from the following set:  %s",
		what,
		describable,
	)
}

// inlineFaults is the provider's check of the rules written in a group.
func inlineFaults(direction string) func(*call) []failure {
	return checks(networkRange(direction+".cidrBlocks", 0, 32), func(c *call) []failure {
		var faults []failure
		rules, _ := c.get(direction).([]any)
		for i, item := range rules {
			rule, _ := item.(map[string]any)
			for _, required := range []string{"protocol", "fromPort", "toPort"} {
				if _, given := rule[required]; !given {
					faults = append(
						faults,
						failure{
							fmt.Sprintf("%s[%d].%s", direction, i, required),
							fmt.Sprintf("Missing required argument. The argument %q "+
								"is required, but no definition was found.", required),
						},
					)
				}
			}
			if text, _ := rule["description"].(string); len(text) > 255 || !ruleDescription.MatchString(text) {
				faults = append(
					faults,
					failure{
						fmt.Sprintf("%s[%d].description", direction, i),
						fmt.Sprintf("%q doesn't comply with restrictions "+
							"(at most 255 characters of %s)", text, describable),
					},
				)
			}
		}
		return faults
	})
}

// sourceKindReplaces: a rule cannot change from, say, a range to a group in place.
func sourceKindReplaces(c *call) bool {
	for _, kind := range ruleSources {
		if present(c.old, kind) != present(c.inputs, kind) {
			return true
		}
	}
	return false
}

// judgeGroupRule: ports that make sense, and no other rule of the group that says the same.
func judgeGroupRule(c *call) error {
	protocol := c.str("ipProtocol")
	if slices.Contains([]string{"tcp", "udp", "6", "17"}, protocol) {
		from, to := c.get("fromPort"), c.get("toPort")
		if from == nil || to == nil {
			return errorf(
				"InvalidParameterValue: Invalid value 'Must specify both from and to ports with TCP/UDP.' for " +
					"portRange.",
			)
		}
		if c.num("fromPort") > c.num("toPort") {
			return errorf(
				"InvalidParameterValue: Invalid TCP/UDP port range (%s:%s)",
				c.str("fromPort"),
				c.str("toPort"),
			)
		}
	}
	for _, other := range c.tx.all(c.row.token) {
		if other.ID != c.id && ruleSays(other.Get) == ruleSays(c.get) {
			return errorf("InvalidPermission.Duplicate: the specified rule \"%s\" already exists", ruleSays(c.get))
		}
	}
	return nil
}

// ruleSays is what a rule allows, in EC2's order: peer, protocol, ports; for a group.
func ruleSays(get func(string) any) string {
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
