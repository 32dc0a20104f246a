// The linters, each as one check.

package lint

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/bodybroker/platform/internal/toolchain"
	"github.com/bodybroker/platform/node/image"
	"github.com/bodybroker/platform/node/settings"
)

// The linters that are built, each from a module of its own: together they do not build,
// because golangci-lint asks for a newer YAML module than actionlint can be compiled with.
var (
	golangciLint = toolchain.Tool{
		Folder: "tools/lint", Module: "github.com/golangci/golangci-lint/v2",
		Command: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint",
	}
	actionLint = toolchain.Tool{
		Folder: "tools/actionlint", Module: "github.com/rhysd/actionlint",
		Command: "github.com/rhysd/actionlint/cmd/actionlint",
	}
)

func gofmt(ctx context.Context, r *repository) (string, error) {
	return r.run(ctx, "", "gofmt", append([]string{"-l"}, r.goFiles...)...)
}

func vet(ctx context.Context, r *repository) (string, error) {
	return r.faults(ctx, "", "go", "vet", "./...")
}

// golangci runs what .golangci.yaml names.
func golangci(ctx context.Context, r *repository) (string, error) {
	binary, err := golangciLint.Find(ctx, r.root, r.out)
	if err != nil {
		return "", err
	}
	return r.faults(ctx, "", binary, "run", "./...")
}

// actionlint finds the workflows by itself, and takes shellcheck to the scripts in them.
func actionlint(ctx context.Context, r *repository) (string, error) {
	binary, err := actionLint.Find(ctx, r.root, r.out)
	if err != nil {
		return "", err
	}
	return r.faults(ctx, "", binary, "-no-color")
}

// errNoShellcheck fails the check: a linter that is not there must not look like one that found
// nothing.
var errNoShellcheck = errors.New(
	"shellcheck is not installed: apt-get install shellcheck (on macOS: brew install shellcheck)",
)

// shellcheck looks at the scripts of the repository, and at a node's user-data as EC2 gets it.
func shellcheck(ctx context.Context, r *repository) (string, error) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		return "", errNoShellcheck
	}
	userData, err := exampleNode.Render()
	if err != nil {
		return "", err
	}
	findings, failure := r.faults(ctx, userData, "shellcheck", "--color=never", "--shell=bash", "-")
	if findings != "" {
		findings = "assets/nats/user-data.sh.tmpl, as rendered:\n" + findings
	}
	if len(r.shellFiles) > 0 {
		more, err := r.faults(ctx, "", "shellcheck", append([]string{"--color=never", "--"}, r.shellFiles...)...)
		findings, failure = strings.TrimSpace(findings+"\n"+more), errors.Join(failure, err)
	}
	return findings, failure
}

// exampleNode is a node with values of the real ones' form.
var exampleNode = image.UserData{
	ProgramKey: "nats-node/0123/nats-node", ProgramDigest: strings.Repeat("0123456789abcdef", 4),
	Settings: settings.Settings{
		Node:         "nats-1",
		Zone:         "us-east-1a",
		Address:      "10.20.0.10",
		Region:       "us-east-1",
		Domain:       "prod.internal",
		VolumeID:     "vol-0123456789abcdef0",
		Bucket:       "prod-artifacts",
		ServerKey:    "nats-server/0123",
		ServerDigest: strings.Repeat("0123456789abcdef", 4),
		CertificateAuthorityArn: "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/" +
			"01234567-89ab-cdef-0123-456789abcdef",
		CertificateTemplateArn: "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
	},
}
