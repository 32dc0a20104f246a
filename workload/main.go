// Command workload stands in for the images that come from another repository: it is any of the
// services, by SERVICE_NAME, the gateway, or the verification of a deployed platform, and shows by
// example what a service must do (docs/service-contract.md). All that it needs comes from its task
// definition.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/bodybroker/platform/workload/gateway"
	"github.com/bodybroker/platform/workload/service"
	"github.com/bodybroker/platform/workload/verification"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	// ECS sends SIGTERM and kills stopTimeout seconds later.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if os.Getenv("SERVICE_NAME") == verification.Name {
		return verification.RunTask(ctx, os.Getenv, os.Stdout)
	}
	if gateway.Named(os.Getenv) {
		settings, err := gateway.FromEnvironment(os.Getenv)
		if err != nil {
			return err
		}
		return gateway.Run(ctx, settings)
	}
	settings, err := service.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	return service.Run(ctx, settings)
}
