// The recording: the program under the SDK's mocks, answered by an embedded AWS.

package resourcegraph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/awsx"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Options of a recording.
type Options struct {
	// Config is the stack's configuration as the engine passes it, keys with their namespace.
	Config map[string]string
	// SecretKeys are keys of Config that are secret.
	SecretKeys []string
	// Preview runs the program as a preview does: what AWS computes is unknown.
	Preview bool
	// Fail makes the creation of a resource fail; nil fails none.
	Fail func(token, name string) error
	// Prepare puts into the cloud what exists before the program; nil: the account is empty.
	Prepare func(*cloud.Cloud)
}

// ErrFailed is for Options.Fail: a refusal that a test finds again in the program's error text.
var ErrFailed = errors.New("refused by the test")

// Record runs a program against an embedded AWS, without an engine. The region is that of
// aws:region, default us-east-1. With an error the graph holds what was registered before it.
func Record(program pulumi.RunFunc, o Options) (Graph, error) {
	region := o.Config["aws:region"]
	if region == "" {
		region = "us-east-1"
	}
	cloud, err := localcloud.New(region)
	if err != nil {
		return Graph{}, err
	}
	if o.Prepare != nil {
		o.Prepare(cloud)
	}
	r := &recorder{cloud: cloud, options: o, outputs: map[string]any{}}
	err = pulumi.RunErr(r.exporting(program), pulumi.WithMocks("nats-platform", "test", r), func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys, info.DryRun = o.Config, o.SecretKeys, o.Preview
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	return Graph{Resources: slices.Clone(r.resources), Outputs: maps.Clone(r.outputs)}, err
}

// recorder is the SDK's mock, answered by the embedded AWS.
type recorder struct {
	cloud   *cloud.Cloud
	options Options

	mu        sync.Mutex
	resources []Resource
	outputs   map[string]any
}

var _ pulumi.MockResourceMonitor = (*recorder)(nil)

// exporting is the program, followed by a look at what it exported: the SDK's mocks do
// not get the stack's outputs.
func (r *recorder) exporting(program pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		if err := program(ctx); err != nil {
			return err
		}
		for name, output := range ctx.GetCurrentExportMap() {
			pulumi.ToOutput(output).ApplyT(func(value any) any {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.outputs[name] = value
				return value
			})
		}
		return nil
	}
}

// NewResource records a registration and answers as the cloud would.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	made, secrets, err := registration(args)
	if err != nil {
		return "", nil, err
	}
	id, outputs, err := r.make(made)
	made.ID = id
	made.Outputs = outputs.Copy()
	r.mu.Lock()
	r.resources = append(r.resources, made)
	r.mu.Unlock()
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", made.URN, err)
	}
	return id, answer(outputs, secrets), nil
}

// answer is what the program gets to see. The SDK's mocks take no unknowns: an output that is left
// out is unknown to it in a preview. And it is the engine, not the provider, that makes outputs
// secret on a resource's word.
func answer(outputs resource.PropertyMap, secrets []string) resource.PropertyMap {
	maps.DeleteFunc(
		outputs,
		func(_ resource.PropertyKey, v resource.PropertyValue) bool { return v.ContainsUnknowns() },
	)
	for _, key := range secrets {
		if v, ok := outputs[resource.PropertyKey(key)]; ok && !v.IsSecret() {
			outputs[resource.PropertyKey(key)] = resource.MakeSecret(v)
		}
	}
	return outputs
}

func (r *recorder) make(made Resource) (string, resource.PropertyMap, error) {
	if r.options.Fail != nil {
		if err := r.options.Fail(made.Type, made.Name); err != nil {
			return "", nil, err
		}
	}
	switch {
	case made.Type == "awsx:ec2:Vpc" && r.options.Preview:
		return "", resource.PropertyMap{}, nil
	case made.Type == "awsx:ec2:Vpc":
		outputs, err := awsx.MakeVpc(r.cloud, made.Name, made.Inputs)
		return "", outputs, err
	case !made.Custom:
		return "", made.Inputs, nil
	case strings.HasPrefix(made.Type, "pulumi:providers:"):
		return made.Name + "-id", made.Inputs, nil
	}
	return r.cloud.Make(made.Type, made.URN, made.Name, made.Inputs, r.options.Preview && !knownInPreview(made.Type))
}

// knownInPreview are keys and tokens, which are made without AWS. To an engine they are unknown
// in a preview too, but the SDK's mocks refuse an input that is both secret and unknown.
func knownInPreview(token string) bool {
	return strings.HasPrefix(token, "tls:") || strings.HasPrefix(token, "random:")
}

// registration reads what the program requested, and which outputs it declares secret. The
// mock's own arguments lack what is unknown, so the call itself is read again.
func registration(args pulumi.MockResourceArgs) (Resource, []string, error) {
	made := Resource{
		Type:   args.TypeToken,
		Name:   args.Name,
		Custom: args.Custom,
		Inputs: args.Inputs,
	}
	rpc := args.RegisterRPC
	if rpc == nil {
		return made, nil, fmt.Errorf(
			"recording %s %q: the program reads it from AWS, and only registrations are known here",
			args.TypeToken,
			args.Name,
		)
	}
	inputs, err := plugin.UnmarshalProperties(rpc.GetObject(),
		plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true})
	if err != nil {
		return made, nil, fmt.Errorf("recording %s %q: reading its inputs: %w", args.TypeToken, args.Name, err)
	}
	made.Inputs = inputs
	made.Parent, made.Protect, made.DeleteFirst = rpc.GetParent(), rpc.GetProtect(), rpc.GetDeleteBeforeReplace()
	made.IgnoreChanges = rpc.GetIgnoreChanges()
	made.DependsOn, made.PropertyDepends = dependencies(rpc)
	made.URN = urn(made)
	return made, rpc.GetAdditionalSecretOutputs(), nil
}

func dependencies(rpc *pulumirpc.RegisterResourceRequest) (all []string, byProperty map[string][]string) {
	all, byProperty = slices.Clone(rpc.GetDependencies()), map[string][]string{}
	for property, list := range rpc.GetPropertyDependencies() {
		byProperty[property] = list.GetUrns()
		all = append(all, list.GetUrns()...)
	}
	slices.Sort(all)
	return slices.Compact(all), byProperty
}

// urn is what the SDK's mock monitor calls a resource.
func urn(r Resource) string {
	parent := ""
	if r.Parent != "" {
		if qualified := string(resource.URN(r.Parent).QualifiedType()); qualified != string(resource.RootStackType) {
			parent = qualified + "$"
		}
	}
	return "urn:pulumi:test::nats-platform::" + parent + r.Type + "::" + r.Name
}

// Call answers an invoke as the cloud would.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return r.cloud.Invoke(args.Token, args.Args)
}
