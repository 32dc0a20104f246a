// Flow logs of VPCs: what creates and deletes them, and which ones EC2 refuses.
package ec2

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// FlowLogType is the token of a flow log.
const FlowLogType = "aws:ec2/flowLog:FlowLog"

var flowLogSubjects = []string{"vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId"}

var _ = cloud.Register(
	cloud.Row{
		Token:  FlowLogType,
		Source: "internal/service/ec2/vpc_flow_log.go",
		Replace: append([]string{
			"deliverCrossAccountRole",
			"destinationOptions",
			"iamRoleArn",
			"logDestination",
			"logDestinationType",
			"logFormat",
			"logGroupName",
			"maxAggregationInterval",
			"trafficType",
		}, flowLogSubjects...),
		Defaults: map[string]any{"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600.0},
		ID:       cloud.Text("fl-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn":       cloud.Text("arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"),
			"logFormat": cloud.Fixed(flowLogFormat),
			"logGroupName": func(c *cloud.Call) any {
				return cloud.AfterLast(strings.TrimSuffix(c.Str("logDestination"), ":*"), ":log-group:")
			},
			"logDestination": cloud.Text("arn:aws:logs:{region}:{account}:log-group:{logGroupName}"),
		},
		References: []cloud.Reference{
			{Path: "vpcId", To: cloud.One(VpcType), Missing: noSuchVpc},
			{Path: "subnetId", To: cloud.One(SubnetType), Missing: noSuchSubnet},
			{Path: "eniId", To: cloud.One(NetworkInterfaceType), Missing: noSuchInterface},
		},
		Check: cloud.Checks(
			cloud.ExactlyOneOf(flowLogSubjects...),
			cloud.OneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
			cloud.OneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"),
			intervalFaults,
		),
		BeforeCreate: cloud.InTurn(checkFlowLog, roles.RequireRole(
			"iamRoleArn",
			"vpc-flow-logs.amazonaws.com",
			"InvalidParameter: Unable to assume given IAM role. Role {value} does not exist",
			"InvalidParameter: Unable to assume given IAM role {value}: its trust policy does not name "+
				"vpc-flow-logs.amazonaws.com",
		)),
		NotReal: "No flow is logged. A log group that does not exist is accepted, because flow logs create it.",
	},
)

// flowLogFormat is the default format, version 2 (VPC user guide, "Flow log records").
const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} " +
	"${protocol} ${packets} ${bytes} " +
	"${start} ${end} ${action} ${log-status}"

func intervalFaults(c *cloud.Call) []cloud.Failure {
	if n, given := c.Get("maxAggregationInterval").(float64); given && n != 60 && n != 600 {
		return []cloud.Failure{
			{
				Property: "maxAggregationInterval",
				Reason: fmt.Sprintf(
					"expected maxAggregationInterval to be one of [60 600], got %s",
					cloud.FormatNumber(n),
				),
			},
		}
	}
	return nil
}

func checkFlowLog(c *cloud.Call) error {
	if c.Str("logDestinationType") == "cloud-watch-logs" && c.Str("iamRoleArn") == "" {
		return cloud.Errorf(
			"InvalidParameter: DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs",
		)
	}
	if c.Str("trafficType") == "" && c.Str("transitGatewayId")+c.Str("transitGatewayAttachmentId") == "" {
		return cloud.Errorf("MissingParameter: TrafficType can't be empty")
	}
	says := func(get func(string) any) string {
		text := ""
		for _, path := range append([]string{
			"trafficType",
			"logDestination",
			"logFormat",
			"maxAggregationInterval",
		}, flowLogSubjects...) {
			text += fmt.Sprint(get(path), " ")
		}
		return text
	}
	for _, other := range c.Tx.All(FlowLogType) {
		if says(c.Get) == strings.ReplaceAll(says(other.Get), flowLogFormat, fmt.Sprint(c.Get("logFormat"))) {
			return cloud.Errorf(
				"FlowLogAlreadyExists: Error. There is an existing Flow Log with the same configuration and log " +
					"destination.",
			)
		}
	}
	return nil
}
