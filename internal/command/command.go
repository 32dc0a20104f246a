// Package command is what the programs under cmd have in common: the repository's root, an end
// when a person interrupts, and an error on standard error with exit code 1.
package command

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

// Main runs a command. root is the repository's; ctx ends with an interrupt or SIGTERM. It does
// not return after an error, other than that of a command that was only asked for its help.
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

// Root finds the repository's root from the working directory: the folder with Pulumi.yaml.
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

// Terminal says whether a person is looking at standard output.
func Terminal() bool { return term.IsTerminal(int(os.Stdout.Fd())) }
