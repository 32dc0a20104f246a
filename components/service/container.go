// The container definition, as the JSON that ECS takes. It is also the list of what an image
// must be able to live with: no root, no writing but to /tmp, a shell with wget or curl for the
// health check, GET /health on its port, an end within stopSeconds of SIGTERM.

package service

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// containerUser is the user and group of every container: any number that is not root's. Images
// own what they write under it.
const containerUser = "10001:10001"

// stopSeconds is how long a task may take to drain after SIGTERM, before it is killed: the longest
// that Fargate allows (stopTimeout in the ECS API reference). One that is done sooner ends sooner.
const stopSeconds = 120

// logBufferSize is what the log driver may hold back when CloudWatch is slow, before it drops
// lines: the size that the awslogs documentation gives for non-blocking mode.
const logBufferSize = "25m"

// writable are the only places of a container that can be written to; each is an empty volume.
// The two of the SSM agent are what exec needs, since the root file system is read-only.
// An empty volume belongs to root unless the image declares it (VOLUME) with another owner.
var writable = []struct{ volume, path string }{
	{volume: "tmp", path: "/tmp"},
	{volume: "exec-state", path: "/var/lib/amazon/ssm"},
	{volume: "exec-log", path: "/var/log/amazon/ssm"},
}

// container is the part of ECS's ContainerDefinition that is used here, under ECS's names.
type container struct {
	Name                   string           `json:"name"`
	Image                  string           `json:"image"`
	Essential              bool             `json:"essential"`
	User                   string           `json:"user"`
	Privileged             bool             `json:"privileged"`
	ReadonlyRootFilesystem bool             `json:"readonlyRootFilesystem"`
	PortMappings           []portMapping    `json:"portMappings"`
	Environment            []variable       `json:"environment"`
	Secrets                []secret         `json:"secrets"`
	MountPoints            []mountPoint     `json:"mountPoints"`
	LinuxParameters        linuxParameters  `json:"linuxParameters"`
	StopTimeout            int              `json:"stopTimeout"`
	HealthCheck            healthCheck      `json:"healthCheck"`
	LogConfiguration       logConfiguration `json:"logConfiguration"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type mountPoint struct {
	SourceVolume  string `json:"sourceVolume"`
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
}

type linuxParameters struct {
	InitProcessEnabled bool `json:"initProcessEnabled"`
}

type healthCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval"`
	Timeout     int      `json:"timeout"`
	Retries     int      `json:"retries"`
	StartPeriod int      `json:"startPeriod"`
}

type logConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

// containers is the JSON of a task's one container. Its order is fixed, so that the same input
// is the same task definition and an update without a change starts no task anew.
func containers(args Args, image, logGroup string, variables, secrets map[string]string) (string, error) {
	definition := container{
		Name:                   args.Name,
		Image:                  image,
		Essential:              true,
		User:                   containerUser,
		ReadonlyRootFilesystem: true,
		PortMappings:           []portMapping{},
		Environment:            []variable{},
		Secrets:                []secret{},
		// An init process passes signals on and buries what exec sessions leave behind.
		LinuxParameters: linuxParameters{InitProcessEnabled: true},
		StopTimeout:     stopSeconds,
		HealthCheck:     health(args.Port),
		// Blocking would stop the service itself whenever CloudWatch is slow.
		LogConfiguration: logConfiguration{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group": logGroup, "awslogs-region": args.Region, "awslogs-stream-prefix": args.Name,
			"mode": "non-blocking", "max-buffer-size": logBufferSize,
		}},
	}
	for _, port := range args.ports() {
		definition.PortMappings = append(
			definition.PortMappings,
			portMapping{ContainerPort: port, HostPort: port, Protocol: "tcp"},
		)
	}
	for _, w := range writable {
		definition.MountPoints = append(
			definition.MountPoints,
			mountPoint{SourceVolume: w.volume, ContainerPath: w.path},
		)
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		definition.Environment = append(definition.Environment, variable{Name: name, Value: variables[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		definition.Secrets = append(definition.Secrets, secret{Name: name, ValueFrom: secrets[name]})
	}
	text, err := json.Marshal([]container{definition})
	if err != nil {
		return "", fmt.Errorf("writing the container definition of %q: %w", args.Name, err)
	}
	return string(text), nil
}

// health asks the service itself over HTTP, with whichever of wget and curl the image has: the
// images come from elsewhere, and an image with neither, or without a shell, is never healthy.
// The numbers are ECS's own defaults (HealthCheck in its API reference: 30 s, 5 s, 3 times) but for
// the interval, and a start period of the minute that a Fargate task takes to come up.
func health(port int) healthCheck {
	url := fmt.Sprintf("http://127.0.0.1:%d/health", port)
	return healthCheck{
		Command: []string{
			"CMD-SHELL",
			fmt.Sprintf("wget -q -O /dev/null %s || curl -fsS -o /dev/null %s || exit 1", url, url),
		},
		Interval:    10,
		Timeout:     5,
		Retries:     3,
		StartPeriod: 60,
	}
}
