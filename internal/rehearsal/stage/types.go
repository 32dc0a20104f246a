package stage

const (
	AlarmType         = "aws:cloudwatch/metricAlarm:MetricAlarm"
	SecurityGroupType = "aws:ec2/securityGroup:SecurityGroup"
)

const (
	ServiceType    = "aws:ecs/service:Service"
	InvocationType = "aws:lambda/invocation:Invocation"
)
