// The Pulumi CLI with which the rehearsal runs the program: the one on PATH if it is new enough,
// else one that is built once from the version pinned in tools/pulumi.

package toolchain

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/blang/semver"
)

// PulumiVersion is the CLI that is built, and the oldest that is accepted from PATH. It is the
// version of the SDK in go.mod: an older engine may lack what the SDK requires of it.
var PulumiVersion = semver.MustParse("3.259.0")

// pulumiCLI is how the CLI is built, which takes some minutes, once. The version is linked in, else
// the Automation API cannot read it.
var pulumiCLI = Tool{
	Folder:      "tools/pulumi",
	Module:      "github.com/pulumi/pulumi/pkg/v3",
	Command:     "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
	LinkerFlags: "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v" + PulumiVersion.String(),
}

// FindPulumi returns the path of a Pulumi CLI and its version. root is the repository's root;
// progress gets lines for a person when a build is needed.
func FindPulumi(ctx context.Context, root string, progress io.Writer) (string, semver.Version, error) {
	if binary, err := exec.LookPath("pulumi"); err == nil {
		if version, err := versionOf(ctx, binary); err == nil && version.GE(PulumiVersion) {
			return binary, version, nil
		}
	}
	binary, err := pulumiCLI.Find(ctx, root, progress)
	if err != nil {
		return "", semver.Version{}, err
	}
	version, err := versionOf(ctx, binary)
	if err != nil {
		return "", semver.Version{}, fmt.Errorf("%w; delete the folder .build and try again", err)
	}
	return binary, version, nil
}

func versionOf(ctx context.Context, binary string) (semver.Version, error) {
	output, err := exec.CommandContext(ctx, binary, "version").Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	version, err := semver.ParseTolerant(strings.TrimSpace(string(output)))
	if err != nil {
		return semver.Version{}, fmt.Errorf("reading the version of %s: %w", binary, err)
	}
	return version, nil
}
