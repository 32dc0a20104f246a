// Command-line tools that are not the project's own, such as the Pulumi CLI. The modules under
// tools/ pin them, and a tool is built once for each pinned version.

package toolchain

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
)

// Tool is one command of a module under tools/.
type Tool struct {
	// Folder is the module's folder, relative to the repository's root.
	Folder string
	// Module is the module of the command, as in Folder's go.mod.
	Module string
	// Command is the command's package.
	Command string
	// LinkerFlags are handed to the linker; empty: none.
	LinkerFlags string
}

// progressInterval is how often a build that goes on says so.
const progressInterval = 10 * time.Second

// Find returns the path of the tool's binary, and builds it first if it is not there for the
// version that is pinned. root is the repository's root; progress gets lines for a person
// while a build goes on.
func (t Tool) Find(ctx context.Context, root string, progress io.Writer) (string, error) {
	name := filepath.Base(t.Command)
	version, err := t.version(ctx, root)
	if err != nil {
		return "", err
	}
	binary, err := filepath.Abs(filepath.Join(root, ".build", name+"-"+version, name))
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", name, err)
	}
	if _, err := os.Stat(binary); !errors.Is(err, os.ErrNotExist) {
		return binary, err
	}
	fmt.Fprintf(progress, "      building %s %s once from %s\n", name, version, t.Folder)
	return binary, t.build(ctx, root, binary, progress)
}

// version reads which version the tool's module pins.
func (t Tool) version(ctx context.Context, root string) (string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", t.Module)
	command.Dir = filepath.Join(root, t.Folder)
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf(
			"reading which version of %s %s/go.mod pins: %w\n%s",
			t.Module,
			t.Folder,
			err,
			strings.TrimSpace(string(output)),
		)
	}
	return strings.TrimSpace(string(output)), nil
}

// build compiles the tool next to its final name and renames it, so that an interrupted build
// leaves nothing that looks finished.
func (t Tool) build(ctx context.Context, root, binary string, progress io.Writer) error {
	unfinished := binary + ".unfinished"
	command := exec.CommandContext(ctx, "go", "build", "-v", "-ldflags", t.LinkerFlags, "-o", unfinished, t.Command)
	command.Dir = filepath.Join(root, t.Folder)
	output, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("building %s: %w", t.Command, err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("building %s in %s: %w", t.Command, t.Folder, err)
	}
	last := follow(output, progress)
	if err := command.Wait(); err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", t.Command, t.Folder, err, last)
	}
	return os.Rename(unfinished, binary)
}

// follow shows how far a verbose build is and returns its last lines, for an error message.
func follow(output io.Reader, progress io.Writer) string {
	start, reported, count := time.Now(), time.Now(), 0
	var last []string
	for lines := bufio.NewScanner(output); lines.Scan(); count++ {
		last = append(last, lines.Text())
		last = last[max(0, len(last)-20):]
		if time.Since(reported) > progressInterval {
			reported = time.Now()
			fmt.Fprintf(
				progress,
				"      %4.0f s  %d packages compiled or downloaded\n",
				time.Since(start).Seconds(),
				count,
			)
		}
	}
	fmt.Fprintf(progress, "      %4.0f s  compiled\n", time.Since(start).Seconds())
	return strings.Join(last, "\n")
}
