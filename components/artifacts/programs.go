// The programs that nodes run: read from disk, and uploaded under their digests.

package artifacts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// file is a program on disk.
type file struct {
	path   string
	digest string // SHA-256, hex
}

func (a *Artifacts) readPrograms() (err error) {
	if a.server, err = read(a.args.ServerBinary); err == nil {
		a.node, err = read(a.args.NodeProgram)
	}
	return err
}

func read(path string) (program file, err error) {
	opened, err := os.Open(path)
	if err != nil {
		return file{}, fmt.Errorf("reading a program that nodes are to run: %w; build it with: make artifacts", err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, opened); err != nil {
		return file{}, fmt.Errorf("reading a program that nodes are to run: %w", err)
	}
	return file{path: path, digest: hex.EncodeToString(sum.Sum(nil))}, nil
}

func (a *Artifacts) uploadPrograms(ctx *pulumi.Context, name string) (err error) {
	if a.ServerKey, err = a.upload(ctx, name+"-server", "nats-server", a.server); err == nil {
		a.NodeKey, err = a.upload(ctx, name+"-node", "nats-node", a.node)
	}
	return err
}

// upload puts a program under a key with its digest, where it stays for good. An update that fails
// leaves the older one to be deleted by the next; if that goes back to the older program, its new
// object would be deleted with it, for both have one key.
func (a *Artifacts) upload(ctx *pulumi.Context, name, program string, from file) (pulumi.StringOutput, error) {
	object, err := s3.NewBucketObjectv2(ctx, name, &s3.BucketObjectv2Args{
		Bucket: a.Bucket,
		Key:    pulumi.String(program + "/" + from.digest + "/" + program),
		Source: pulumi.NewFileAsset(from.path),
	}, pulumi.Parent(a), pulumi.RetainOnDelete(true))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("program %s: %w", program, err)
	}
	return object.Key, nil
}
