// The tree: a small Debian with systemd as it comes from Debian, packed into one file.

package rootfs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// packages are what user-data and the node's program need besides Debian's required ones, and what
// Amazon Linux 2023 has too. debootstrap does not know of packages that provide others:
// python3-cffi-backend is one that awscli needs.
var packages = []string{"systemd", "dbus", "xfsprogs", "procps", "awscli", "python3-cffi-backend"}

// unneeded is half of the tree.
var unneeded = []string{
	"var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
	"usr/lib/python3/dist-packages/awscli/examples",
}

// Tree returns the file that holds the tree. It is made once, by debootstrap from the mirror that
// the host's apt is configured with, which takes about a minute and 300 MB of the folder; from then
// on no network is needed.
func Tree(ctx context.Context, folder string, say func(string)) (string, error) {
	release, err := codename()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(append(packages, unneeded...), " ")))
	file := filepath.Join(folder, fmt.Sprintf("debian-%s-%s-%.4x.tar", release, runtime.GOARCH, sum))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return "", fmt.Errorf(
			"%w: there is no Debian tree in %s yet and no debootstrap to make one: apt-get install debootstrap",
			ErrUnsupported,
			folder,
		)
	}
	targets, err := run(
		ctx,
		"apt-get",
		"indextargets",
		"--format",
		"$(RELEASE) $(COMPONENT) $(REPO_URI)",
		"Created-By: Packages",
	)
	if err != nil {
		return "", err
	}
	mirror, err := mirrorOf(targets, release)
	if err != nil {
		return "", err
	}
	say("Making a Debian tree for the machines with a real root file system …")
	return file, makeTree(ctx, release, mirror, file)
}

// codename is the name of the host's release, which its mirror has.
func codename() (string, error) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", fmt.Errorf("finding the host's release: %w", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if name, found := strings.CutPrefix(line, "VERSION_CODENAME="); found {
			return strings.Trim(name, `"`), nil
		}
	}
	return "", fmt.Errorf("%w: /etc/os-release names no release (VERSION_CODENAME): this is no Debian", ErrUnsupported)
}

// mirrorOf finds where apt gets a release from: a line each of release, component and address.
func mirrorOf(targets, release string) (string, error) {
	for _, line := range strings.Split(targets, "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == release && fields[1] == "main" {
			return fields[2], nil
		}
	}
	return "", fmt.Errorf("apt knows no mirror of the release %s: its sources name %q", release, targets)
}

// makeTree leaves the whole file or none. debootstrap mounts file systems into the tree: in
// namespaces of its own they are gone with it, however it ends.
func makeTree(ctx context.Context, release, mirror, file string) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("making a Debian tree: %w", err)
	}
	tree, err := os.MkdirTemp(filepath.Dir(file), "debian-")
	if err != nil {
		return fmt.Errorf("making a Debian tree: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tree), removeIfThere(file+".new")) }()
	if _, err := run(ctx, "unshare", "--mount", "--pid", "--fork", "--kill-child", "debootstrap", "--variant=minbase",
		"--include="+strings.Join(packages, ","), release, tree, mirror); err != nil {
		return err
	}
	for _, path := range unneeded {
		if err := os.RemoveAll(filepath.Join(tree, path)); err != nil {
			return fmt.Errorf("making a Debian tree: %w", err)
		}
	}
	if _, err := run(
		ctx,
		"tar",
		"--create",
		"--numeric-owner",
		"--directory",
		tree,
		"--file",
		file+".new",
		".",
	); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// run runs a program of the host; its error has the end of what it said.
func run(ctx context.Context, name string, arguments ...string) (string, error) {
	output, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	said := strings.TrimSpace(string(output))
	if err != nil {
		return said, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, said[max(0, len(said)-2000):])
	}
	return said, nil
}
