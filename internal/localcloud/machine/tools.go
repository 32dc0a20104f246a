// The stand-in program, built and linked under every command's name.

package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// elsewhere are the commands that Options.Command answers.
var elsewhere = []string{"aws"}

// InstallTools builds the stand-in program into the folder, which it makes, and links it under the
// name of every command that this package or Options.Command answers. It can be run again, also
// while machines use the folder. repositoryRoot is the folder of go.mod.
func InstallTools(ctx context.Context, repositoryRoot, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of stand-ins: %w", err)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return fmt.Errorf("making the folder of stand-ins: %w", err)
	}
	scratch, err := os.MkdirTemp(folder, ".new-")
	if err != nil {
		return fmt.Errorf("making the folder of stand-ins: %w", err)
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // what is left over is hidden and small
	built := filepath.Join(scratch, "stand-in")
	command := exec.CommandContext(
		ctx,
		"go",
		"build",
		"-trimpath",
		"-o",
		built,
		"./internal/localcloud/machine/standin",
	)
	command.Dir = repositoryRoot
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the stand-in program: %w\n%s", err, output)
	}
	// The new file takes the old one's name, so that a stand-in that runs at this moment is not
	// disturbed.
	if err := os.Rename(built, filepath.Join(folder, ".stand-in")); err != nil {
		return fmt.Errorf("installing the stand-in program: %w", err)
	}
	for _, name := range append(slices.Sorted(maps.Keys(commands)), elsewhere...) {
		if err := os.Symlink(".stand-in", filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("linking the stand-in for %s: %w", name, err)
		}
	}
	return nil
}
