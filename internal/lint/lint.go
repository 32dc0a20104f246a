// Package lint checks what no test does: the form of the code, of shell scripts and of
// workflows. All checks run and report together, so that one run shows every fault.
package lint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrFound says that a check found faults; which ones stands in what was shown.
var ErrFound = errors.New("lint: there are faults")

// check is one linter. It returns what it found, empty if nothing; an error means that it
// could not look at all, which fails like a finding.
type check struct {
	name string
	run  func(context.Context, *repository) (findings string, err error)
}

// checks in the order in which they run: the quick ones first.
var checks = []check{
	{name: "gofmt", run: gofmt},
	{name: "shellcheck", run: shellcheck},
	{name: "pinned actions", run: pinned},
	{name: "actionlint", run: actionlint},
	{name: "go vet", run: vet},
	{name: "golangci-lint", run: golangci},
}

// Run checks the repository at root and shows each check's findings on out. ErrFound tells
// that there are any.
func Run(ctx context.Context, root string, out io.Writer) error {
	r, err := open(root, out)
	if err != nil {
		return err
	}
	return r.play(ctx, checks)
}

func (r *repository) play(ctx context.Context, checks []check) error {
	var failed []string
	for _, c := range checks {
		start := time.Now()
		findings, err := c.run(ctx, r)
		if err != nil {
			findings = strings.TrimSpace(findings + "\n" + err.Error())
		}
		mark := "ok  "
		if findings != "" {
			mark = "FAIL"
			failed = append(failed, c.name)
		}
		fmt.Fprintf(r.out, "%s  %-14s (%.1f s)\n", mark, c.name, time.Since(start).Seconds())
		if findings != "" {
			fmt.Fprintf(r.out, "      %s\n", strings.ReplaceAll(findings, "\n", "\n      "))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w, found by %s", ErrFound, strings.Join(failed, ", "))
	}
	return nil
}
