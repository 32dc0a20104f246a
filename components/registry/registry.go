// Package registry is where images are pushed: one repository per service, one naming for all.
package registry

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/naming"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:registry:Registry"

// Args shape the repositories.
type Args struct {
	Prefix  string             // of every repository's name, before a "/"
	Names   []string           // one repository each
	KeyArn  pulumi.StringInput // encrypts the images
	Protect bool               // refuse deletion; without it, deletion takes the images along
}

// Registry holds the repositories.
type Registry struct {
	pulumi.ResourceState

	URLs pulumi.StringMapOutput `pulumi:"urls"` // by name, without tag
	urls map[string]pulumi.StringOutput
}

// New makes the repositories.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Registry, error) {
	r := &Registry{urls: map[string]pulumi.StringOutput{}}
	if err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"prefix": pulumi.String(args.Prefix),
		"names":  pulumi.ToStringArray(args.Names),
	}, r, opts...); err != nil {
		return nil, fmt.Errorf("creating registry %q: %w", name, err)
	}
	urls := pulumi.StringMap{}
	for _, repository := range args.Names {
		url, err := r.repository(ctx, name, repository, args)
		if err != nil {
			return nil, fmt.Errorf("creating repository %q: %w", args.Prefix+"/"+repository, err)
		}
		r.urls[repository], urls[repository] = url, url
	}
	r.URLs = urls.ToStringMapOutput()
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"urls": r.URLs})
}

// URL is where images of a name are pushed to, without tag. A name that is not in Args.Names is a
// mistake of the caller and panics.
func (r *Registry) URL(name string) pulumi.StringOutput {
	url, known := r.urls[name]
	if !known {
		panic(fmt.Sprintf("registry: there is no repository %q: add it to Args.Names", name))
	}
	return url
}

func (r *Registry) repository(ctx *pulumi.Context, name, image string, args Args) (pulumi.StringOutput, error) {
	physical, err := naming.Repository.Path(args.Prefix, image)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	repository, err := ecr.NewRepository(ctx, name+"-"+image, &ecr.RepositoryArgs{
		Name: pulumi.String(physical),
		// A tag that could move would leave nobody able to tell what runs (incident 13).
		ImageTagMutability:         pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{ScanOnPush: pulumi.Bool(true)},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{&ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"), KmsKey: args.KeyArn.ToStringOutput(),
		}},
		ForceDelete: pulumi.Bool(!args.Protect),
	}, pulumi.Parent(r), pulumi.Protect(args.Protect))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	_, err = ecr.NewLifecyclePolicy(ctx, name+"-"+image, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy:     pulumi.String(lifecycle),
	}, pulumi.Parent(r))
	return repository.RepositoryUrl, err
}

// lifecycle keeps what could be rolled back to and drops what never had a name.
const lifecycle = `{"rules":[` +
	`{"rulePriority":1,"description":"untagged images go after a ` +
	`week","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},` +
	`"action":{"type":"expire"}},` +
	`{"rulePriority":2,"description":"the last 100 ` +
	`stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":100},` +
	`"action":{"type":"expire"}}]}`
