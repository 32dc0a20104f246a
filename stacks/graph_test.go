// The graph of the shipped production stack, and what tests ask of it.

package stacks_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
	"github.com/bodybroker/platform/internal/resourcegraph"
	"github.com/bodybroker/platform/stacks"
)

// Types that several tests ask for.
const (
	instanceType       = "aws:ec2/instance:Instance"
	interfaceType      = "aws:ec2/networkInterface:NetworkInterface"
	volumeType         = "aws:ebs/volume:Volume"
	attachmentType     = "aws:ec2/volumeAttachment:VolumeAttachment"
	gateType           = "aws:lambda/invocation:Invocation"
	objectType         = "aws:s3/bucketObjectv2:BucketObjectv2"
	serviceType        = "aws:ecs/service:Service"
	taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
	repositoryType     = "aws:ecr/repository:Repository"
	loadBalancerType   = "aws:lb/loadBalancer:LoadBalancer"
	targetGroupType    = "aws:lb/targetGroup:TargetGroup"
	secretVersionType  = "aws:secretsmanager/secretVersion:SecretVersion"
	vpcType            = "awsx:ec2:Vpc"
)

// threeZones are those of the embedded AWS that production uses, in the order of the nodes.
var threeZones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

// gatewayService is the logical name of the gateway's ECS service.
const gatewayService = "gateway-tasks-service"

// production is the shipped production stack as an update makes it, recorded once for all tests.
var production = sync.OnceValues(func() (resourcegraph.Graph, error) { return resourcegraph.Shipped("..", "prod") })

func productionGraph(t *testing.T) resourcegraph.Graph {
	t.Helper()
	graph, err := production()
	require.NoError(t, err)
	return graph
}

// record is the shipped production stack with some keys changed.
func record(t *testing.T, changes map[string]string, options resourcegraph.Options) (resourcegraph.Graph, error) {
	t.Helper()
	raw, err := resourcegraph.ShippedConfig("..", "prod", t.TempDir())
	require.NoError(t, err)
	for key, value := range changes {
		raw[config.Project+":"+key] = value
	}
	options.Config = raw
	return resourcegraph.Record(stacks.Deploy, options)
}

// changed is record where it must succeed.
func changed(t *testing.T, changes map[string]string) resourcegraph.Graph {
	t.Helper()
	graph, err := record(t, changes, resourcegraph.Options{})
	require.NoError(t, err)
	return graph
}

// inUpdateAndPreview checks what an update makes and what a preview promises: there, what
// AWS computes is unknown, so check must ask for nothing of that.
func inUpdateAndPreview(t *testing.T, check func(t *testing.T, graph resourcegraph.Graph)) {
	t.Helper()
	t.Run("update", func(t *testing.T) { check(t, productionGraph(t)) })
	t.Run("preview", func(t *testing.T) {
		graph, err := record(t, nil, resourcegraph.Options{Preview: true})
		require.NoError(t, err)
		check(t, graph)
	})
}

func named(t *testing.T, graph resourcegraph.Graph, token, name string) resourcegraph.Resource {
	t.Helper()
	found, err := graph.Named(token, name)
	require.NoError(t, err)
	return found
}

// only is the single resource of a type.
func only(t *testing.T, graph resourcegraph.Graph, token string) resourcegraph.Resource {
	t.Helper()
	found := graph.Of(token)
	require.Len(t, found, 1, token)
	return found[0]
}

// sources are the resources of a type from which an input of a resource comes.
func sources(graph resourcegraph.Graph, of resourcegraph.Resource, property, token string) []resourcegraph.Resource {
	return slices.DeleteFunc(graph.Of(token), func(r resourcegraph.Resource) bool {
		return !slices.Contains(of.PropertyDepends[property], r.URN)
	})
}

// definition is the task definition that an ECS service asks for.
func definition(t *testing.T, graph resourcegraph.Graph, service resourcegraph.Resource) resourcegraph.Resource {
	t.Helper()
	found := sources(graph, service, "taskDefinition", taskDefinitionType)
	require.Len(t, found, 1, "task definition of %s", service.Name)
	return found[0]
}

// inputs are some inputs of a resource as plain Go, for comparison with a table.
func inputs(of resourcegraph.Resource, want map[string]any) map[string]any {
	got := map[string]any{}
	for path := range want {
		got[path] = of.Get(path)
	}
	return got
}

// eachString calls visit for every string in a value, and says whether it is secret.
func eachString(v resource.PropertyValue, secret bool, visit func(text string, secret bool)) {
	switch {
	case v.IsSecret():
		eachString(v.SecretValue().Element, true, visit)
	case v.IsString():
		visit(v.StringValue(), secret)
	case v.IsArray():
		for _, item := range v.ArrayValue() {
			eachString(item, secret, visit)
		}
	case v.IsObject():
		for _, item := range v.ObjectValue() {
			eachString(item, secret, visit)
		}
	}
}
