// What the foundation carries: NATS, Redis, repositories, services, gateway, alarms.
package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/observability"
	"github.com/bodybroker/platform/components/rediscluster"
	"github.com/bodybroker/platform/components/registry"
	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/components/service"
	"github.com/bodybroker/platform/components/servicegate"
)

func (d *deployment) createNats() (err error) {
	d.nats, err = natscluster.New(d.ctx, "nats", natscluster.Args{
		Stack:                   d.stack,
		Settings:                d.config.NATS.Settings,
		DefaultAMI:              d.around.ami,
		Placement:               d.placeBehind(securitygroups.NatsLoadBalancer, securitygroups.Nats),
		BackupTag:               d.backup.Tag,
		Programs:                d.artifacts.Programs(),
		CertificateAuthorityArn: d.authority.Arn,
		Controller:              d.controller.Handle(),
		Identities: natscluster.Identities{
			SystemKey:        d.system.PublicKey,
			AdministratorKey: d.administrator.PublicKey,
			Users:            d.natsUsers(),
		},
	}, d.under)
	return err
}

func (d *deployment) createRedis() (err error) {
	d.redis, err = rediscluster.New(d.ctx, "redis", rediscluster.Args{
		Stack:     d.stack,
		Settings:  d.config.Redis,
		Placement: d.place(securitygroups.Redis),
	}, d.under)
	return err
}

func (d *deployment) createRegistry() (err error) {
	names := []string{d.config.GatewayRow().Name}
	for _, s := range d.config.Services.Table {
		names = append(names, s.Name)
	}
	d.registry, err = registry.New(d.ctx, "registry", registry.Args{Stack: d.stack, Names: names}, d.under)
	return err
}

func (d *deployment) createContainerCluster() (err error) {
	secrets := pulumi.StringArray{d.redis.AuthSecretArn}
	for _, s := range d.config.Services.Table {
		secrets = append(secrets, d.users[s.Name].SecretArn)
	}
	secrets = append(secrets, d.users[d.config.GatewayRow().Name].SecretArn)
	if verifier := d.users[catalog.Verification]; verifier != nil {
		secrets = append(secrets, verifier.SecretArn)
	}
	d.containers, err = containercluster.New(d.ctx, "services", containercluster.Args{
		Stack:      d.stack,
		SecretArns: secrets,
	}, d.under)
	return err
}

// createServices runs after the NATS gate: a task never has to wait for a server.
func (d *deployment) createServices() (err error) {
	d.services, err = each(d.config.Services.Table, d.createService)
	return err
}

func (d *deployment) createService(s catalog.Service) (*service.Service, error) {
	c := d.config.Services
	args := d.task(s.Name, s.Name, c.Images[s.Name])
	args.Settings, args.MaxTaskCount = c.Settings, c.MaxTaskCount
	args.Placement = d.place(securitygroups.Service)
	if s.Internet {
		args.Placement = d.place(securitygroups.OutboundService)
	}
	args.Variables["SERVICE_NAME"] = pulumi.String(s.Name)
	args.Variables["NATS_QUEUE_GROUP"] = pulumi.String(s.Queue)
	args.Variables["NATS_SUBJECTS"] = pulumi.String(strings.Join(s.RPC, ","))
	args.Variables["REDIS_ADDRESS"] = pulumi.Sprintf("%s:6379", d.redis.ConfigurationEndpoint)
	args.Secrets["REDIS_AUTH_TOKEN"] = d.redis.AuthTokenFrom
	return service.New(d.ctx, s.Name, args, d.under)
}

// task is what all tasks have in common, with an image of a repository.
func (d *deployment) task(name, repository, image string) service.Args {
	return service.Args{
		Stack:   d.stack,
		Name:    name,
		Cluster: d.containers.Handle(),
		Image:   d.image(repository, image),
		After:   d.nats.Ready,
		Variables: map[string]pulumi.StringInput{
			"NATS_URL":           d.nats.URL,
			"NATS_CA":            d.authority.Certificate,
			"NATS_INBOX_PREFIX":  pulumi.String(catalog.Inbox(name)),
			"ENVIRONMENT":        pulumi.String(d.config.Environment),
			"AVAILABILITY_ZONES": pulumi.String(strings.Join(d.around.zones, ",")),
		},
		Secrets: map[string]pulumi.StringInput{"NATS_NKEY_SEED": d.users[name].SeedFrom},
	}
}

func (d *deployment) hasImage(image string) bool {
	return image != "" && !d.config.Services.AwaitImages
}

// image is the full reference, a tag after ":", a digest after "@"; nil without an image.
func (d *deployment) image(name, image string) pulumi.StringInput {
	if !d.hasImage(image) {
		return nil
	}
	separator := ":"
	if strings.HasPrefix(image, "sha256:") {
		separator = "@"
	}
	return pulumi.Sprintf("%s%s%s", d.registry.URL(name), separator, image)
}

func (d *deployment) createGateway() (err error) {
	c, name := d.config.Gateway, d.config.GatewayRow().Name
	tasks := d.task(name, name, c.Image)
	tasks.MaxTaskCount = max(c.TaskCount, d.config.Services.MaxTaskCount)
	tasks.Placement = d.placeBehind(securitygroups.GatewayLoadBalancer, securitygroups.Gateway)
	d.gateway, err = gateway.New(d.ctx, "gateway", gateway.Args{Settings: c.Settings, Tasks: tasks}, d.under)
	return err
}

// awaitServices ends when all tasks answer: only then is the platform up.
func (d *deployment) awaitServices() (err error) {
	var awaited []servicegate.Awaited
	add := func(name string, subjects []string, image string, running *service.Service) {
		if d.hasImage(image) {
			awaited = append(awaited, servicegate.Awaited{
				Service:   running,
				Name:      name,
				PublicKey: d.users[name].PublicKey,
				Subjects:  subjects,
			})
		}
	}
	for i, s := range d.config.Services.Table {
		add(s.Name, s.RPC, d.config.Services.Images[s.Name], d.services[i])
	}
	add(d.config.GatewayRow().Name, nil, d.config.Gateway.Image, d.gateway.Service)
	if len(awaited) == 0 {
		return nil
	}
	d.gate, err = servicegate.New(d.ctx, "services", servicegate.Args{
		Controller: d.controller.Handle(),
		Nodes:      d.nats.Nodes(),
		Services:   awaited,
	}, d.under)
	return err
}

// verifierCPU and verifierMemory give the task that measures a CPU of its own: a quarter of one
// would measure itself.
const verifierCPU, verifierMemory = 1024, 2048

// createVerifier makes a service of no tasks: make verify starts one of them, to its end.
func (d *deployment) createVerifier() (err error) {
	image := d.config.Gateway.VerificationImage
	if !d.hasImage(image) {
		return nil
	}
	args := d.task(catalog.Verification, d.config.GatewayRow().Name, image)
	args.CPU, args.Memory = verifierCPU, verifierMemory
	args.Placement = d.place(securitygroups.Gateway)
	args.Variables["SERVICE_NAME"] = pulumi.String(catalog.Verification)
	args.Variables["SERVICE_TASKS"] = pulumi.String(strconv.Itoa(d.config.Services.TaskCount))
	if d.gate != nil {
		args.After = append(slices.Clone(args.After), d.gate)
	}
	d.verifier, err = service.New(d.ctx, catalog.Verification, args, d.under)
	return err
}

func (d *deployment) createAlarms() (err error) {
	watched := []observability.Service{}
	if d.hasImage(d.config.Gateway.Image) {
		watched = append(
			watched,
			observability.Service{Name: d.config.GatewayRow().Name, Tasks: d.config.Gateway.TaskCount},
		)
	}
	for _, s := range d.config.Services.Table {
		if d.hasImage(d.config.Services.Images[s.Name]) {
			watched = append(watched, observability.Service{Name: s.Name, Tasks: d.config.Services.TaskCount})
		}
	}
	d.alarms, err = observability.New(d.ctx, "alarms", observability.Args{
		Stack:    d.stack,
		Settings: d.config.Observability.Settings,
		Subjects: observability.Subjects{
			Redis:          d.redis.Nodes(),
			Nats:           d.nats.Metrics(),
			Gateway:        d.gateway.Balancer(),
			ClusterName:    d.containers.Name,
			ControllerName: d.controller.Name,
			Services:       watched,
			GatewayRuns:    d.hasImage(d.config.Gateway.Image),
		},
	}, d.under)
	return err
}
