// Package artifacts is the bucket from which nodes take what they run, so that nothing comes from
// the internet at boot, and in which the controller keeps backups of streams.
package artifacts

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:artifacts:Artifacts"

// Settings are what a stack's configuration says of the programs.
type Settings struct {
	ServerBinary string // path of nats-server on disk
	NodeProgram  string // path of nats-node on disk, which boots a node and keeps it
}

// Args shape the bucket. Without protection, deletion takes the objects along.
type Args struct {
	platform.Stack
	Settings
}

// Artifacts is the bucket and what is in it.
type Artifacts struct {
	pulumi.ResourceState

	// Bucket is the name, known once whatever is put there is encrypted with the key and versioned.
	Bucket    pulumi.StringOutput `pulumi:"bucket"`
	BucketArn pulumi.StringOutput `pulumi:"bucketArn"`
	// ServerKey and NodeKey are the keys of the programs; known once the programs are there.
	ServerKey pulumi.StringOutput `pulumi:"serverKey"`
	NodeKey   pulumi.StringOutput `pulumi:"nodeKey"`

	args         Args
	server, node file
	bucket       *s3.BucketV2
	versioning   *s3.BucketVersioningV2
}

// New makes the bucket, locks it down and uploads the programs under their digests.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Artifacts, error) {
	a := &Artifacts{args: args}
	if err := a.readPrograms(); err != nil {
		return nil, err
	}
	return platform.Create(ctx, name, a, platform.Definition{
		Type: Type,
		Noun: "artifacts",
		Inputs: pulumi.Map{
			"environment":  pulumi.String(args.Environment),
			"serverDigest": pulumi.String(a.server.digest),
			"nodeDigest":   pulumi.String(a.node.digest),
		},
		Steps: []platform.Step{
			a.createBucket, a.encrypt, a.refusePublicAccess, a.expireOldVersions, a.uploadPrograms,
		},
	}, opts...)
}

// Store is the bucket as components get it that keep something there.
type Store struct {
	Bucket    pulumi.StringOutput // its name
	BucketArn pulumi.StringOutput
}

// Program is a program in the bucket.
type Program struct {
	Key    pulumi.StringOutput // of the object
	Digest string              // its SHA-256, hex
}

// Programs are what nodes run, and where they find it.
type Programs struct {
	Store
	Server Program // nats-server
	Node   Program // nats-node
}

// Store hands on the bucket.
func (a *Artifacts) Store() Store { return Store{Bucket: a.Bucket, BucketArn: a.BucketArn} }

// Programs hands on the programs with their bucket.
func (a *Artifacts) Programs() Programs {
	return Programs{
		Store:  a.Store(),
		Server: Program{Key: a.ServerKey, Digest: a.server.digest},
		Node:   Program{Key: a.NodeKey, Digest: a.node.digest},
	}
}
