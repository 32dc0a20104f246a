// Command bench measures the program against the engine's own floor (make bench).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/bodybroker/platform/internal/bench"
	"github.com/bodybroker/platform/internal/rehearsal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := rehearsal.Root()
	if err == nil {
		err = bench.Run(ctx, root, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
