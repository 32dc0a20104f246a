// One node at a time, and identity that outlives machines: what the graph must be for that.

package stacks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/controller"
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
	require.Len(t, g.Of(gateType), 7, "five gates, the streams and the services")
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
		assert.Contains(t, userData, fmt.Sprintf(`"node": "nats-%d"`, n))
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
		assert.Contains(t, userData, `"volumeId": "`+disk.ID+`"`, disk.Name)
		assert.NotContains(t, userData, "/dev/nvme")
	}
}

func TestIncident17TasksStartAfterTheCluster(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		services := named(t, g, gateType, "services-serving")
		needed := slices.DeleteFunc(
			g.Of(gateType),
			func(r resourcegraph.Resource) bool { return r.URN == services.URN },
		)
		needed = append(needed, g.Of("aws:lb/targetGroupAttachment:TargetGroupAttachment")...)
		needed = append(needed, named(t, g, "aws:lb/listener:Listener", "nats-listener"),
			named(t, g, "aws:route53/record:Record", "nats-record"))
		require.Len(t, needed, 13, "five gates, the streams, five targets, listener and name")
		require.Len(t, g.Of(serviceType), 23)
		for _, service := range g.Of(serviceType) {
			behind := g.Behind(service.URN)
			for _, r := range needed {
				assert.True(t, behind[r.URN], "%s starts after %s", service.Name, r.Name)
			}
			assert.True(t, g.Behind(services.URN)[service.URN], "the update ends after %s answers", service.Name)
		}
	})
}

func TestIncident19EveryServiceMustAnswer(t *testing.T) {
	g := productionGraph(t)
	gate := named(t, g, gateType, "services-serving")
	var asked controller.Request
	require.NoError(t, json.Unmarshal([]byte(gate.Text("input")), &asked))
	assert.Equal(t, "serving", asked.Action)
	assert.Len(t, asked.Nodes, 5)
	tasks, subjects := 0, 0
	for _, s := range asked.Services {
		assert.NotEmpty(t, s.Key, s.Name)
		assert.NotEmpty(t, gate.Get("triggers."+s.Name), "another version of %s is asked for anew", s.Name)
		tasks, subjects = tasks+s.Tasks, subjects+len(s.Subjects)
	}
	assert.Equal(t, []int{23, 46, 30}, []int{len(asked.Services), tasks, subjects}, "services, tasks and subjects")
}

func TestIncident2ServersKnowEachOthersAddresses(t *testing.T) {
	g := productionGraph(t)
	text := named(t, g, objectType, "nats-configuration").Text("content")
	for n := 1; n <= 5; n++ {
		addresses, _ := named(
			t,
			g,
			"aws:ec2/networkInterface:NetworkInterface",
			fmt.Sprintf("nats-%d-interface", n),
		).Get(
			"privateIps",
		).([]any)
		require.Len(t, addresses, 1)
		assert.Contains(t, text, fmt.Sprintf(`"nats-route://%s:6222"`, addresses[0]))
	}
	for _, r := range g.Of("aws:iam/rolePolicy:RolePolicy") {
		assert.NotContains(t, r.Text("policy"), "autoscaling", r.Name)
	}
}

// A configuration that does no good must stop at the first node.
func TestConfigurationMovesOneNodeAfterAnother(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		for n := 1; n <= 5; n++ {
			pointer := named(t, g, objectType, fmt.Sprintf("nats-%d-configuration", n))
			gate := named(t, g, gateType, fmt.Sprintf("nats-%d-gate", n))
			assert.True(t, g.Behind(gate.URN)[pointer.URN], "%s looks at what %s names", gate.Name, pointer.Name)
			if n > 1 {
				before := named(t, g, gateType, fmt.Sprintf("nats-%d-gate", n-1))
				assert.True(t, g.Behind(pointer.URN)[before.URN], "%s waits for %s", pointer.Name, before.Name)
			}
		}
	})
}

func TestAnotherConfigurationRunsTheGatesAgainAndReplacesNoMachine(t *testing.T) {
	before := productionGraph(t)
	after := changed(
		t,
		map[string]string{
			"additionalServices": `[{"name": "inventory", "queue": "q.inventory", "rpc": ["svc.inventory.v1.get"], ` +
				`"events": []}]`,
		},
	)
	for n := 1; n <= 5; n++ {
		gate, machine := fmt.Sprintf("nats-%d-gate", n), fmt.Sprintf("nats-%d-instance", n)
		assert.NotEqual(t, revisionOf(t, before, gate), revisionOf(t, after, gate), gate)
		assert.NotContains(
			t,
			named(t, after, instanceType, machine).Text("userData"),
			revisionOf(t, after, gate),
			"%s does not know the configuration",
			machine,
		)
	}
}

func revisionOf(t *testing.T, g resourcegraph.Graph, gate string) string {
	t.Helper()
	var request struct {
		Revision string `json:"revision"`
	}
	require.NoError(t, json.Unmarshal([]byte(named(t, g, gateType, gate).Text("input")), &request))
	require.Len(t, request.Revision, 16, gate)
	return request.Revision
}
