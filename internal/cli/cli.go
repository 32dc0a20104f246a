// Package cli is what the programs under cmd share, so that all of them behave alike: they find the
// repository's root, end when a person interrupts them, report an error on standard error with exit
// code 1, and write their results to files.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"
)

// Main runs a command with the repository's root and the arguments after the command's name. The
// context ends with an interrupt or SIGTERM. After an error Main prints it and exits with code 1,
// except after flag.ErrHelp: a person who requests the help has it already.
func Main(run func(ctx context.Context, root string, args []string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root, err := Root()
	if err == nil {
		err = run(ctx, root, os.Args[1:])
	}
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Root returns the repository's root as an absolute path: the nearest folder with a Pulumi.yaml,
// from the working directory upwards. It is an error when there is none.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New(
				"finding the repository: no Pulumi.yaml here or above; start this in the project's folder",
			)
		}
		dir = filepath.Dir(dir)
	}
}

// Terminal reports whether standard output is a terminal, so that a person reads it.
func Terminal() bool { return term.IsTerminal(int(os.Stdout.Fd())) }
