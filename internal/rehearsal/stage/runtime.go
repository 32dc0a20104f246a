// A stage on which machines run: real servers start from the rendered user-data, and the controller
// is the one that production gets.

package stage

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// Scale is how much faster AWS's and systemd's waiting times pass here: a health check every half
// second instead of ten, a schedule of a minute every three seconds.
const Scale = 20

// startRuntime makes the stage's cloud run what the program makes.
func (s *Stage) startRuntime(ctx context.Context) error {
	tools := filepath.Join(s.Dir, "tools")
	if err := machine.InstallTools(ctx, s.Options.Root, tools); err != nil {
		return err
	}
	runtime := cloud.Runtime{Dir: filepath.Join(s.Dir, "cloud"), Tools: tools, Scale: Scale}
	if s.Options.Tasks {
		folder, err := s.buildImage(ctx)
		if err != nil {
			return err
		}
		runtime.Images = images(folder)
		if runtime.RedisServer, err = exec.LookPath("redis-server"); err != nil {
			fmt.Fprintln(
				s.Options.Progress,
				"There is no redis-server: one server in this process takes the place of all of Redis. Debian has it: "+
					"apt-get install redis-server",
			)
		}
	}
	if err := s.Cloud.Start(runtime); err != nil {
		return err
	}
	if err := flowguard.Supported(); err != nil {
		fmt.Fprintf(
			s.Options.Progress,
			"On this computer no security group checks the connections between machines: %v\n",
			err,
		)
	}
	s.Cloud.Function = s.control
	return nil
}

// tasksRun says whether the services' tasks are processes on this stage.
func (s *Stage) tasksRun() bool { return s.Options.Tasks && flowguard.Supported() == nil }
