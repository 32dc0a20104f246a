// The images that tasks run: the stand-in of package workload, and some that do not run as they
// should.

package stage

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// buildImage builds what the rehearsed images hold: the stand-in, the wget of its health check, and
// one that answers nobody.
func (s *Stage) buildImage(ctx context.Context) (folder string, err error) {
	folder = filepath.Join(s.Dir, "image")
	command := exec.CommandContext(
		ctx,
		"go",
		"build",
		"-trimpath",
		"-o",
		folder+string(filepath.Separator),
		"./workload",
		"./internal/rehearsal/stage/image/wget",
		"./internal/rehearsal/stage/image/mute",
	)
	command.Dir = s.Options.Root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("building the rehearsed image: %w", err)
	}
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the rehearsed image: %w\n%s", err, output)
	}
	return folder, nil
}

// Tags whose images do not run as they should.
const (
	// EndsTag is of an image whose container ends as soon as it is started.
	EndsTag = "1.0.9-ends"
	// MuteTag is of one whose container runs and never becomes healthy.
	MuteTag = "1.0.9-mute"
	// AbsentTag was never pushed.
	AbsentTag = "1.0.9-absent"
)

// images is what a registry would hold: the stand-in, for every service and the gateway.
func images(folder string) func(string) (cloud.Image, bool) {
	programs := map[string]string{EndsTag: "wget", MuteTag: "mute"} // wget ends without an address
	return func(reference string) (cloud.Image, bool) {
		_, tag, _ := strings.Cut(reference, ":")
		program := cmp.Or(programs[tag], "workload")
		return cloud.Image{Program: filepath.Join(folder, program), Path: folder}, tag != AbsentTag
	}
}
