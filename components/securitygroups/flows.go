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
	AwsApis  = "aws-apis" // stands for Endpoint and S3, or for Internet where there are no endpoints
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
		{GatewayLoadBalancer, Gateway, 8000, "requests and health checks"},
		{Gateway, NatsLoadBalancer, 4222, "the gateway is a NATS client"},
		{Service, NatsLoadBalancer, 4222, "services are NATS clients"},
		{OutboundService, NatsLoadBalancer, 4222, "services are NATS clients"},
		{NatsLoadBalancer, Nats, 4222, "clients, passed on"},
		{NatsLoadBalancer, Nats, 8222, "health check /healthz"},
		{Nats, Nats, 6222, "cluster routes, mutual TLS"},
		{Controller, Nats, 4222, "streams, system account"},
		{Controller, Nats, 8222, "node gates read /healthz and /varz"},
		{Service, Redis, 6379, "shared state, TLS and AUTH"},
		{OutboundService, Redis, 6379, "shared state, TLS and AUTH"},
		{OutboundService, Internet, 443, "language models, payments"},
		{Service, AwsApis, 443, "images, secrets, logs"},
		{OutboundService, AwsApis, 443, "images, secrets, logs"},
		{Gateway, AwsApis, 443, "images, secrets, logs"},
		{Nats, AwsApis, 443, "server binary, certificates, session manager"},
		{Controller, AwsApis, 443, "secrets, backups, metrics"},
	}
	if around.LegacyPort != 0 {
		flows = append(flows, Flow{GatewayLoadBalancer, Vpc, around.LegacyPort, "the HTTP services being replaced"})
	}
	if around.ShadowPort != 0 {
		flows = append(flows,
			Flow{GatewayLoadBalancer, Gateway, 8001, "requests that are shadowed, and health checks"},
			Flow{Gateway, Vpc, around.ShadowPort, "the HTTP services being replaced, shadowed"})
	}
	if around.Public {
		flows = append(flows,
			Flow{Internet, GatewayLoadBalancer, 443, "players"},
			Flow{Internet, GatewayLoadBalancer, 80, "redirect to HTTPS"})
	} else {
		flows = append(flows, Flow{Vpc, GatewayLoadBalancer, 80, "no domain is configured: inside the VPC only"})
	}
	return resolve(flows, around.Endpoints)
}

// resolve replaces AwsApis by what it stands for, and leaves out what is then there twice.
func resolve(flows []Flow, endpoints bool) []Flow {
	type key struct {
		from, to string
		port     int
	}
	seen := map[key]bool{}
	var resolved []Flow
	add := func(f Flow) {
		if k := (key{f.From, f.To, f.Port}); !seen[k] {
			seen[k] = true
			resolved = append(resolved, f)
		}
	}
	for _, f := range flows {
		switch {
		case f.To != AwsApis:
			add(f)
		case endpoints:
			add(Flow{f.From, Endpoint, f.Port, f.Why})
			add(Flow{f.From, S3, f.Port, f.Why})
		default:
			add(Flow{f.From, Internet, f.Port, f.Why})
		}
	}
	return resolved
}
