// Command artifacts builds what a deployment uploads (make artifacts).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/bodybroker/platform/internal/artifactbuild"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := artifactbuild.Build(ctx, ".", "artifacts"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("artifacts/" + artifactbuild.ServerFile + " and artifacts/" + artifactbuild.ControllerFile + " are built")
}
