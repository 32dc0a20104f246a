// The files of the repository by kind, and how a linter is run on them.

package lint

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// repository is what is checked.
type repository struct {
	root       string
	out        io.Writer
	goFiles    []string // all paths are relative to root
	shellFiles []string
	workflows  []string // and actions
}

// open lists the files of the repository at root. Folders that are built and not committed are left
// out.
func open(root string, out io.Writer) (*repository, error) {
	r := &repository{root: root, out: out}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && (name == ".git" || name == ".build" || name == "out" || name == "artifacts"):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go"):
			r.goFiles = append(r.goFiles, name)
		case strings.HasSuffix(name, ".sh"), name == filepath.Join(".ci", "run"):
			r.shellFiles = append(r.shellFiles, name)
		case strings.HasPrefix(name, ".github"+string(filepath.Separator)) && strings.HasSuffix(name, ".yaml"):
			r.workflows = append(r.workflows, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lint: listing the files of %s: %w", root, err)
	}
	return r, nil
}

// run runs a linter in the repository's root and returns what it printed. The error is its exit
// code, by which all of them but gofmt say that they found something.
func (r *repository) run(ctx context.Context, stdin, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = r.root
	command.Stdin = strings.NewReader(stdin)
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return strings.TrimSpace(string(output)), err
}

// faults is run without what a linter prints when all is well.
func (r *repository) faults(ctx context.Context, stdin, name string, arguments ...string) (string, error) {
	output, err := r.run(ctx, stdin, name, arguments...)
	if err == nil {
		return "", nil
	}
	return output, err
}
