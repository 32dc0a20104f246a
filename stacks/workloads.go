// What stands on the ground floor: NATS, Redis, repositories, services, gateway, alarms.
package stacks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/encryption"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/observability"
	"github.com/bodybroker/platform/components/rediscluster"
	"github.com/bodybroker/platform/components/registry"
	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/components/service"
	"github.com/bodybroker/platform/components/servicegate"
)

func (p *platform) nats() (err error) {
	c := p.config.NATS
	users := p.natsUsers()
	p.cluster, err = natscluster.New(p.ctx, "nats", natscluster.Args{
		Environment:                 p.config.Environment,
		Region:                      p.config.Region,
		Domain:                      c.PrivateDomain,
		NodeCount:                   c.NodeCount,
		Zones:                       p.around.zones,
		InstanceType:                c.InstanceType,
		AMI:                         p.around.ami,
		KeepAMI:                     c.AMI == "",
		VolumeGiB:                   c.VolumeGiB,
		VolumeIOPS:                  c.VolumeIOPS,
		VolumeThroughput:            c.VolumeThroughput,
		VolumeSnapshots:             c.VolumeSnapshots,
		ServerDigest:                p.serverDigest,
		NodeDigest:                  p.nodeDigest,
		MaxPayload:                  c.MaxPayload,
		LameDuckSeconds:             c.LameDuckSeconds,
		Streams:                     c.Streams,
		Protect:                     p.config.Protect,
		BackupTag:                   [2]string{p.snapshots.TagKey, p.snapshots.TagValue},
		VpcID:                       p.vpc.VpcID,
		SubnetIDs:                   p.vpc.PrivateSubnetIDs,
		NodeSecurityGroupID:         p.groups.ID(securitygroups.Nats),
		LoadBalancerSecurityGroupID: p.groups.ID(securitygroups.NatsLoadBalancer),
		DataKeyArn:                  p.keys.Key(encryption.Data),
		ArtifactsKeyArn:             p.keys.Key(encryption.Artifacts),
		Bucket:                      p.bucket.Bucket,
		BucketArn:                   p.bucket.BucketArn,
		ServerKey:                   p.bucket.ServerKey,
		NodeKey:                     p.bucket.NodeKey,
		CertificateAuthorityArn:     p.authority.Arn,
		ControllerName:              p.controlling.Name,
		ControllerArn:               p.controlling.Arn,
		SystemKey:                   p.system.PublicKey,
		AdministratorKey:            p.administrator.PublicKey,
		Users:                       users,
		NetworkReady:                p.networkReady(),
		ControllerReady:             p.controlling.Ready,
	}, p.under)
	return err
}

// networkReady is what a machine needs to reach AWS when it boots.
func (p *platform) networkReady() []pulumi.Resource {
	ready := []pulumi.Resource{p.vpc, p.groups}
	if p.endpoints != nil {
		ready = append(ready, p.endpoints)
	}
	return ready
}

func (p *platform) cache() (err error) {
	c := p.config.Redis
	p.redis, err = rediscluster.New(p.ctx, "redis", rediscluster.Args{
		Environment:           p.config.Environment,
		Engine:                c.Engine,
		EngineVersion:         c.EngineVersion,
		NodeType:              c.NodeType,
		Shards:                c.Shards,
		ReplicasPerShard:      c.ReplicasPerShard,
		SnapshotRetentionDays: c.SnapshotRetentionDays,
		SnapshotName:          c.SnapshotName,
		TokenUpdateStrategy:   c.TokenUpdateStrategy,
		SubnetIDs:             p.vpc.PrivateSubnetIDs,
		SecurityGroupID:       p.groups.ID(securitygroups.Redis),
		DataKeyArn:            p.keys.Key(encryption.Data),
		SecretsKeyArn:         p.keys.Key(encryption.Secrets),
		LogsKeyArn:            p.keys.Key(encryption.Logs),
		LogRetentionDays:      p.config.Observability.LogRetentionDays,
		Protect:               p.config.Protect,
	}, p.under)
	return err
}

func (p *platform) registry() (err error) {
	names := []string{p.config.GatewayRow().Name}
	for _, s := range p.config.Services.Table {
		names = append(names, s.Name)
	}
	p.repositories, err = registry.New(p.ctx, "registry", registry.Args{
		Prefix:  p.config.Environment,
		Names:   names,
		KeyArn:  p.keys.Key(encryption.Artifacts),
		Protect: p.config.Protect,
	}, p.under)
	return err
}

func (p *platform) containerCluster() (err error) {
	secrets := pulumi.StringArray{p.redis.AuthSecretArn}
	for _, s := range p.config.Services.Table {
		secrets = append(secrets, p.users[s.Name].SecretArn)
	}
	secrets = append(secrets, p.users[p.config.GatewayRow().Name].SecretArn)
	if verifier := p.users[catalog.Verification]; verifier != nil {
		secrets = append(secrets, verifier.SecretArn)
	}
	arn := func(service, resource string) pulumi.String {
		return pulumi.String(fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, p.config.Region, p.around.account, resource))
	}
	p.containers, err = containercluster.New(p.ctx, "services", containercluster.Args{
		Environment:       p.config.Environment,
		Region:            p.config.Region,
		Account:           p.around.account,
		LogsKeyArn:        p.keys.Key(encryption.Logs),
		LogRetentionDays:  p.config.Observability.LogRetentionDays,
		Protect:           p.config.Protect,
		SecretArns:        secrets,
		SecretsKeyArn:     p.keys.Key(encryption.Secrets),
		RepositoryArns:    pulumi.StringArray{arn("ecr", "repository/"+p.config.Environment+"/*")},
		LogGroupArnPrefix: arn("logs", "log-group:/"+p.config.Environment+"/"),
	}, p.under)
	return err
}

// services starts after the NATS gate: a task never has to wait for a server.
func (p *platform) services() (err error) {
	p.running, err = each(p.config.Services.Table, p.service)
	return err
}

func (p *platform) service(s catalog.Service) (*service.Service, error) {
	c := p.config.Services
	args := p.task(s.Name, s.Name, c.Images[s.Name])
	args.TaskCount, args.MaxTaskCount, args.CPU, args.Memory = c.TaskCount, c.MaxTaskCount, c.CPU, c.Memory
	args.SecurityGroupID = p.groups.ID(securitygroups.Service)
	if s.Internet {
		args.SecurityGroupID = p.groups.ID(securitygroups.OutboundService)
	}
	args.Variables["SERVICE_NAME"] = pulumi.String(s.Name)
	args.Variables["NATS_QUEUE_GROUP"] = pulumi.String(s.Queue)
	args.Variables["NATS_SUBJECTS"] = pulumi.String(strings.Join(s.RPC, ","))
	args.Variables["REDIS_ADDRESS"] = pulumi.Sprintf("%s:6379", p.redis.ConfigurationEndpoint)
	args.Secrets["REDIS_AUTH_TOKEN"] = p.redis.AuthTokenFrom
	return service.New(p.ctx, s.Name, args, p.under)
}

// task is what all tasks have in common, with an image of a repository.
func (p *platform) task(name, repository, image string) service.Args {
	return service.Args{
		Environment:      p.config.Environment,
		Name:             name,
		Region:           p.config.Region,
		Account:          p.around.account,
		ClusterArn:       p.containers.Arn,
		ClusterName:      p.containers.Name,
		ExecutionRoleArn: p.containers.ExecutionRoleArn,
		ExecLogGroupArn:  p.containers.ExecLogGroupArn,
		HasImage:         p.hasImage(image),
		Image:            p.image(repository, image),
		SubnetIDs:        p.vpc.PrivateSubnetIDs,
		LogsKeyArn:       p.keys.Key(encryption.Logs),
		LogRetentionDays: p.config.Observability.LogRetentionDays,
		Protect:          p.config.Protect,
		After:            p.cluster.Ready,
		Variables: map[string]pulumi.StringInput{
			"NATS_URL":           p.cluster.URL,
			"NATS_CA":            p.authority.Certificate,
			"NATS_INBOX_PREFIX":  pulumi.String(catalog.Inbox(name)),
			"ENVIRONMENT":        pulumi.String(p.config.Environment),
			"AVAILABILITY_ZONES": pulumi.String(strings.Join(p.around.zones, ",")),
		},
		Secrets: map[string]pulumi.StringInput{"NATS_NKEY_SEED": p.users[name].SeedFrom},
	}
}

func (p *platform) hasImage(image string) bool { return image != "" && !p.config.Services.AwaitImages }

// image is the full reference: a tag after ":", a digest after "@".
func (p *platform) image(name, image string) pulumi.StringInput {
	separator := ":"
	if strings.HasPrefix(image, "sha256:") {
		separator = "@"
	}
	return pulumi.Sprintf("%s%s%s", p.repositories.URL(name), separator, image)
}

func (p *platform) gateway() error {
	c := p.config.Gateway
	args := p.task(p.config.GatewayRow().Name, p.config.GatewayRow().Name, c.Image)
	args.TaskCount, args.MaxTaskCount, args.CPU, args.Memory = c.TaskCount, max(
		c.TaskCount,
		p.config.Services.MaxTaskCount,
	), c.CPU, c.Memory
	args.SecurityGroupID = p.groups.ID(securitygroups.Gateway)
	var err error
	p.front, err = gateway.New(p.ctx, "gateway", gateway.Args{
		Service:                     args,
		Environment:                 p.config.Environment,
		VpcID:                       p.vpc.VpcID,
		PublicSubnetIDs:             p.vpc.PublicSubnetIDs,
		PrivateSubnetIDs:            p.vpc.PrivateSubnetIDs,
		LoadBalancerSecurityGroupID: p.groups.ID(securitygroups.GatewayLoadBalancer),
		Domain:                      c.Domain,
		HostedZoneID:                c.HostedZoneID,
		LegacyTargetGroupArn:        c.LegacyTargetGroupARN,
		NatsWeight:                  c.NatsWeight,
		ShadowPercent:               c.ShadowPercent,
		LegacyURL:                   c.LegacyURL,
		Protect:                     p.config.Protect,
	}, p.under)
	return err
}

// serving ends when all tasks answer: only then is the platform up.
func (p *platform) serving() (err error) {
	var awaited []servicegate.Service
	add := func(name string, subjects []string, image string, running *service.Service) {
		if p.hasImage(image) {
			awaited = append(awaited, servicegate.Service{
				Name:      name,
				PublicKey: p.users[name].PublicKey,
				Subjects:  subjects,
				Tasks:     running.Awaited,
				Deployed:  running.Deployed,
				Running:   running,
			})
		}
	}
	for i, s := range p.config.Services.Table {
		add(s.Name, s.RPC, p.config.Services.Images[s.Name], p.running[i])
	}
	add(p.config.GatewayRow().Name, nil, p.config.Gateway.Image, p.front.Service)
	if len(awaited) == 0 {
		return nil
	}
	p.gate, err = servicegate.New(
		p.ctx,
		"services",
		servicegate.Args{ControllerName: p.controlling.Name, Nodes: p.cluster.Nodes(), Services: awaited},
		p.under,
	)
	return err
}

// verifierCPU and verifierMemory give the task that measures a CPU of its own: a quarter of one
// would measure itself.
const verifierCPU, verifierMemory = 1024, 2048

// verification is a service of no tasks: make verify starts one of them, to its end.
func (p *platform) verification() (err error) {
	image := p.config.Gateway.VerificationImage
	if !p.hasImage(image) {
		return nil
	}
	args := p.task(catalog.Verification, p.config.GatewayRow().Name, image)
	args.CPU, args.Memory = verifierCPU, verifierMemory
	args.SecurityGroupID = p.groups.ID(securitygroups.Gateway)
	args.Variables["SERVICE_NAME"] = pulumi.String(catalog.Verification)
	args.Variables["SERVICE_TASKS"] = pulumi.String(strconv.Itoa(p.config.Services.TaskCount))
	if p.gate != nil {
		args.After = append(slices.Clone(args.After), p.gate)
	}
	p.verifier, err = service.New(p.ctx, catalog.Verification, args, p.under)
	return err
}

func (p *platform) observability() (err error) {
	watched := []observability.Service{}
	if p.hasImage(p.config.Gateway.Image) {
		watched = append(
			watched,
			observability.Service{Name: p.config.GatewayRow().Name, Tasks: p.config.Gateway.TaskCount},
		)
	}
	for _, s := range p.config.Services.Table {
		if p.hasImage(p.config.Services.Images[s.Name]) {
			watched = append(watched, observability.Service{Name: s.Name, Tasks: p.config.Services.TaskCount})
		}
	}
	p.alarms, err = observability.New(p.ctx, "alarms", observability.Args{
		Environment:         p.config.Environment,
		Region:              p.config.Region,
		Account:             p.around.account,
		AlarmEmails:         p.config.Observability.AlarmEmails,
		MonthlyBudget:       p.config.Observability.MonthlyBudget,
		NotificationsKeyArn: p.keys.Key(encryption.Notifications),
		Subjects: observability.Subjects{
			RedisGroupID:              p.redis.ReplicationGroupID,
			RedisShards:               p.config.Redis.Shards,
			RedisNodesPerShard:        1 + p.config.Redis.ReplicasPerShard,
			NatsInstanceIDs:           p.cluster.InstanceIDs,
			NatsZones:                 p.around.zones,
			NatsLoadBalancerSuffix:    p.cluster.LoadBalancerSuffix,
			NatsTargetGroupSuffix:     p.cluster.TargetGroupSuffix,
			GatewayLoadBalancerSuffix: p.front.LoadBalancerSuffix,
			GatewayTargetGroupSuffix:  p.front.TargetGroupSuffix,
			ClusterName:               p.containers.Name,
			Services:                  watched,
			GatewayRuns:               p.hasImage(p.config.Gateway.Image),
			ControllerName:            p.controlling.Name,
		},
	}, p.under)
	return err
}
