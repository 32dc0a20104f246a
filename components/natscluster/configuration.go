// The server configuration: rendered once for all nodes, kept in the artifact bucket under its
// digest, and named by a pointer. It is no part of user-data, so that a new service's
// permissions reach the nodes without replacing them.
package natscluster

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/assets/nats"
)

// fileStoreShare is the part of a disk that JetStream may fill; the rest is for the file
// system and for the alarm to be heard in time.
const fileStoreShare = 0.9

// MaxFileStore is JetStream's storage on a node with a disk of so many GiB, in bytes.
func MaxFileStore(volumeGiB int) int64 { return int64(float64(volumeGiB) * fileStoreShare * (1 << 30)) }

// maxMemoryStore is small: no stream of the platform is kept in memory.
const maxMemoryStore = 256 << 20

func (c *NatsCluster) configuration(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(c)
	inputs := []any{c.args.SystemKey}
	for _, user := range c.args.Users {
		inputs = append(inputs, user.PublicKey)
	}
	rendered := pulumi.All(inputs...).ApplyT(func(keys []any) (string, error) { return c.render(keys) }).(pulumi.StringOutput)
	c.ConfigurationDigest = rendered.ApplyT(func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}).(pulumi.StringOutput)

	// An earlier configuration may still be starting on a node: it is not deleted when another comes.
	object, err := s3.NewBucketObjectv2(ctx, name+"-configuration", &s3.BucketObjectv2Args{
		Bucket: c.args.Bucket, Key: pulumi.Sprintf("configuration/%s/nats.conf", c.ConfigurationDigest),
		Content: rendered, ContentType: pulumi.String("text/plain"),
	}, under)
	if err != nil {
		return err
	}
	c.current, err = s3.NewBucketObjectv2(ctx, name+"-configuration-current", &s3.BucketObjectv2Args{
		Bucket: c.args.Bucket, Key: pulumi.String("configuration/current"),
		Content: c.ConfigurationDigest, ContentType: pulumi.String("text/plain"),
	}, under, pulumi.DependsOn([]pulumi.Resource{object}))
	return err
}

func (c *NatsCluster) render(keys []any) (string, error) {
	configuration := nats.Configuration{ClusterName: c.args.Environment, MaxPayload: c.args.MaxPayload,
		MaxFileStore: MaxFileStore(c.args.VolumeGiB), MaxMemoryStore: maxMemoryStore, SystemKey: keys[0].(string)}
	for i := range c.args.NodeCount {
		configuration.Routes = append(configuration.Routes, nodeName(i)+"."+c.args.Domain)
	}
	for i, user := range c.args.Users {
		user.User.PublicKey = keys[i+1].(string)
		configuration.Users = append(configuration.Users, user.User)
	}
	return configuration.Render()
}
