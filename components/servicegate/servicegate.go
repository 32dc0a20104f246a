// Package servicegate is the last word of an update: every task of every service is connected to
// NATS and answers. Until it has been said the update is not done, and the next update asks again.
package servicegate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/controller"
	"github.com/bodybroker/platform/components/platform"
	"github.com/bodybroker/platform/components/service"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:servicegate:ServiceGate"

// Awaited is a service whose tasks are to answer.
type Awaited struct {
	Service   *service.Service    // its task definition that runs: another one makes the gate ask anew
	Name      string              // as the controller reports it
	PublicKey pulumi.StringOutput // of its NATS identity
	Subjects  []string            // that each task subscribes to; none of the gateway's
}

// Args say whom to ask for what.
type Args struct {
	Controller controller.Handle
	Nodes      pulumi.Array // as requests to the controller name them
	Services   []Awaited    // at least one
}

// ServiceGate is passed.
type ServiceGate struct {
	pulumi.ResourceState

	args Args
}

// New asks the controller, after all that Services names is deployed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*ServiceGate, error) {
	g := &ServiceGate{args: args}
	return platform.Create(ctx, name, g, platform.Definition{
		Type:  Type,
		Noun:  "service gate",
		Steps: []platform.Step{g.awaitServices},
	}, opts...)
}

func (g *ServiceGate) awaitServices(ctx *pulumi.Context, name string) error {
	services, deployed, running := pulumi.Array{}, pulumi.StringMap{}, []pulumi.Resource{}
	for _, s := range g.args.Services {
		services = append(services, pulumi.Map{
			"name":     pulumi.String(s.Name),
			"key":      s.PublicKey,
			"subjects": pulumi.ToStringArray(s.Subjects),
			"tasks":    s.Service.Awaited,
		})
		deployed[s.Name] = s.Service.Deployed
		running = append(append(running, s.Service), s.Service.Ready()...)
	}
	_, err := lambda.NewInvocation(ctx, name+"-serving", &lambda.InvocationArgs{
		FunctionName: g.args.Controller.Name,
		Input: pulumi.JSONMarshal(
			pulumi.Map{"action": pulumi.String("serving"), "nodes": g.args.Nodes, "services": services},
		),
		Triggers: deployed,
	}, pulumi.Parent(g), pulumi.DependsOn(running))
	return err
}
