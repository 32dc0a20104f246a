// Drill of autoscaling: the CPU use that a service reports rises, until it has as many tasks as it
// may have, and falls again.
//
// The use is declared (ecs.DeclareDemand), so that every computer can give the load. What is
// tested is target tracking: that the policy is the service's, reaches its limits both ways, and
// that callers do not notice tasks that come and go. That work makes a task busy is not tested
// here.

package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "svc.scale",
			Wanted: "a declared CPU demand raises a service's tasks to the limit, and they go back when it ends; no " +
				"request fails",
			Play: scaleWithDemand,
		},
		On: drills.SharedTasks,
	})
}

const (
	scaledService, scaledSubject = "ai-integration", "svc.ai.llm.v1.infer"
	// taskUnits are the CPU units that a task of a service reserves.
	taskUnits = 256
	// idleTasks is a demand that two tasks bear easily, in tasks with all of their CPU in use.
	idleTasks = 0.1
	// callPause leaves a service nearly without work that is called all the time.
	callPause = 50 * time.Millisecond
	// scaleLimit is for three scalings out with their cooldowns, and as much for one in: fifteen
	// minutes below the target.
	scaleLimit = 4 * time.Minute
)

func scaleWithDemand(ctx context.Context, s *stage.Stage) (string, error) {
	shipped, err := s.Shipped("serviceMaxTaskCount")
	if err != nil {
		return "", err
	}
	most, is := shipped.(int)
	if !is {
		return "", fmt.Errorf("serviceMaxTaskCount is %v in the shipped configuration, expected a number", shipped)
	}
	calls, err := (&stage.Requests{Pause: callPause}).Start(ctx, s, []string{scaledSubject})
	if err != nil {
		return "", err
	}
	began := time.Now()
	withdraw := ecs.DeclareDemand(s.Cloud, scaledService, float64(most*taskUnits))
	out, err := awaitTasks(ctx, s, most)
	withdraw()
	grown := time.Since(began)
	if err != nil {
		return calls.String(), errors.Join(fmt.Errorf("under demand: %w", err), calls.Stop(stage.NoRetries))
	}
	began = time.Now()
	withdraw = ecs.DeclareDemand(s.Cloud, scaledService, idleTasks*taskUnits)
	in, err := awaitTasks(ctx, s, 2)
	withdraw()
	if err != nil {
		err = fmt.Errorf("with the demand gone: %w", err)
	}
	return fmt.Sprintf(
		"a declared demand for all CPU of %d tasks made it %v tasks in %.0f minutes, its end %v in %.0f (AWS's time, "+
			"played %d times as fast); %s",
		most,
		out,
		(grown * stage.Scale).Minutes(),
		in,
		(time.Since(began) * stage.Scale).Minutes(),
		stage.Scale,
		calls,
	), errors.Join(err, calls.Stop(stage.NoRetries))
}

// awaitTasks waits for a number of tasks and returns all numbers that it saw, in order.
func awaitTasks(ctx context.Context, s *stage.Stage, wanted int) (sizes []int, err error) {
	err = poll.For(ctx, scaleLimit, func() error {
		now := len(ecs.Tasks(s.Cloud, scaledService))
		if len(sizes) == 0 || sizes[len(sizes)-1] != now {
			sizes = append(sizes, now)
		}
		if now != wanted {
			return fmt.Errorf("%s has %d tasks, expected %d", scaledService, now, wanted)
		}
		return nil
	})
	return sizes, err
}
