// Who can reach, read and delete what: addresses, roles, secrets, protection.

package stacks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

func TestIncident14NoPublicAddresses(t *testing.T) {
	g := productionGraph(t)
	private := only(t, g, vpcType).Output("privateSubnetIds").([]any)
	require.Len(t, private, 3)
	for _, service := range g.Of(serviceType) {
		assert.Equal(t, false, service.Get("networkConfiguration.assignPublicIp"), service.Name)
		assert.Equal(t, private, service.Get("networkConfiguration.subnets"), service.Name)
	}
	for _, address := range g.Of(interfaceType) {
		assert.Contains(t, private, address.Get("subnetId"), address.Name)
	}
	for _, instance := range g.Of(instanceType) {
		assert.Nil(t, instance.Get("associatePublicIpAddress"), instance.Name)
		require.Len(t, instance.Get("networkInterfaces"), 1, "%s: the fixed address and no other", instance.Name)
		assert.Len(t, sources(g, instance, "networkInterfaces", interfaceType), 1, instance.Name)
	}
	for _, balancer := range g.Of(loadBalancerType) {
		assert.Equal(t, true, balancer.Get("internal"), "%s: no domain is configured", balancer.Name)
		assert.Equal(t, private, balancer.Get("subnets"), balancer.Name)
	}
	assert.Empty(t, g.Of("aws:ec2/eip:Eip"))
	assert.Empty(t, g.Of("aws:ec2/eipAssociation:EipAssociation"))
}

// container is what these tests read of a task's container definition.
type container struct {
	Image       string
	Environment []struct{ Name, Value string }
	Secrets     []struct{ Name, ValueFrom string }
}

func containerOf(t *testing.T, task resourcegraph.Resource) container {
	t.Helper()
	var containers []container
	require.NoError(t, json.Unmarshal([]byte(task.Text("containerDefinitions")), &containers), task.Name)
	require.Len(t, containers, 1, task.Name)
	return containers[0]
}

func TestIncident13NoImageIsLatest(t *testing.T) {
	g := productionGraph(t)
	require.Len(t, g.Of(taskDefinitionType), 23)
	for _, task := range g.Of(taskDefinitionType) {
		repository, tag, found := strings.Cut(containerOf(t, task).Image, ":")
		assert.True(t, found, "%s: %q has a tag", task.Name, containerOf(t, task).Image)
		assert.NotEqual(t, "latest", tag, task.Name)
		own := sources(g, task, "containerDefinitions", repositoryType)
		require.Len(t, own, 1, task.Name)
		assert.Equal(t, own[0].Output("repositoryUrl"), repository, task.Name)
	}
}

func TestIncident15EachServiceHasItsOwnRoleAndSecret(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		roles, secrets, execution := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, task := range g.Of(taskDefinitionType) {
			name := strings.TrimPrefix(task.Text("family"), "prod-")
			own := sources(g, task, "taskRoleArn", "aws:iam/role:Role")
			require.Len(t, own, 1, name)
			roles[own[0].URN] = true
			shared := sources(g, task, "executionRoleArn", "aws:iam/role:Role")
			require.Len(t, shared, 1, name)
			execution[shared[0].URN] = true
			for _, version := range sources(g, task, "containerDefinitions", secretVersionType) {
				if version.Name != "redis-token" {
					assert.Equal(t, "identity-"+name+"-seed-version", version.Name)
					secrets[version.URN] = true
				}
			}
		}
		assert.Len(t, roles, 23, "task roles")
		assert.Len(t, secrets, 23, "NATS seeds")
		require.Len(t, execution, 1, "execution roles")
		for urn := range execution {
			assert.False(t, roles[urn], "the execution role is no task's role")
		}
	})
}

func TestTasksGetTheirOwnSeedAndNothingElseSecret(t *testing.T) {
	g := productionGraph(t)
	// The version is a part of it: another seed is another revision of the task definition, so that
	// tasks change.
	from := func(version string) any {
		made := named(t, g, secretVersionType, version)
		id, known := made.Output("versionId").(string)
		require.True(t, known && id != "", "the version of %s", version)
		return fmt.Sprintf("%s:::%s", made.Get("secretId"), id)
	}
	for _, service := range g.Of(serviceType) {
		name := service.Text("name")
		want := map[string]any{
			"NATS_NKEY_SEED":   from("identity-" + name + "-seed-version"),
			"REDIS_AUTH_TOKEN": from("redis-token"),
		}
		if service.Name == gatewayService {
			delete(want, "REDIS_AUTH_TOKEN")
		}
		got := map[string]any{}
		for _, secret := range containerOf(t, definition(t, g, service)).Secrets {
			got[secret.Name] = secret.ValueFrom
		}
		assert.Equal(t, want, got, name)
	}
}

// secretsOf are all secret texts of a graph: what is registered as secret, and what the makers
// of keys and tokens answer.
func secretsOf(g resourcegraph.Graph) map[string]string {
	found := map[string]string{}
	add := func(text, where string) {
		if len(text) >= 16 {
			found[text] = where
		}
	}
	for _, r := range g.Resources {
		for key, value := range r.Inputs {
			eachString(value, false, func(text string, secret bool) {
				if secret {
					add(text, r.Name+"."+string(key))
				}
			})
		}
		for _, output := range []string{"result", "privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
			if text, ok := r.Output(output).(string); ok &&
				(strings.HasPrefix(r.Type, "tls:") || strings.HasPrefix(r.Type, "random:")) {
				add(text, r.Name+"."+output)
			}
		}
	}
	return found
}

// TestIncident24NoSecretStandsInClear: neither in a task definition nor in user-data nor
// in any other input that is not marked secret, nor in an output.
func TestIncident24NoSecretStandsInClear(t *testing.T) {
	g := productionGraph(t)
	secrets := secretsOf(g)
	require.GreaterOrEqual(t, len(secrets), 24+1+24, "24 seeds, the token of Redis, 24 private keys")
	clean := func(text, where string) {
		for secret, owner := range secrets {
			assert.NotContains(t, text, secret, "%s holds %s", where, owner)
		}
	}
	for _, r := range g.Resources {
		for key, value := range r.Inputs {
			eachString(value, false, func(text string, secret bool) {
				if !secret {
					clean(text, r.Name+"."+string(key))
				}
			})
		}
	}
	for name, output := range g.Outputs {
		clean(fmt.Sprint(output), "stack output "+name)
	}
	for token, property := range map[string]string{
		taskDefinitionType: "containerDefinitions",
		instanceType:       "userData",
	} {
		for _, r := range g.Of(token) {
			assert.False(
				t,
				r.Inputs[resource.PropertyKey(property)].ContainsSecrets(),
				"%s.%s is made of no secret",
				r.Name,
				property,
			)
		}
	}
	for _, version := range g.Of(secretVersionType) {
		assert.True(t, version.Inputs["secretString"].IsSecret(), version.Name)
	}
}

// stateful are the types that hold what cannot be made again, and why.
var stateful = map[string]string{
	volumeType: "the streams",
	"aws:elasticache/replicationGroup:ReplicationGroup":    "the services' shared state",
	"aws:acmpca/certificateAuthority:CertificateAuthority": "clients trust no other",
	"aws:kms/key:Key":                            "what it encrypted is lost without it",
	"aws:secretsmanager/secret:Secret":           "seeds and token",
	"aws:s3/bucketV2:BucketV2":                   "every server and configuration that may still start",
	"aws:cloudwatch/logGroup:LogGroup":           "what happened",
	repositoryType:                               "the images",
	"tls:index/privateKey:PrivateKey":            "identities that the servers know",
	"random:index/randomPassword:RandomPassword": "the token that Redis knows",
}

func TestEverythingThatHoldsDataIsProtected(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		found := map[string]int{}
		for _, r := range g.Resources {
			if why, holds := stateful[r.Type]; holds {
				found[r.Type]++
				assert.True(t, r.Protect, "%s %s holds %s", r.Type, r.Name, why)
			} else {
				assert.False(
					t,
					r.Protect,
					"%s %s is protected: if it holds data, it belongs into the table",
					r.Type,
					r.Name,
				)
			}
		}
		assert.Len(t, found, len(stateful), "the graph has something of every type in the table: %v", found)
	})
	for _, r := range changed(t, map[string]string{"protect": "false"}).Resources {
		assert.False(t, r.Protect, "%s: protect is false", r.Name)
	}
}

func TestEveryResourceStandsUnderAComponent(t *testing.T) {
	inUpdateAndPreview(t, func(t *testing.T, g resourcegraph.Graph) {
		byURN := map[string]resourcegraph.Resource{}
		for _, r := range g.Resources {
			byURN[r.URN] = r
		}
		for _, r := range g.Resources {
			if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
				continue
			}
			parent := byURN[r.Parent]
			ours := strings.HasPrefix(parent.Type, "nats-platform:") || strings.HasPrefix(parent.Type, "awsx:")
			assert.True(t, ours, "the parent of %s %s is %q", r.Type, r.Name, r.Parent)
		}
	})
}
