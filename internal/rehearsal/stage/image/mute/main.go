// Command mute is an image whose container runs and never becomes healthy: it answers nobody, and
// ends when it is asked to.
package main

import (
	"context"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}
