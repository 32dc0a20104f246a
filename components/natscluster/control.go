// What the controller is asked: to gate a node, and to make the streams.
package natscluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
)

// asked is a node as requests to the controller name it.
func (n node) asked() pulumi.Map {
	return pulumi.Map{"name": pulumi.String(n.name), "address": n.address}
}

// Nodes are all of them, as requests to the controller name them.
func (c *NatsCluster) Nodes() pulumi.Array {
	var all pulumi.Array
	for _, n := range c.list {
		all = append(all, n.asked())
	}
	return all
}

// gate waits until the node runs the server and the configuration that it should. It runs again for
// another machine, another disk attachment, another server, another configuration.
func (c *NatsCluster) gate(
	ctx *pulumi.Context,
	name string,
	n node,
	instance *ec2.Instance,
	attachment *ec2.VolumeAttachment,
	pointer pulumi.Resource,
) (pulumi.Resource, error) {
	return lambda.NewInvocation(ctx, name+"-gate", &lambda.InvocationArgs{
		FunctionName: c.args.ControllerName,
		Input: pulumi.JSONMarshal(pulumi.Map{
			"action": pulumi.String("gate"), "node": n.asked(), "nodes": c.Nodes(),
			"revision": c.revision, "serverDigest": pulumi.String(c.args.ServerDigest),
		}),
		Triggers: pulumi.StringMap{
			"instance":   instance.ID().ToStringOutput(),
			"attachment": attachment.ID().ToStringOutput(),
		},
	}, pulumi.Parent(c), pulumi.DependsOn(append([]pulumi.Resource{pointer}, c.args.ControllerReady...)))
}

// streams makes what services publish to, behind the last gate. c.Ready ends with it.
func (c *NatsCluster) streams(ctx *pulumi.Context, name string) error {
	made, err := lambda.NewInvocation(ctx, name+"-streams", &lambda.InvocationArgs{
		FunctionName: c.args.ControllerName,
		Input: pulumi.JSONMarshal(pulumi.Map{
			"action": pulumi.String("streams"), "nodes": c.Nodes(),
			"streams": pulumi.ToOutput(catalog.ForStorage(c.args.Streams, catalog.MaxFileStore(c.args.VolumeGiB))),
		}),
	}, pulumi.Parent(c), pulumi.DependsOn(c.Ready))
	if err != nil {
		return fmt.Errorf("streams: %w", err)
	}
	c.Ready = append(c.Ready, made)
	return nil
}
