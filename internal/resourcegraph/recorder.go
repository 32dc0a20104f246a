// Package resourcegraph runs the program without an engine and records what it registers:
// every resource with its inputs, options and dependencies. Tests assert on it, and the
// commands for cost and for the longest chains read it.
package resourcegraph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/internal/localcloud"
)

// Resource is one registration.
type Resource struct {
	Type, Name, URN string
	Parent          string // URN, empty for the stack
	Custom          bool   // a resource of a provider; false for components
	Inputs          resource.PropertyMap
	Protect         bool
	DependsOn       []string // URNs, from options and from inputs
	DeleteFirst     bool     // DeleteBeforeReplace
	IgnoreChanges   []string
	Provider        string
}

// Get is an input as plain Go at a dotted path; nil where it is absent or unknown.
func (r Resource) Get(path string) any { return localcloud.Lookup(r.Inputs, path) }

// Graph is all that a program registered, in order.
type Graph struct {
	Resources []Resource
	Outputs   map[string]any
}

// Of are the resources of a type.
func (g Graph) Of(token string) []Resource {
	return slices.DeleteFunc(slices.Clone(g.Resources), func(r Resource) bool { return r.Type != token })
}

// Named is the resource of a type with a logical name; an error if there is none.
func (g Graph) Named(token, name string) (Resource, error) {
	for _, r := range g.Of(token) {
		if r.Name == name {
			return r, nil
		}
	}
	return Resource{}, fmt.Errorf("the graph has no %s named %q", token, name)
}

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
}

// ErrFailed is what a creation that Options.Fail refuses fails with, wrapped.
var ErrFailed = errors.New("refused by the test")

// Record runs a program against an empty embedded AWS, without an engine.
func Record(program pulumi.RunFunc, o Options) (Graph, error) {
	region := o.Config["aws:region"]
	if region == "" {
		region = "us-east-1"
	}
	cloud, err := localcloud.New(region)
	if err != nil {
		return Graph{}, err
	}
	r := &recorder{cloud: cloud, options: o}
	err = pulumi.RunErr(program, pulumi.WithMocks("nats-platform", "test", r), func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys, info.DryRun = o.Config, o.SecretKeys, o.Preview
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	return Graph{Resources: slices.Clone(r.resources)}, err
}

// recorder is the SDK's mock, answered by the embedded AWS.
type recorder struct {
	cloud   *localcloud.Cloud
	options Options

	mu        sync.Mutex
	resources []Resource
}

var _ pulumi.MockResourceMonitor = (*recorder)(nil)

// NewResource records a registration and answers as the cloud would.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	made := Resource{Type: args.TypeToken, Name: args.Name, Custom: args.Custom, Inputs: args.Inputs}
	if rpc := args.RegisterRPC; rpc != nil {
		made.Parent, made.Protect, made.DeleteFirst = rpc.GetParent(), rpc.GetProtect(), rpc.GetDeleteBeforeReplace()
		made.IgnoreChanges, made.Provider = rpc.GetIgnoreChanges(), rpc.GetProvider()
		made.DependsOn = slices.Clone(rpc.GetDependencies())
		made.URN = urn(made)
	}
	r.mu.Lock()
	r.resources = append(r.resources, made)
	r.mu.Unlock()
	if r.options.Fail != nil {
		if err := r.options.Fail(args.TypeToken, args.Name); err != nil {
			return "", nil, fmt.Errorf("creating %s %q: %w", args.TypeToken, args.Name, err)
		}
	}
	switch {
	case args.TypeToken == "awsx:ec2:Vpc":
		return "", r.vpc(args.Inputs), nil
	case !args.Custom || strings.HasPrefix(args.TypeToken, "pulumi:providers:"):
		return args.Name + "-id", args.Inputs, nil
	}
	id, outputs, err := r.cloud.Make(args.TypeToken, made.URN, args.Name, args.Inputs, r.options.Preview)
	if err != nil {
		return "", nil, err
	}
	return id, outputs, nil
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

// vpc stands for awsx's component, which under mocks is one resource: the subnets that its
// children would be are seeded into the cloud, so that what refers to them finds them.
func (r *recorder) vpc(inputs resource.PropertyMap) resource.PropertyMap {
	if r.options.Preview {
		return resource.PropertyMap{}
	}
	outputs := map[string]any{"vpcId": "vpc-00000000000000001", "routeTables": []any{}}
	r.cloud.Seed("aws:ec2/vpc:Vpc", "vpc-00000000000000001", resource.PropertyMap{"cidrBlock": inputs["cidrBlock"]})
	for kind, offset := range map[string]int{"private": 0, "public": 8} {
		var ids []any
		for i, zone := range r.cloud.Zones() {
			id := fmt.Sprintf("subnet-0000000000000%s%d", map[string]string{"private": "000", "public": "100"}[kind], i)
			ids = append(ids, id)
			r.cloud.Seed("aws:ec2/subnet:Subnet", id, resource.NewPropertyMapFromMap(map[string]any{"vpcId": "vpc-00000000000000001",
				"availabilityZone": zone, "cidrBlock": subnetOf(inputs, offset+i)}))
		}
		outputs[kind+"SubnetIds"] = ids
	}
	return resource.NewPropertyMapFromMap(outputs)
}

// subnetOf is a /24 of the VPC's range, which validation has found to be a /16 to /24.
func subnetOf(inputs resource.PropertyMap, n int) string {
	cidr, _ := localcloud.Lookup(inputs, "cidrBlock").(string)
	parts := strings.Split(cidr, ".")
	if len(parts) < 4 {
		return "10.0.0.0/24"
	}
	return fmt.Sprintf("%s.%s.%d.0/24", parts[0], parts[1], n*8)
}

// Call answers an invoke as the cloud would.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return r.cloud.Invoke(args.Token, args.Args)
}

// Types counts the graph's resources by type, for messages.
func (g Graph) Types() string {
	counts := map[string]int{}
	for _, r := range g.Resources {
		counts[r.Type]++
	}
	var lines []string
	for _, token := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%d %s", counts[token], token))
	}
	return strings.Join(lines, ", ")
}
