// One node at a time, and identity that outlives machines: what the graph must be for that.
package stacks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

func TestNodesAreTouchedOneAfterAnother(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		for n := 2; n <= 5; n++ {
			instance := named(t, g, instanceType, fmt.Sprintf("nats-%d-instance", n))
			behind := g.Behind(instance.URN)
			for earlier := 1; earlier < n; earlier++ {
				gate := named(t, g, gateType, fmt.Sprintf("nats-%d-gate", earlier))
				assert.True(t, behind[gate.URN], "%s waits for %s", instance.Name, gate.Name)
			}
		}
	})
}

func TestGateRunsAgainForAnotherMachineOrDisk(t *testing.T) {
	g := productionGraph(t)
	require.Len(t, g.Of(gateType), 5)
	for n := 1; n <= 5; n++ {
		name := fmt.Sprintf("nats-%d", n)
		gate := named(t, g, gateType, name+"-gate")
		assert.Equal(t, named(t, g, instanceType, name+"-instance").ID, gate.Get("triggers.instance"), name)
		assert.Equal(t, named(t, g, attachmentType, name+"-attachment").ID, gate.Get("triggers.attachment"), name)
	}
}

func TestOldMachineGoesBeforeTheNewOneComes(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		for _, token := range []string{instanceType, attachmentType} {
			require.Len(t, g.Of(token), 5)
			for _, r := range g.Of(token) {
				assert.True(t, r.DeleteFirst, "%s: address and disk can be on one machine only", r.Name)
			}
		}
		for _, r := range g.Of(attachmentType) {
			assert.Equal(t, true, r.Get("stopInstanceBeforeDetaching"), r.Name)
		}
	})
}

func TestAnotherServerIsAnotherInstance(t *testing.T) {
	for _, instance := range productionGraph(t).Of(instanceType) {
		assert.Equal(t, true, instance.Get("userDataReplaceOnChange"), instance.Name)
	}
}

func TestImageThatAmazonPublishesReplacesNoNode(t *testing.T) {
	for _, instance := range productionGraph(t).Of(instanceType) {
		assert.Contains(t, instance.IgnoreChanges, "ami", "%s: the image was looked up", instance.Name)
	}
	for _, instance := range changed(t, map[string]string{"natsAmi": "ami-0b2c3d4e5f6071829"}).Of(instanceType) {
		assert.NotContains(t, instance.IgnoreChanges, "ami", "%s: the image was asked for", instance.Name)
		assert.Equal(t, "ami-0b2c3d4e5f6071829", instance.Get("ami"), instance.Name)
	}
}

func TestIncident7ServersAreNamedAfterNodesNotInstances(t *testing.T) {
	g := productionGraph(t)
	for n := 1; n <= 5; n++ {
		instance := named(t, g, instanceType, fmt.Sprintf("nats-%d-instance", n))
		userData := instance.Text("userData")
		assert.Contains(t, userData, fmt.Sprintf("NATS_SERVER_NAME=nats-%d\n", n))
		for _, other := range g.Of(instanceType) {
			assert.NotContains(t, userData, other.ID, "%s knows no instance id", instance.Name)
		}
	}
}

func TestIncident4DiskIsFoundByItsVolumeID(t *testing.T) {
	g := productionGraph(t)
	for n := 1; n <= 5; n++ {
		userData := named(t, g, instanceType, fmt.Sprintf("nats-%d-instance", n)).Text("userData")
		disk := named(t, g, volumeType, fmt.Sprintf("nats-%d-volume", n))
		assert.Contains(t, userData, strings.ReplaceAll(disk.ID, "-", ""), "the NVMe serial number of %s", disk.Name)
		assert.NotContains(t, userData, "/dev/nvme")
	}
}

func TestIncident17TasksStartAfterTheCluster(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		needed := append(g.Of(gateType), g.Of("aws:lb/targetGroupAttachment:TargetGroupAttachment")...)
		needed = append(needed, named(t, g, "aws:lb/listener:Listener", "nats-listener"),
			named(t, g, "aws:route53/record:Record", "nats-record"))
		require.Len(t, needed, 12)
		require.Len(t, g.Of(serviceType), 23)
		for _, service := range g.Of(serviceType) {
			behind := g.Behind(service.URN)
			for _, r := range needed {
				assert.True(t, behind[r.URN], "%s starts after %s", service.Name, r.Name)
			}
		}
	})
}

func TestServersFindEachOtherBeforeTheyStart(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		instance := named(t, g, instanceType, "nats-1-instance")
		behind := g.Behind(instance.URN)
		for n := 1; n <= 5; n++ {
			record := named(t, g, "aws:route53/record:Record", fmt.Sprintf("nats-%d-record", n))
			assert.True(t, behind[record.URN], "nats-1 starts after %s", record.Name)
		}
	})
}
