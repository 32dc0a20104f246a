// What a person needs to know of a stack that is up.

package stacks

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func (d *deployment) export() {
	var awaiting pulumi.StringArray
	for _, s := range d.config.Services.Table {
		if !d.hasImage(d.config.Services.Images[s.Name]) {
			awaiting = append(awaiting, pulumi.String(s.Name))
		}
	}
	if !d.hasImage(d.config.Gateway.Image) {
		awaiting = append(awaiting, pulumi.String(d.config.GatewayRow().Name))
	}
	logs := pulumi.StringArray{d.gateway.Service.LogGroup}
	for _, s := range d.services {
		logs = append(logs, s.LogGroup)
	}
	outputs := map[string]pulumi.Input{
		"natsUrl":                    d.nats.URL,
		"natsCertificate":            d.authority.Certificate,
		"natsPublicKeys":             d.publicKeys(),
		"natsConfigurationDigest":    d.nats.ConfigurationDigest,
		"natsAdministratorSecretArn": d.administrator.SecretArn,
		"redisEndpoint":              d.redis.ConfigurationEndpoint,
		"redisAuthSecretArn":         d.redis.AuthSecretArn,
		"gatewayUrl":                 d.gateway.URL,
		"repositoryUrls":             d.registry.URLs,
		"servicesAwaitingImages":     awaiting,
		"clusterName":                d.containers.Name,
		"controllerName":             d.controller.Name,
		"logGroups":                  logs,
		"alarmTopicArn":              d.alarms.TopicArn,
		"alarmNames":                 d.alarms.AlarmNames,
		"artifactBucket":             d.artifacts.Bucket,
		"availabilityZones":          pulumi.ToStringArray(d.around.zones),
	}
	if d.verifier != nil {
		outputs["verificationService"] = d.verifier.Name
		outputs["verificationLogGroup"] = d.verifier.LogGroup
	}
	for name, output := range outputs {
		d.ctx.Export(name, output)
	}
}
