package artifacts_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/platform"
)

// recorder keeps what each resource depends on, by logical name.
type recorder struct {
	lock      sync.Mutex
	dependsOn map[string][]string
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, urn := range args.RegisterRPC.GetDependencies() {
		r.dependsOn[args.Name] = append(r.dependsOn[args.Name], urn[strings.LastIndex(urn, "::")+2:])
	}
	outputs := args.Inputs.Copy()
	outputs["bucket"], outputs["arn"] = resource.NewProperty("bucket"), resource.NewProperty("arn:aws:s3:::bucket")
	return args.Name, outputs, nil
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestNothingIsPutIntoTheBucketBeforeItEncryptsAndKeepsVersions(t *testing.T) {
	seen := &recorder{dependsOn: map[string][]string{}}
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		made, err := artifacts.New(ctx, "artifacts", artifacts.Args{
			Stack: platform.Stack{
				Environment: "test",
				Keys: platform.Keys{
					Artifacts: pulumi.String("arn:aws:kms:us-east-1:123456789012:key/k").ToStringOutput(),
				},
			},
			Settings: artifacts.Settings{ServerBinary: "artifacts_test.go", NodeProgram: "artifacts.go"},
		})
		if err != nil {
			return err
		}
		// What other components put there knows the bucket by this output only.
		return ctx.RegisterComponentResourceV2(
			"test:Other",
			"other",
			pulumi.Map{"bucket": made.Bucket},
			&pulumi.ResourceState{},
		)
	}, pulumi.WithMocks("project", "stack", seen))
	require.NoError(t, err)
	for _, name := range []string{"artifacts-server", "artifacts-node", "other"} {
		assert.Subset(t, seen.dependsOn[name], []string{"artifacts-encryption", "artifacts-versioning"}, name)
	}
}
