// A stage on which machines run: real servers come of the rendered user-data, and the controller
// is the one that production gets.
package rehearsal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/bodybroker/platform/controller"
	"github.com/bodybroker/platform/internal/localcloud"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// scale is how much faster AWS's and systemd's waiting times pass here: a health check every half
// second instead of ten, a schedule of a minute every three seconds.
const scale = 20

// invocationLimit is the controller's own timeout, on the scaled clock; a boot here takes seconds.
const invocationLimit = time.Minute

// lookInterval is the controller's, on the scaled clock.
const lookInterval = 2 * time.Second / scale

// enliven makes the stage's cloud run what the program makes.
func (s *Stage) enliven(ctx context.Context) error {
	tools := filepath.Join(s.dir, "tools")
	if err := machine.InstallTools(ctx, s.root, tools); err != nil {
		return err
	}
	runtime := localcloud.Runtime{Dir: filepath.Join(s.dir, "cloud"), Tools: tools, Scale: scale}
	if s.options.Tasks {
		folder, err := s.buildImage(ctx)
		if err != nil {
			return err
		}
		runtime.Images = images(folder)
		if runtime.RedisServer, err = exec.LookPath("redis-server"); err != nil {
			fmt.Fprintln(
				s.options.Progress,
				"There is no redis-server: one server in this process stands for all of Redis. Debian has it: "+
					"apt-get install redis-server",
			)
		}
	}
	if err := s.Cloud.Start(runtime); err != nil {
		return err
	}
	if err := flowguard.Supported(); err != nil {
		fmt.Fprintf(
			s.options.Progress,
			"Connections between machines are not judged by the security groups on this computer: %v\n",
			err,
		)
	}
	s.Cloud.Function = s.control
	return nil
}

// tasksRun says whether the services' tasks are processes on this stage.
func (s *Stage) tasksRun() bool { return s.options.Tasks && flowguard.Supported() == nil }

// control runs the controller's handler as the function's runtime would: with its environment, its
// role's credentials and its place in the VPC.
func (s *Stage) control(name, payload string) (string, error) {
	environment, err := s.Cloud.FunctionEnvironment(name)
	if err != nil {
		return "", err
	}
	var request controller.Request
	if err := json.Unmarshal([]byte(payload), &request); err != nil {
		return "", fmt.Errorf("reading the request: %w", err)
	}
	if request.Action == "serving" && !s.tasksRun() {
		return "{}", nil // they are records: nobody could answer
	}
	settings := controller.FromEnvironment(func(name string) string { return environment.Variables[name] })
	settings.Dial, settings.Interval, settings.Log = environment.Dial, lookInterval, &s.controllerLog
	settings.AWS = s.awsConfig(environment.Credentials)
	handler := controller.New(settings)
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(s.gateLimit, invocationLimit))
	defer cancel()
	response, err := handler.Handle(ctx, request)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(response)
	return string(text), err
}
