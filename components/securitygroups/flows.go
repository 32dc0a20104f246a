// The flows of the platform: every connection that may be made, and why. What is not in this
// table cannot connect.

package securitygroups

// The ends of flows. Each is a security group of its own, but for Internet and S3.
const (
	GatewayLoadBalancer = "gateway-lb"
	Gateway             = "gateway"
	Service             = "service"
	OutboundService     = "service-outbound" // services whose row says internet: true
	NatsLoadBalancer    = "nats-lb"
	Nats                = "nats"
	Redis               = "redis"
	Controller          = "controller"
	Endpoint            = "endpoint" // interface endpoints of AWS's services

	Internet = "internet" // 0.0.0.0/0
	S3       = "s3"       // S3's prefix list, reached through the gateway endpoint
	Vpc      = "vpc"      // the VPC's own range
	AwsApis  = "aws-apis" // means Endpoint and S3, or for Internet where there are no endpoints
)

// Flow is one direction in which connections may be opened, TCP.
type Flow struct {
	From, To string
	Port     int
	Why      string
}

// Surroundings are what the table depends on.
type Surroundings struct {
	Public     bool // the gateway's load balancer serves the internet (HTTPS with redirect), not the VPC only
	Endpoints  bool // AWS's services are reached through interface endpoints
	LegacyPort int  // of the services being replaced, to which the load balancer forwards; 0: there are none
	ShadowPort int  // of the legacy services as the gateway reaches them; 0: it does not
}

// Flows returns the table.
func Flows(around Surroundings) []Flow {
	flows := []Flow{
		{
			From: GatewayLoadBalancer,
			To:   Gateway,
			Port: 8000,
			Why:  "requests and health checks",
		},
		{
			From: Gateway,
			To:   NatsLoadBalancer,
			Port: 4222,
			Why:  "the gateway is a NATS client",
		},
		{
			From: Service,
			To:   NatsLoadBalancer,
			Port: 4222,
			Why:  "services are NATS clients",
		},
		{
			From: OutboundService,
			To:   NatsLoadBalancer,
			Port: 4222,
			Why:  "services are NATS clients",
		},
		{
			From: NatsLoadBalancer,
			To:   Nats,
			Port: 4222,
			Why:  "clients, passed on",
		},
		{
			From: NatsLoadBalancer,
			To:   Nats,
			Port: 8222,
			Why:  "health check /healthz",
		},
		{
			From: Nats,
			To:   Nats,
			Port: 6222,
			Why:  "cluster routes, mutual TLS",
		},
		{
			From: Controller,
			To:   Nats,
			Port: 4222,
			Why:  "streams, system account",
		},
		{
			From: Controller,
			To:   Nats,
			Port: 8222,
			Why:  "node gates read /healthz and /varz",
		},
		{
			From: Service,
			To:   Redis,
			Port: 6379,
			Why:  "shared state, TLS and AUTH",
		},
		{
			From: OutboundService,
			To:   Redis,
			Port: 6379,
			Why:  "shared state, TLS and AUTH",
		},
		{
			From: OutboundService,
			To:   Internet,
			Port: 443,
			Why:  "language models, payments",
		},
		{
			From: Service,
			To:   AwsApis,
			Port: 443,
			Why:  "images, secrets, logs",
		},
		{
			From: OutboundService,
			To:   AwsApis,
			Port: 443,
			Why:  "images, secrets, logs",
		},
		{
			From: Gateway,
			To:   AwsApis,
			Port: 443,
			Why:  "images, secrets, logs",
		},
		{
			From: Nats,
			To:   AwsApis,
			Port: 443,
			Why:  "server binary, certificates, session manager",
		},
		{
			From: Controller,
			To:   AwsApis,
			Port: 443,
			Why:  "secrets, backups, metrics",
		},
	}
	if around.LegacyPort != 0 {
		flows = append(flows, Flow{
			From: GatewayLoadBalancer,
			To:   Vpc,
			Port: around.LegacyPort,
			Why:  "the HTTP services being replaced",
		})
	}
	if around.ShadowPort != 0 {
		flows = append(flows,
			Flow{
				From: GatewayLoadBalancer,
				To:   Gateway,
				Port: 8001,
				Why:  "requests that are shadowed, and health checks",
			},
			Flow{
				From: Gateway,
				To:   Vpc,
				Port: around.ShadowPort,
				Why:  "the HTTP services being replaced, shadowed",
			})
	}
	if around.Public {
		flows = append(flows,
			Flow{
				From: Internet,
				To:   GatewayLoadBalancer,
				Port: 443,
				Why:  "players",
			},
			Flow{
				From: Internet,
				To:   GatewayLoadBalancer,
				Port: 80,
				Why:  "redirect to HTTPS",
			})
	} else {
		flows = append(flows, Flow{
			From: Vpc,
			To:   GatewayLoadBalancer,
			Port: 80,
			Why:  "no domain is configured: inside the VPC only",
		})
	}
	return resolve(flows, around.Endpoints)
}

// resolve replaces AwsApis by what it means, and leaves out what is then there twice.
func resolve(flows []Flow, endpoints bool) []Flow {
	type key struct {
		from, to string
		port     int
	}
	seen := map[key]bool{}
	var resolved []Flow
	add := func(f Flow) {
		if k := (key{from: f.From, to: f.To, port: f.Port}); !seen[k] {
			seen[k] = true
			resolved = append(resolved, f)
		}
	}
	for _, f := range flows {
		switch {
		case f.To != AwsApis:
			add(f)
		case endpoints:
			add(Flow{
				From: f.From,
				To:   Endpoint,
				Port: f.Port,
				Why:  f.Why,
			})
			add(Flow{
				From: f.From,
				To:   S3,
				Port: f.Port,
				Why:  f.Why,
			})
		default:
			add(Flow{
				From: f.From,
				To:   Internet,
				Port: f.Port,
				Why:  f.Why,
			})
		}
	}
	return resolved
}
