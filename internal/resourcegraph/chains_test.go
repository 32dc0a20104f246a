package resourcegraph

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLongestChainIsByTimeAndNotByLength(t *testing.T) {
	topic := func(urn string, after ...string) Resource {
		return Resource{
			URN:       urn,
			Name:      urn,
			Type:      "aws:sns/topic:Topic",
			Custom:    true,
			DependsOn: after,
		}
	}
	nat := Resource{
		URN:    "nat",
		Name:   "nat",
		Type:   "aws:ec2/natGateway:NatGateway",
		Custom: true,
	}
	g := Graph{Resources: []Resource{topic("a"), topic("b", "a"), topic("c", "b"), nat, topic("end", "c", "nat")}}
	chains := g.Chains()
	require.Len(t, chains, 1, "only the end has nothing that waits for it")
	var names []string
	for _, link := range chains[0].Links {
		names = append(names, link.Resource.Name)
	}
	assert.Equal(t, []string{"nat", "end"}, names)
	assert.InDelta(t, seconds(nat)+seconds(topic("x")), chains[0].Seconds, 0.001)
}

func TestProductionWaitsForRedisLongest(t *testing.T) {
	g, err := Shipped("../..", "prod")
	require.NoError(t, err)
	chains := g.Chains()
	require.NotEmpty(t, chains)
	var types []string
	for _, link := range chains[0].Links {
		types = append(types, link.Resource.Type)
	}
	assert.Contains(t, types, "awsx:ec2:Vpc")
	assert.Contains(t, types, "aws:elasticache/replicationGroup:ReplicationGroup")
	assert.Contains(t, types, "aws:ecs/service:Service")
	assert.Equal(t, "aws:lambda/invocation:Invocation", types[len(types)-1], "the update ends when the services answer")
	assert.NotContains(
		t,
		types[:len(types)-1],
		"aws:lambda/invocation:Invocation",
		"the NATS nodes are made at the same time as Redis",
	)
}
