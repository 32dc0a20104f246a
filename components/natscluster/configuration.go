// The server configuration: rendered once for all nodes, kept in the artifact bucket under its
// digest, and named by a pointer for each node. It is no part of user-data, so that a new service's
// permissions reach the nodes without replacing them; and the pointers move one after the other,
// each behind the gate of the node before, so that a configuration that does no good stops at the
// first.
package natscluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/node/image"
)

// maxMemoryStore is small: no stream of the platform is kept in memory.
const maxMemoryStore = 256 << 20

// clusterName is the same in every environment: a stream's replicas are placed among servers of the
// cluster that it was made in, by name (nats-server, jetstream_cluster.go), and disaster recovery
// brings the streams of one environment up in another.
const clusterName = "nats-platform"

// graceShare is the part of lame duck mode that passes before the first client is moved, in which
// leaders go elsewhere: 10 s of the server's default two minutes.
const graceShare = 12

func (c *NatsCluster) createConfiguration(ctx *pulumi.Context, name string) (err error) {
	inputs := []any{c.args.Identities.SystemKey, c.args.Identities.AdministratorKey}
	for _, n := range c.nodes {
		inputs = append(inputs, n.address)
	}
	for _, user := range c.args.Identities.Users {
		inputs = append(inputs, user.PublicKey)
	}
	rendered := pulumi.All(inputs...).ApplyT(func(values []any) ([]string, error) {
		return c.render(values)
	}).(pulumi.StringArrayOutput)
	text := rendered.Index(pulumi.Int(0))
	c.revision = rendered.Index(pulumi.Int(1))
	c.ConfigurationDigest = text.ApplyT(func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}).(pulumi.StringOutput)
	// It stays for good: its key is its digest, so one that comes back after a failed update would
	// be deleted with its own older object.
	c.configuration, err = s3.NewBucketObjectv2(ctx, name+"-configuration", &s3.BucketObjectv2Args{
		Bucket:      c.args.Programs.Bucket,
		Key:         pulumi.Sprintf("configuration/%s/nats.conf", c.ConfigurationDigest),
		Content:     text,
		ContentType: pulumi.String("text/plain"),
	}, pulumi.Parent(c), pulumi.RetainOnDelete(true))
	return err
}

// render returns the configuration's text and its revision.
func (c *NatsCluster) render(values []any) ([]string, error) {
	lameDuck := time.Duration(c.args.LameDuckSeconds) * time.Second
	configuration := image.Configuration{
		ClusterName:      clusterName,
		MaxPayload:       c.args.MaxPayload,
		MaxFileStore:     c.args.MaxFileStore(),
		MaxMemoryStore:   maxMemoryStore,
		LameDuckDuration: lameDuck,
		LameDuckGrace:    lameDuck / graceShare,
		SystemKey:        values[0].(string),
		AdministratorKey: values[1].(string),
	}
	values = values[2:]
	for i := range c.nodes {
		configuration.Routes = append(configuration.Routes, values[i].(string))
	}
	for i, user := range c.args.Identities.Users {
		user.User.PublicKey = values[len(c.nodes)+i].(string)
		configuration.Users = append(configuration.Users, user.User)
	}
	text, revision, err := configuration.Render()
	return []string{text, revision}, err
}

// pointerKey is where a node finds the digest of its configuration.
func (n node) pointerKey() string { return fmt.Sprintf("configuration/%s/current", n.name) }

// createPointer names the node's configuration, once the node before has taken it.
func (c *NatsCluster) createPointer(
	ctx *pulumi.Context,
	name string,
	n node,
	after []pulumi.Resource,
) (pulumi.Resource, error) {
	return s3.NewBucketObjectv2(ctx, name+"-configuration", &s3.BucketObjectv2Args{
		Bucket:      c.args.Programs.Bucket,
		Key:         pulumi.String(n.pointerKey()),
		Content:     c.ConfigurationDigest,
		ContentType: pulumi.String("text/plain"),
	}, pulumi.Parent(c), pulumi.DependsOn(append([]pulumi.Resource{c.configuration}, after...)))
}
