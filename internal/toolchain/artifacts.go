// The artifacts that the platform ships into AWS: the programs that nodes run, and the controller's
// archive. They come from pinned sources and are the same bytes on every machine, so that nothing
// is fetched from the internet at boot and an unchanged program changes nothing.

package toolchain

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The files that BuildArtifacts leaves in its folder.
const (
	ServerFile     = "nats-server"
	NodeFile       = "nats-node"
	ControllerFile = "controller.zip"
)

const serverSource = "github.com/nats-io/nats-server/v2"

// BuildServer builds into file the nats-server that the Go module in a folder pins, in the same way
// as BuildArtifacts builds the platform's own.
func BuildServer(ctx context.Context, module, file string) error {
	return program{source: serverSource, arch: "amd64", file: file}.build(ctx, module)
}

// program is one Go program that is built for where it will run.
type program struct {
	source, arch, file string
}

// BuildArtifacts builds all artifacts into folder, and makes the folder. root is the repository's
// root.
func BuildArtifacts(ctx context.Context, root, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("building artifacts: making folder %s: %w", folder, err)
	}
	bootstrap := filepath.Join(folder, "bootstrap")
	for _, p := range []program{
		{source: serverSource, arch: "amd64", file: filepath.Join(folder, ServerFile)},
		{source: "./cmd/node", arch: "amd64", file: filepath.Join(folder, NodeFile)},
		{source: "./cmd/controller", arch: "arm64", file: bootstrap},
	} {
		if err := p.build(ctx, root); err != nil {
			return err
		}
	}
	if err := archive(bootstrap, filepath.Join(folder, ControllerFile)); err != nil {
		return err
	}
	return os.Remove(bootstrap)
}

func (p program) build(ctx context.Context, root string) error {
	command := exec.CommandContext(
		ctx,
		"go",
		"build",
		"-trimpath",
		"-buildvcs=false",
		"-ldflags",
		"-s -w -buildid=",
		"-o",
		p.file,
		p.source,
	)
	command.Dir = root
	command.Env = append(
		os.Environ(),
		"CGO_ENABLED=0",
		"GOOS=linux",
		"GOARCH="+p.arch,
		"GOAMD64=v1",
		"GOARM64=v8.0",
		"GOFLAGS=",
	)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s for linux/%s: %w\n%s", p.source, p.arch, err, strings.TrimSpace(string(output)))
	}
	return nil
}

// archive zips the function's program under the name that Lambda starts. The time inside is
// fixed: the zip's bytes are the function's identity.
func archive(program, target string) (err error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return fmt.Errorf("archiving %s: %w", program, err)
	}
	unfinished := target + ".unfinished"
	file, err := os.Create(unfinished)
	if err != nil {
		return fmt.Errorf("archiving %s: %w", program, err)
	}
	writer := zip.NewWriter(file)
	header := &zip.FileHeader{
		Name:     "bootstrap",
		Method:   zip.Deflate,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	header.SetMode(0o755)
	entry, err := writer.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(content)
	}
	for _, close := range []func() error{writer.Close, file.Close} {
		if closeErr := close(); err == nil {
			err = closeErr
		}
	}
	if err == nil {
		err = os.Rename(unfinished, target)
	}
	if err != nil {
		return fmt.Errorf("archiving %s into %s: %w", program, target, err)
	}
	return nil
}
