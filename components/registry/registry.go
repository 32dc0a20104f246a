// Package registry is where images are pushed: one repository per service, one naming for all.
package registry

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:registry:Registry"

// Args shape the repositories.
type Args struct {
	// Stack's environment is the first part of every repository's name, before a "/". Without
	// protection, deletion takes the images along.
	platform.Stack
	Names []string // one repository each
}

// Registry holds the repositories.
type Registry struct {
	pulumi.ResourceState

	URLs pulumi.StringMapOutput `pulumi:"urls"` // by name, without tag

	args Args
	urls map[string]pulumi.StringOutput
}

// New makes the repositories.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Registry, error) {
	r := &Registry{args: args, urls: map[string]pulumi.StringOutput{}}
	return platform.Create(ctx, name, r, platform.Definition{
		Type: Type,
		Noun: "registry",
		Inputs: pulumi.Map{
			"prefix": pulumi.String(args.Environment),
			"names":  pulumi.ToStringArray(args.Names),
		},
		Steps: []platform.Step{r.createRepositories},
	}, opts...)
}

func (r *Registry) createRepositories(ctx *pulumi.Context, name string) error {
	urls := pulumi.StringMap{}
	for _, image := range r.args.Names {
		url, err := r.createRepository(ctx, name+"-"+image, image)
		if err != nil {
			return fmt.Errorf("repository %q: %w", r.args.Environment+"/"+image, err)
		}
		r.urls[image], urls[image] = url, url
	}
	r.URLs = urls.ToStringMapOutput()
	return nil
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

func (r *Registry) createRepository(ctx *pulumi.Context, name, image string) (pulumi.StringOutput, error) {
	physical, err := platform.Repository.Path(r.args.Environment, image)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	repository, err := ecr.NewRepository(ctx, name, &ecr.RepositoryArgs{
		Name: pulumi.String(physical),
		// If a tag could move, nobody could say what runs (incident 13).
		ImageTagMutability:         pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{ScanOnPush: pulumi.Bool(true)},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{&ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"), KmsKey: r.args.Keys.Artifacts,
		}},
		ForceDelete: pulumi.Bool(!r.args.Protect),
	}, pulumi.Parent(r), pulumi.Protect(r.args.Protect))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	_, err = ecr.NewLifecyclePolicy(ctx, name, &ecr.LifecyclePolicyArgs{
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
