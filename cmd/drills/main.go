// Command drills plays every change, fault and recovery, or those named (make drills, make drills ID=change.ami).
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
		err = rehearsal.Drill(ctx, root, os.Stdout, term.IsTerminal(int(os.Stdout.Fd())), os.Args[1:]...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
