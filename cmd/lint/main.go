// Command lint checks format, code, shell and workflows (make lint).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/bodybroker/platform/internal/lint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := lint.Run(ctx, ".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
