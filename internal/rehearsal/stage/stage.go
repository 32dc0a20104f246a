// Package stage is where scenarios play: one embedded AWS, one stack of the real program, and the
// engine between them, with the clients, the load and the helpers that drills share.
package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/toolchain"
	"github.com/bodybroker/platform/stacks"
	"github.com/bodybroker/platform/workload/verification"
)

// Stage is where scenarios play.
type Stage struct {
	Cloud *cloud.Cloud
	// Options may be changed between two commands: Program is what the next one runs, Observe is
	// called while it does.
	Options Options
	// Dir holds everything of this stage; Close removes it.
	Dir   string
	Stack auto.Stack
	// GateLimit is the controller's time limit where a drill requires a shorter one; 0: the usual
	// one.
	GateLimit time.Duration
	// Verified is the last verification's report; nil before the first.
	Verified *verification.Report

	engine        *engine
	endpoint      *localcloud.Endpoint
	env           map[string]string
	controllerLog logLines // what the controller wrote to its log
}

// Options of a stage; the zero value is the rehearsal's.
type Options struct {
	Root   string // the repository's root
	Region string // default us-east-1
	Stack  string // which Pulumi.<stack>.yaml, default rehearsal
	// Configuration is the stack's file; default Pulumi.<stack>.yaml in Root.
	Configuration string
	Override      map[string]any // configuration keys set over the file's, without "nats-platform:"
	Program       pulumi.RunFunc // default stacks.Deploy
	Progress      io.Writer      // where a build of the CLI reports
	// Checkpoints makes the engine write its state at every step, as it does against AWS.
	Checkpoints bool
	// Machines makes machines boot: real NATS servers start from what the program renders.
	Machines bool
	// Tasks makes the services' tasks run too, in a stage with Machines.
	Tasks bool
	// Observe gets every event of the engine while it happens.
	Observe func(events.EngineEvent)
}

// New makes an empty cloud and an empty stack.
func New(ctx context.Context, o Options) (*Stage, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Stack == "" {
		o.Stack = "rehearsal"
	}
	if o.Program == nil {
		o.Program = stacks.Deploy
	}
	s := &Stage{Options: o}
	return s, s.begin(ctx)
}

func (s *Stage) begin(ctx context.Context) error {
	o := s.Options
	binary, version, err := toolchain.FindPulumi(ctx, o.Root, o.Progress)
	if err != nil {
		return err
	}
	if s.Cloud, err = localcloud.New(o.Region); err != nil {
		return err
	}
	if s.Dir, err = os.MkdirTemp("", "rehearsal-"); err != nil {
		return fmt.Errorf("making a folder for the rehearsal: %w", err)
	}
	s.engine = &engine{binary: binary, version: version}
	if err := s.open(ctx, o); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// Renew closes the stage and begins it again, empty.
func (s *Stage) Renew(ctx context.Context) error {
	if err := s.Close(); err != nil {
		return err
	}
	return s.begin(ctx)
}

func (s *Stage) open(ctx context.Context, o Options) (err error) {
	if s.endpoint, err = localcloud.Serve(s.Cloud); err != nil {
		return err
	}
	if o.Machines {
		if err := s.startRuntime(ctx); err != nil {
			return err
		}
	}
	if s.env, err = environment(s.Dir, s.endpoint.Env(), o.Checkpoints); err != nil {
		return err
	}
	project, err := workspace.LoadProject(filepath.Join(o.Root, "Pulumi.yaml"))
	if err != nil {
		return fmt.Errorf("reading the project: %w", err)
	}
	project.Name = tokens.PackageName(project.Name.String())
	s.Stack, err = auto.UpsertStackInlineSource(
		ctx,
		o.Stack,
		project.Name.String(),
		func(ctx *pulumi.Context) error { return s.Options.Program(ctx) },
		auto.Project(*project),
		auto.WorkDir(filepath.Join(s.Dir, "work")),
		auto.Pulumi(s.engine),
		auto.EnvVars(s.env),
		auto.SecretsProvider("passphrase"),
	)
	if err != nil {
		return fmt.Errorf("making the stack %s: %w", o.Stack, err)
	}
	return s.Configure(o.Override)
}

// Preview says what an update would do and changes nothing.
func (s *Stage) Preview(ctx context.Context) (Steps, error) {
	return s.watch(func(c chan<- events.EngineEvent) error {
		_, err := s.Stack.Preview(ctx, optpreview.EventStreams(c))
		return err
	})
}

// Up updates the platform. Options are the engine's own.
func (s *Stage) Up(ctx context.Context, options ...optup.Option) (Steps, error) {
	return s.watch(func(c chan<- events.EngineEvent) error {
		_, err := s.Stack.Up(ctx, append(options, optup.EventStreams(c))...)
		return err
	})
}

// Refresh reads what exists into the state.
func (s *Stage) Refresh(ctx context.Context) (Steps, error) {
	return s.watch(func(c chan<- events.EngineEvent) error {
		_, err := s.Stack.Refresh(ctx, optrefresh.EventStreams(c))
		return err
	})
}

// Destroy takes everything down.
func (s *Stage) Destroy(ctx context.Context) (Steps, error) {
	return s.watch(func(c chan<- events.EngineEvent) error {
		_, err := s.Stack.Destroy(ctx, optdestroy.EventStreams(c))
		return err
	})
}

// watch runs a command and collects the steps that its events report.
func (s *Stage) watch(run func(chan<- events.EngineEvent) error) (Steps, error) {
	channel := make(chan events.EngineEvent)
	var steps Steps
	var done sync.WaitGroup
	done.Go(func() {
		for event := range channel {
			steps.add(event)
			if s.Options.Observe != nil {
				s.Options.Observe(event)
			}
		}
	})
	err := run(channel)
	done.Wait()
	// The Automation API's error is all that the engine printed; its diagnostics say what is wrong.
	if reported := steps.Errors(); err != nil && len(reported) > 0 {
		err = errors.New(strings.Join(reported, "\n"))
	}
	return steps, err
}

// Outputs are the stack's outputs, secrets opened.
func (s *Stage) Outputs(ctx context.Context) (auto.OutputMap, error) { return s.Stack.Outputs(ctx) }

// State is the state file as it lies on disk.
func (s *Stage) State() ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(s.Dir, "state", ".pulumi", "stacks", "*", s.Options.Stack+".json"))
	if err != nil || len(files) != 1 {
		return nil, errors.Join(fmt.Errorf("expected the one state of stack %s, got %q", s.Options.Stack, files), err)
	}
	return os.ReadFile(files[0])
}

// Close ends the cloud and removes everything of the stage.
func (s *Stage) Close() error {
	var err error
	if s.endpoint != nil {
		err = errors.Join(s.Cloud.Stop(), s.endpoint.Close())
		s.endpoint = nil
	}
	return errors.Join(err, os.RemoveAll(s.Dir))
}
