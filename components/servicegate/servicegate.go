// Package servicegate is the last word of an update: every task of every service is connected to
// NATS and answers. Until it is said the update is not done, and it is asked again by the next one.
package servicegate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:servicegate:ServiceGate"

// Service is one whose tasks are to answer.
type Service struct {
	Name      string
	PublicKey pulumi.StringInput // of its NATS identity
	Subjects  []string           // that each task subscribes to; none of the gateway's
	Tasks     pulumi.IntInput    // the fewest
	// Deployed is the task definition that runs. Another one is asked for anew.
	Deployed pulumi.StringInput
	Running  pulumi.Resource // the service itself
}

// Args say whom to ask for what.
type Args struct {
	ControllerName pulumi.StringInput
	Nodes          pulumi.Array // as requests to the controller name them
	Services       []Service    // at least one
}

// ServiceGate is passed.
type ServiceGate struct {
	pulumi.ResourceState
}

// New asks the controller, after all that Services names is deployed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*ServiceGate, error) {
	g := &ServiceGate{}
	if err := ctx.RegisterComponentResource(Type, name, g, opts...); err != nil {
		return nil, fmt.Errorf("creating service gate %q: %w", name, err)
	}
	asked, deployed, running := pulumi.Array{}, pulumi.StringMap{}, []pulumi.Resource{}
	for _, s := range args.Services {
		asked = append(asked, pulumi.Map{
			"name": pulumi.String(s.Name), "key": s.PublicKey.ToStringOutput(),
			"subjects": pulumi.ToStringArray(s.Subjects), "tasks": s.Tasks.ToIntOutput(),
		})
		deployed[s.Name] = s.Deployed.ToStringOutput()
		running = append(running, s.Running)
	}
	_, err := lambda.NewInvocation(ctx, name+"-serving", &lambda.InvocationArgs{
		FunctionName: args.ControllerName,
		Input: pulumi.JSONMarshal(
			pulumi.Map{"action": pulumi.String("serving"), "nodes": args.Nodes, "services": asked},
		),
		Triggers: deployed,
	}, pulumi.Parent(g), pulumi.DependsOn(running))
	if err != nil {
		return nil, fmt.Errorf("creating service gate %q: %w", name, err)
	}
	return g, ctx.RegisterResourceOutputs(g, pulumi.Map{})
}
