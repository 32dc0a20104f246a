package natscluster_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/network"
)

// nothing fails the test when something is registered.
type nothing struct{ t *testing.T }

func (n nothing) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:Stack" {
		n.t.Errorf("%s %q was registered", args.TypeToken, args.Name)
	}
	return "", nil, nil
}

func (nothing) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestNodesWithoutASnapshotOrAZoneAreRefused(t *testing.T) {
	zones := network.Placement{Zones: []string{"us-east-1a"}}
	for says, args := range map[string]natscluster.Args{
		"1 snapshots for 3 nodes": {
			Settings:  natscluster.Settings{NodeCount: 3, VolumeSnapshots: []string{"snap-1"}},
			Placement: zones,
		},
		"no zone": {Settings: natscluster.Settings{NodeCount: 3}},
	} {
		err := pulumi.RunErr(func(ctx *pulumi.Context) error {
			_, err := natscluster.New(ctx, "nats", args)
			return err
		}, pulumi.WithMocks("project", "stack", nothing{t}))
		assert.ErrorContains(t, err, says)
	}
}
