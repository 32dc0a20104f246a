// Requests to the controller: gate a node, make the streams.
package natscluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
)

// inRequest is a node as requests to the controller name it.
func (n node) inRequest() pulumi.Map {
	return pulumi.Map{"name": pulumi.String(n.name), "address": n.address}
}

// Nodes are all of them, as requests to the controller name them.
func (c *NatsCluster) Nodes() pulumi.Array {
	var all pulumi.Array
	for _, n := range c.nodes {
		all = append(all, n.inRequest())
	}
	return all
}

// createGate waits until the node runs the server and the configuration that it should. It runs
// again for another machine, another disk attachment, another server, another configuration.
func (c *NatsCluster) createGate(
	ctx *pulumi.Context,
	name string,
	n node,
	instance *ec2.Instance,
	attachment *ec2.VolumeAttachment,
	pointer pulumi.Resource,
) (pulumi.Resource, error) {
	return lambda.NewInvocation(ctx, name+"-gate", &lambda.InvocationArgs{
		FunctionName: c.args.Controller.Name,
		Input: pulumi.JSONMarshal(pulumi.Map{
			"action": pulumi.String("gate"), "node": n.inRequest(), "nodes": c.Nodes(),
			"revision": c.revision, "serverDigest": pulumi.String(c.args.Programs.Server.Digest),
		}),
		Triggers: pulumi.StringMap{
			"instance":   instance.ID().ToStringOutput(),
			"attachment": attachment.ID().ToStringOutput(),
		},
	}, pulumi.Parent(c), pulumi.DependsOn(append([]pulumi.Resource{pointer}, c.args.Controller.Ready...)))
}

// createStreams makes what services publish to, behind the last gate. c.Ready ends with it.
func (c *NatsCluster) createStreams(ctx *pulumi.Context, name string) error {
	made, err := lambda.NewInvocation(ctx, name+"-streams", &lambda.InvocationArgs{
		FunctionName: c.args.Controller.Name,
		Input: pulumi.JSONMarshal(pulumi.Map{
			"action": pulumi.String("streams"), "nodes": c.Nodes(),
			"streams": pulumi.ToOutput(catalog.ForStorage(c.args.Streams, c.args.MaxFileStore())),
		}),
	}, pulumi.Parent(c), pulumi.DependsOn(c.Ready))
	if err != nil {
		return fmt.Errorf("streams: %w", err)
	}
	c.Ready = append(c.Ready, made)
	return nil
}
