// The account that a fixture is made and previewed in: its surroundings exist, and nothing of the
// platform.

package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/internal/releasefixture"
	"github.com/bodybroker/platform/internal/toolchain"
)

// The zone in which the gateway of a fixture has its public name.
const (
	fixtureDomain = "api.example.com"
	fixtureZone   = "Z0EXAMPLE0FIXTURE0ZON"
)

// fixtureArtifacts stand in for what a release uploads, which differs with each commit: a fixture
// compares what the program asks of AWS. The archive is a zip without files.
var fixtureArtifacts = map[string]struct{ file, content string }{
	"natsServerBinary":  {file: toolchain.ServerFile, content: "the server of a release fixture\n"},
	"natsNodeProgram":   {file: toolchain.NodeFile, content: "the node program of a release fixture\n"},
	"controllerArchive": {file: toolchain.ControllerFile, content: "PK\x05\x06" + strings.Repeat("\x00", 18)},
}

// FixtureStage is an account in which the surroundings of a fixture's production exist, and nothing
// of it. configuration is the stack's file, "" the shipped one. closing removes all.
func FixtureStage(ctx context.Context, root, configuration string, override map[string]any, progress io.Writer) (
	s *stage.Stage, closing func() error, err error,
) {
	folder, err := os.MkdirTemp("", "fixture-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for the artifacts of a fixture: %w", err)
	}
	values := map[string]any{}
	for key, artifact := range fixtureArtifacts {
		file := filepath.Join(folder, artifact.file)
		if err := os.WriteFile(file, []byte(artifact.content), 0o600); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("writing an artifact of a fixture: %w", err), os.RemoveAll(folder))
		}
		values[key] = file
	}
	for key, value := range override {
		values[key] = value
	}
	s, err = stage.New(ctx, stage.Options{
		Root:          root,
		Stack:         releasefixture.Stack,
		Configuration: configuration,
		Override:      values,
		Progress:      progress,
	})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.Cloud.KeySeed = releasefixture.KeySeed
	s.Cloud.Seed("aws:route53/zone:Zone", fixtureZone, resource.NewPropertyMapFromMap(map[string]any{
		"zoneId": fixtureZone,
		"name":   "example.com",
		"vpcs":   []any{},
	}))
	return s, func() error { return errors.Join(s.Close(), os.RemoveAll(folder)) }, nil
}
