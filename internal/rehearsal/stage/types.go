// Types of resources that several drills look at.

package stage

// Types in which a drill seeds, breaks or names resources.
const (
	AlarmType         = "aws:cloudwatch/metricAlarm:MetricAlarm"
	SecurityGroupType = "aws:ec2/securityGroup:SecurityGroup"
)

// Types whose order and number drills check.
const (
	ServiceType    = "aws:ecs/service:Service"
	InvocationType = "aws:lambda/invocation:Invocation"
)
