// What a person needs to know of a stack that is up.

package stacks

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func (p *platform) export() {
	var awaiting pulumi.StringArray
	for _, s := range p.config.Services.Table {
		if !p.hasImage(p.config.Services.Images[s.Name]) {
			awaiting = append(awaiting, pulumi.String(s.Name))
		}
	}
	if !p.hasImage(p.config.Gateway.Image) {
		awaiting = append(awaiting, pulumi.String(p.config.GatewayRow().Name))
	}
	logs := pulumi.StringArray{p.front.Service.LogGroup}
	for _, s := range p.running {
		logs = append(logs, s.LogGroup)
	}
	outputs := map[string]pulumi.Input{
		"natsUrl":                    p.cluster.URL,
		"natsCertificate":            p.authority.Certificate,
		"natsPublicKeys":             p.publicKeys(),
		"natsConfigurationDigest":    p.cluster.ConfigurationDigest,
		"natsAdministratorSecretArn": p.administrator.SecretArn,
		"redisEndpoint":              p.redis.ConfigurationEndpoint,
		"redisAuthSecretArn":         p.redis.AuthSecretArn,
		"gatewayUrl":                 p.front.URL,
		"repositoryUrls":             p.repositories.URLs,
		"servicesAwaitingImages":     awaiting,
		"clusterName":                p.containers.Name,
		"controllerName":             p.controlling.Name,
		"logGroups":                  logs,
		"alarmTopicArn":              p.alarms.TopicArn,
		"alarmNames":                 p.alarms.AlarmNames,
		"artifactBucket":             p.bucket.Bucket,
		"availabilityZones":          pulumi.ToStringArray(p.around.zones),
	}
	if p.verifier != nil {
		outputs["verificationService"] = p.verifier.Name
		outputs["verificationLogGroup"] = p.verifier.LogGroup
	}
	for name, output := range outputs {
		p.ctx.Export(name, output)
	}
}
