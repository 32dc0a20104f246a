// The provider protocol: what the Pulumi engine calls over gRPC, translated into calls of Cloud.
package cloud

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Provider serves one package (aws, random, tls) of one cloud. It embeds the generated
// Unimplemented server: what it does not define is refused by gRPC itself.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	Cloud   *Cloud
	Version string
}

// The cloud stores values in clear, as AWS does; the engine marks secrets on its side of the
// wire, by the inputs that they came from and the SDK's additional secret outputs.
var wire = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}

// GetPluginInfo reports the version of the package.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: p.Version}, nil
}

// Attach accepts an engine; nothing depends on it.
func (p *Provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel does nothing: calls under way end by themselves.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// CheckConfig refuses a region or an account that this cloud is not, as AWS refuses
// credentials of another account (provider: "AWS account ID not allowed").
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	config, err := plugin.UnmarshalProperties(req.GetNews(), wire)
	if err != nil {
		return nil, fmt.Errorf("reading the provider's configuration: %w", err)
	}
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	if region := Plain(config["region"]); region != nil && region != p.Cloud.Region {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: "region", Reason: fmt.Sprintf(
			"the embedded AWS is region %s, the program asks for %v", p.Cloud.Region, region)})
	}
	allowed := listOf(config["allowedAccountIds"])
	if len(allowed) > 0 && !slices.Contains(allowed, p.Cloud.Account) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
			Property: "allowedAccountIds",
			Reason:   "AWS account ID not allowed: " + p.Cloud.Account,
		})
	}
	return response, nil
}

// listOf reads a list of strings; the bridge passes a provider's lists as JSON in a string.
func listOf(v resource.PropertyValue) []string {
	v = Unwrap(v)
	if v.IsString() {
		return strings.FieldsFunc(v.StringValue(), func(r rune) bool { return strings.ContainsRune(`[]", `, r) })
	}
	return StringsAt(v, "")
}

// DiffConfig finds no change: a change of the configuration replaces nothing here.
func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

// Configure says that previews are supported.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true, AcceptResources: false, AcceptOutputs: false}, nil
}

// rowOf finds the row of a resource; a type without one is refused, not guessed.
func rowOf(urn string) (*Row, resource.URN, error) {
	parsed := resource.URN(urn)
	r, known := Table[string(parsed.Type())]
	if !known {
		return nil, parsed, status.Errorf(codes.Unimplemented,
			"the embedded AWS has no resource type %s: add a row to its service in internal/localcloud", parsed.Type())
	}
	return r, parsed, nil
}

// readBoth unmarshals two property structs of one request.
func readBoth(urn string, a, b *structpb.Struct) (first, second resource.PropertyMap, err error) {
	if first, err = plugin.UnmarshalProperties(a, wire); err == nil {
		second, err = plugin.UnmarshalProperties(b, wire)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the properties of %s: %w", urn, err)
	}
	return first, second, nil
}

// Check validates the inputs of a resource; see Cloud.Check.
func (p *Provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	r, urn, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	old, news, err := readBoth(req.GetUrn(), req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	inputs, faults := p.Cloud.Check(r, urn.Name(), old, news)
	out, err := plugin.MarshalProperties(inputs, wire)
	if err != nil {
		return nil, fmt.Errorf("writing the inputs of %s: %w", urn, err)
	}
	response := &pulumirpc.CheckResponse{Inputs: out}
	for _, f := range faults {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: f.Property, Reason: f.Reason})
	}
	return response, nil
}

// Diff compares inputs; see Diff.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	r, _, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	old, news, err := readBoth(req.GetUrn(), req.GetOldInputs(), req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true,
		DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for path, change := range Diff(r, old, news) {
		if ignored(req.GetIgnoreChanges(), path) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, path)
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{
			Kind:      pulumirpc.PropertyDiff_Kind(change.Kind),
			InputDiff: true,
		}
		if change.Kind.IsReplace() {
			response.Replaces = append(response.Replaces, path)
		}
	}
	return response, nil
}

func ignored(paths []string, path string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return path == p || strings.HasPrefix(path, p+".") })
}

// Create creates a resource; see Cloud.CreateResource.
func (p *Provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	r, _, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := plugin.UnmarshalProperties(req.GetProperties(), wire)
	if err != nil {
		return nil, fmt.Errorf("reading the properties of %s: %w", req.GetUrn(), err)
	}
	id, outputs, err := p.Cloud.CreateResource(r, req.GetUrn(), inputs, req.GetPreview())
	if err != nil {
		return nil, err
	}
	properties, err := plugin.MarshalProperties(outputs, wire)
	if err != nil {
		return nil, fmt.Errorf("writing the outputs of %s: %w", req.GetUrn(), err)
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, nil
}

// Update changes a resource in place; see Cloud.UpdateResource.
func (p *Provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	r, _, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	old, news, err := readBoth(req.GetUrn(), req.GetOldInputs(), req.GetNews())
	if err != nil {
		return nil, err
	}
	state, err := plugin.UnmarshalProperties(req.GetOlds(), wire)
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", req.GetUrn(), err)
	}
	outputs, err := p.Cloud.UpdateResource(r, req.GetId(), req.GetUrn(), old, news, state, req.GetPreview())
	if err != nil {
		return nil, err
	}
	properties, err := plugin.MarshalProperties(outputs, wire)
	if err != nil {
		return nil, fmt.Errorf("writing the outputs of %s: %w", req.GetUrn(), err)
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, nil
}

// Read returns the present state of a resource; see Cloud.ReadResource.
func (p *Provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	r, _, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, outputs := p.Cloud.ReadResource(r, req.GetId())
	if outputs == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	state, err := plugin.MarshalProperties(outputs, wire)
	if err != nil {
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), err)
	}
	present, err := plugin.MarshalProperties(inputs, wire)
	if err != nil {
		return nil, fmt.Errorf("writing the inputs of %s: %w", req.GetUrn(), err)
	}
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: state, Inputs: present}, nil
}

// Delete deletes a resource; see Cloud.DeleteResource.
func (p *Provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	r, _, err := rowOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, p.Cloud.DeleteResource(r, req.GetId(), req.GetUrn())
}

// Invoke answers a data source; one that is not registered is refused.
func (p *Provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	answer, known := Invokes[req.GetTok()]
	if !known {
		return nil, status.Errorf(codes.Unimplemented,
			"the embedded AWS has no function %s: add it to its service in internal/localcloud", req.GetTok())
	}
	args, err := plugin.UnmarshalProperties(req.GetArgs(), wire)
	if err != nil {
		return nil, fmt.Errorf("reading the arguments of %s: %w", req.GetTok(), err)
	}
	result, err := View2(p.Cloud, func(tx *Tx) (map[string]any, error) { return answer(tx, args) })
	if err != nil {
		return nil, fmt.Errorf("invoking %s: %w", req.GetTok(), err)
	}
	out, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(result), wire)
	if err != nil {
		return nil, fmt.Errorf("writing the result of %s: %w", req.GetTok(), err)
	}
	return &pulumirpc.InvokeResponse{Return: out}, nil
}
