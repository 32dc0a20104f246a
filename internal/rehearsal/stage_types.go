package rehearsal

const (
	alarmType         = "aws:cloudwatch/metricAlarm:MetricAlarm"
	securityGroupType = "aws:ec2/securityGroup:SecurityGroup"
)

const (
	serviceType    = "aws:ecs/service:Service"
	invocationType = "aws:lambda/invocation:Invocation"
)
