// VPC flow logs.
package localcloud

import (
	"fmt"
	"strings"
)

const flowLogType = "aws:ec2/flowLog:FlowLog"

var flowLogSubjects = []string{"vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId"}

var _ = register(
	row{
		token:  flowLogType,
		source: "internal/service/ec2/vpc_flow_log.go",
		replace: append([]string{
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
		defaults: map[string]any{"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600.0},
		id:       text("fl-{hex17}"),
		computed: map[string]value{
			"arn":       text("arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"),
			"logFormat": fixed(flowLogFormat),
			"logGroupName": func(c *call) any {
				return lastOf(strings.TrimSuffix(c.str("logDestination"), ":*"), ":log-group:")
			},
			"logDestination": text("arn:aws:logs:{region}:{account}:log-group:{logGroupName}"),
		},
		references: []reference{
			{path: "vpcId", to: one(vpcType), missing: noSuchVpc},
			{path: "subnetId", to: one(subnetType), missing: noSuchSubnet},
			{path: "eniId", to: one(networkInterfaceType), missing: noSuchInterface},
		},
		check: checks(exactlyOneOf(flowLogSubjects...), oneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
			oneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"), intervalFaults),
		beforeCreate: inTurn(judgeFlowLog, needsRole(
			"iamRoleArn",
			"vpc-flow-logs.amazonaws.com",
			"InvalidParameter: Unable to assume given IAM role. Role {value} does not exist",
			"InvalidParameter: Unable to assume given IAM role {value}: its trust policy does not name "+
				"vpc-flow-logs.amazonaws.com",
		)),
		notReal: "No flow is logged. A log group that does not exist is no fault: flow logs make it.",
	},
)

// flowLogFormat is version 2, the default (VPC user guide, "Flow log records").
const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} " +
	"${protocol} ${packets} ${bytes} " +
	"${start} ${end} ${action} ${log-status}"

func intervalFaults(c *call) []failure {
	if n, given := c.get("maxAggregationInterval").(float64); given && n != 60 && n != 600 {
		return []failure{
			{
				property: "maxAggregationInterval",
				reason:   fmt.Sprintf("expected maxAggregationInterval to be one of [60 600], got %s", trimFloat(n)),
			},
		}
	}
	return nil
}

func judgeFlowLog(c *call) error {
	if c.str("logDestinationType") == "cloud-watch-logs" && c.str("iamRoleArn") == "" {
		return errorf(
			"InvalidParameter: DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs",
		)
	}
	if c.str("trafficType") == "" && c.str("transitGatewayId")+c.str("transitGatewayAttachmentId") == "" {
		return errorf("MissingParameter: TrafficType can't be empty")
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
	for _, other := range c.tx.all(flowLogType) {
		if says(c.get) == strings.ReplaceAll(says(other.Get), flowLogFormat, fmt.Sprint(c.get("logFormat"))) {
			return errorf(
				"FlowLogAlreadyExists: Error. There is an existing Flow Log with the same configuration and log " +
					"destination.",
			)
		}
	}
	return nil
}
