// Command rehearse plays the main path of the rehearsal (make rehearse).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/term"

	"github.com/bodybroker/platform/internal/rehearsal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := rehearsal.Root()
	if err == nil {
		err = rehearsal.Rehearse(ctx, root, os.Stdout, term.IsTerminal(int(os.Stdout.Fd())))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
