// How a single task runs to its end, outside of any deployment, as ECS's RunTask starts it.
package ecs

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// RunTask runs one task of a service's definition until it ends, and returns everything that it
// wrote. The task runs in the subnets and security groups of the service, with additional variables
// (ECS API reference, RunTask: overrides.containerOverrides.environment). An exit code other than 0
// is an error.
func RunTask(c *cloud.Cloud, ctx context.Context, service string, variables map[string]string) (log string, err error) {
	for _, r := range c.Records(ServiceType) {
		if r.Str("name") != service {
			continue
		}
		d, err := deploymentOf(c, r)
		if err != nil {
			return "", err
		}
		image, known := c.Runtime().Images(d.container.Image)
		if !known || image.Program == "" {
			return "", fmt.Errorf(
				"running a task of %s: CannotPullContainerError: %s: not found",
				service,
				d.container.Image,
			)
		}
		for name, value := range variables {
			d.container.Environment = append(d.container.Environment, struct{ Name, Value string }{name, value})
		}
		return runToEnd(c, ctx, d, image, service)
	}
	return "", fmt.Errorf("running a task of %s: there is no such service", service)
}

// runToEnd starts a task in the first subnet of its service and waits until it or ctx ends.
func runToEnd(
	c *cloud.Cloud,
	ctx context.Context,
	d deployment,
	image cloud.Image,
	service string,
) (log string, err error) {
	subnets, _ := d.service.Get("networkConfiguration.subnets").([]any)
	groups, _ := d.service.Get("networkConfiguration.securityGroups").([]any)
	t := &task{
		cloud:     c,
		name:      service + "-alone",
		container: d.container,
		ended:     make(chan struct{}),
	}
	if err := t.start(d.definition, image, cloud.Strings(subnets)[0], cloud.Strings(groups)); err != nil {
		return "", errors.Join(err, t.stop())
	}
	select {
	case <-t.ended:
	case <-ctx.Done():
	}
	err = errors.Join(ctx.Err(), t.stop())
	text, readErr := os.ReadFile(t.log)
	if err = errors.Join(err, readErr); err == nil {
		err = t.outcome
	}
	return string(text), err
}
