// What production is: its numbers, read from the graph of the shipped stack file.

package stacks_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

func TestRedisIsThreeShardsOfTwoNodesBehindTLSAndToken(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		group := only(t, g, "aws:elasticache/replicationGroup:ReplicationGroup")
		want := map[string]any{
			"engine":                   "redis",
			"engineVersion":            "7.1",
			"nodeType":                 "cache.r7g.large",
			"numNodeGroups":            3.0,
			"replicasPerNodeGroup":     1.0,
			"transitEncryptionEnabled": true,
			"transitEncryptionMode":    "required",
			"atRestEncryptionEnabled":  true,
			"multiAzEnabled":           true,
			"automaticFailoverEnabled": true,
			"authTokenUpdateStrategy":  "ROTATE",
		}
		assert.Equal(t, want, inputs(group, want))
		assert.True(t, group.Inputs["authToken"].IsSecret(), "the token is secret")
		assert.Len(t, group.Get("authToken"), 64, "length of the token")
	})
}

func TestNatsIsFiveNodesOverThreeZones(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		require.Len(t, g.Of(instanceType), 5)
		perZone := map[any]int{}
		for i := range 5 {
			name := fmt.Sprintf("nats-%d", i+1)
			assert.Equal(t, "m6i.large", named(t, g, instanceType, name+"-instance").Get("instanceType"))
			disk := named(t, g, volumeType, name+"-volume")
			want := map[string]any{
				"type": "gp3", "size": 500.0, "iops": 3000.0, "throughput": 125.0, "encrypted": true,
				"finalSnapshot": true, "availabilityZone": threeZones[i%3],
			}
			assert.Equal(t, want, inputs(disk, want), name)
			assert.Len(t, sources(g, disk, "kmsKeyId", "aws:kms/key:Key"), 1, "%s: a key of our own", name)
			perZone[disk.Get("availabilityZone")]++
		}
		assert.Equal(t, map[any]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 1}, perZone)
		assert.Len(t, g.Of(volumeType), 5)
	})
}

func TestEachNodeHasDiskAndAddressInOneZone(t *testing.T) {
	g := productionGraph(t)
	subnets := only(t, g, vpcType).Output("privateSubnetIds").([]any)
	require.Len(t, subnets, 3)
	addresses := map[any]bool{}
	for i := range 5 {
		name := fmt.Sprintf("nats-%d", i+1)
		address := named(t, g, interfaceType, name+"-interface")
		assert.Equal(t, subnets[i%3], address.Get("subnetId"), "%s: its disk is in %s", name, threeZones[i%3])
		addresses[address.Get("privateIps.0")] = true
	}
	assert.Len(t, addresses, 5, "addresses: %v", addresses)
}

func TestIncident11TheLoadBalancerChecksTheServerNotThePort(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		targets := named(t, g, targetGroupType, "nats-targets")
		want := map[string]any{
			"port":                  4222.0,
			"protocol":              "TCP",
			"targetType":            "ip",
			"healthCheck.protocol":  "HTTP",
			"healthCheck.port":      "8222",
			"healthCheck.path":      "/healthz?js-server-only=true",
			"healthCheck.matcher":   "200",
			"connectionTermination": false,
			"targetHealthStates.0.enableUnhealthyConnectionTermination": false,
		}
		assert.Equal(t, want, inputs(targets, want))
	})
}

func TestNatsLoadBalancerIsInternalAndKeepsClientsInTheirZone(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		balancer := named(t, g, loadBalancerType, "nats-load-balancer")
		want := map[string]any{
			"loadBalancerType": "network", "internal": true, "enableDeletionProtection": true,
			"dnsRecordClientRoutingPolicy": "availability_zone_affinity",
		}
		assert.Equal(t, want, inputs(balancer, want))
		assert.Len(t, sources(g, balancer, "securityGroups", "aws:ec2/securityGroup:SecurityGroup"), 1,
			"a network load balancer can have security groups only from its creation on")
		listener := named(t, g, "aws:lb/listener:Listener", "nats-listener")
		assert.Equal(t, []any{4222.0, "TCP"}, []any{listener.Get("port"), listener.Get("protocol")})
		assert.Len(t, g.Of("aws:lb/targetGroupAttachment:TargetGroupAttachment"), 5)
	})
}

func TestPrivateCAIsInShortLivedMode(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		authority := only(t, g, "aws:acmpca/certificateAuthority:CertificateAuthority")
		assert.Equal(t, "SHORT_LIVED_CERTIFICATE", authority.Get("usageMode"))
		assert.Equal(t, "ROOT", authority.Get("type"))
	})
}

// serviceNames are the 22 of the table and the gateway.
func serviceNames(t *testing.T) []string {
	t.Helper()
	table, front, err := catalog.Services()
	require.NoError(t, err)
	names := []string{front.Name}
	for _, s := range table {
		names = append(names, s.Name)
	}
	require.Len(t, names, 23)
	return names
}

func TestEachImageHasItsRepositoryThatNobodyCanOverwrite(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		var found []string
		for _, repository := range g.Of(repositoryType) {
			found = append(found, repository.Text("name"))
			want := map[string]any{
				"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration.scanOnPush": true,
				"encryptionConfigurations.0.encryptionType": "KMS", "forceDelete": false,
			}
			assert.Equal(t, want, inputs(repository, want), repository.Name)
			assert.Len(t, sources(g, repository, "encryptionConfigurations", "aws:kms/key:Key"), 1, repository.Name)
		}
		var want []string
		for _, name := range serviceNames(t) {
			want = append(want, "prod/"+name)
		}
		assert.ElementsMatch(t, want, found)
		assert.Len(t, g.Of("aws:ecr/lifecyclePolicy:LifecyclePolicy"), 23)
	})
}

func TestFortyFourTasksOfAQuarterCPURun(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		tasks := 0.0
		var found []string
		for _, service := range g.Of(serviceType) {
			if service.Name == gatewayService {
				continue
			}
			found = append(found, service.Text("name"))
			tasks += service.Get("desiredCount").(float64)
			task := definition(t, g, service)
			assert.Equal(t, []any{"256", "512"}, []any{task.Get("cpu"), task.Get("memory")}, service.Name)
		}
		assert.Equal(t, 44.0, tasks)
		assert.ElementsMatch(t, serviceNames(t)[1:], found)
	})
}

func TestGatewayIsTwoTasksOfHalfACPU(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		service := named(t, g, serviceType, gatewayService)
		task := definition(t, g, service)
		assert.Equal(
			t,
			[]any{2.0, "512", "1024"},
			[]any{service.Get("desiredCount"), task.Get("cpu"), task.Get("memory")},
		)
	})
}

// TestServicesAwaitImages is the first update of a new account: everything stands, no task runs.
func TestServicesAwaitImages(t *testing.T) {
	g := changed(t, map[string]string{"awaitImages": "true"})
	require.Len(t, g.Of(serviceType), 23)
	for _, service := range g.Of(serviceType) {
		assert.Equal(t, 0.0, service.Get("desiredCount"), service.Name)
		assert.Equal(t, false, service.Get("waitForSteadyState"), "%s: there is nothing to wait for", service.Name)
	}
	assert.Empty(t, g.Of("aws:appautoscaling/target:Target"), "autoscaling would start tasks without an image")
	awaiting, ok := g.Outputs["servicesAwaitingImages"].([]string)
	require.True(t, ok, "the output servicesAwaitingImages is %T", g.Outputs["servicesAwaitingImages"])
	slices.Sort(awaiting)
	assert.Equal(t, slices.Sorted(slices.Values(serviceNames(t))), awaiting)
	assert.Empty(t, productionGraph(t).Outputs["servicesAwaitingImages"], "with images none is awaited")
}
