// Package pulumicli finds the Pulumi CLI for the rehearsal: the one on PATH if it is new
// enough, else one built once from the version pinned in tools/pulumi, because a fresh
// machine has Go but no Pulumi.
package pulumicli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Version is the CLI that is built, and the oldest that is accepted from PATH. It is the
// version of the SDK in go.mod: an older engine may lack what the SDK asks of it.
const Version = "3.259.0"

// Find returns a CLI. root is the repository's root; progress gets lines for a person when a
// build is needed, which takes about four minutes on two cores, once.
func Find(ctx context.Context, root string, progress io.Writer) (auto.PulumiCommand, error) {
	options := &auto.PulumiCommandOptions{Version: semver.MustParse(Version)}
	if found, err := auto.NewPulumiCommand(options); err == nil {
		return found, nil
	}
	// The Automation API looks for bin/pulumi under the root that it is given.
	home := filepath.Join(root, ".build", "pulumi-"+Version)
	binary := filepath.Join(home, "bin", "pulumi")
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		if err := build(ctx, filepath.Join(root, "tools", "pulumi"), binary, progress); err != nil {
			return nil, err
		}
	}
	options.Root = home
	command, err := auto.NewPulumiCommand(options)
	if err != nil {
		return nil, fmt.Errorf("starting the Pulumi CLI %s: %w; delete the folder .build and try again", binary, err)
	}
	return command, nil
}

// build compiles the CLI next to its final name and renames it, so that an interrupted build
// leaves nothing that looks finished.
func build(ctx context.Context, module, binary string, progress io.Writer) error {
	fmt.Fprintf(progress, "No Pulumi CLI %s or newer on PATH: building it once from the pinned module (some minutes).\n", Version)
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return fmt.Errorf("building the Pulumi CLI: making its folder: %w", err)
	}
	unfinished := binary + ".unfinished"
	// The version is linked in, else the Automation API cannot read it.
	command := exec.CommandContext(ctx, "go", "build", "-v",
		"-ldflags", "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v"+Version,
		"-o", unfinished, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
	command.Dir = module
	output, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("building the Pulumi CLI: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("building the Pulumi CLI in %s: %w", module, err)
	}
	complaint := follow(output, progress)
	if err := command.Wait(); err != nil {
		return fmt.Errorf("building the Pulumi CLI in %s: %w\n%s", module, err, complaint)
	}
	return os.Rename(unfinished, binary)
}

// follow shows how far a verbose build is, every ten seconds or so, and returns its last
// lines for an error message.
func follow(output io.Reader, progress io.Writer) string {
	start, shown, packages := time.Now(), time.Now(), 0
	var last []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		packages++
		last = append(last, lines.Text())
		if len(last) > 20 {
			last = last[1:]
		}
		if time.Since(shown) > 10*time.Second {
			shown = time.Now()
			fmt.Fprintf(progress, "  %4.0fs  %d packages compiled or downloaded\n", time.Since(start).Seconds(), packages)
		}
	}
	fmt.Fprintf(progress, "  %4.0fs  compiled\n", time.Since(start).Seconds())
	return strings.Join(last, "\n")
}

// Path is the binary that Find answers with, for those who start it themselves.
func Path(root string) (string, error) {
	if binary, err := exec.LookPath("pulumi"); err == nil {
		if _, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Version: semver.MustParse(Version)}); err == nil {
			return binary, nil
		}
	}
	binary := filepath.Join(root, ".build", "pulumi-"+Version, "bin", "pulumi")
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("finding the Pulumi CLI: %w; it is built by: make rehearse", err)
	}
	return filepath.Abs(binary)
}
