// Which task definitions ECS refuses, for their containers or for a size that Fargate does not
// have. Source: AWS ECS developer guide, "Task size" and "Task definition parameters for Fargate".
package ecs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// containerDefinition holds the fields of a container that are checked or used here.
type containerDefinition struct {
	Name, Image  string
	Essential    *bool
	Memory       int
	PortMappings []portMapping
	Environment  []struct{ Name, Value string }
	Secrets      []struct{ Name, ValueFrom string }
	StopTimeout  int // seconds
	HealthCheck  *struct {
		Command                        []string
		Interval, Timeout, StartPeriod int // seconds
		Retries                        int
	}
	LogConfiguration *struct {
		LogDriver string
		Options   map[string]string
	}
}

type portMapping struct {
	ContainerPort, HostPort int
}

func readContainers(text string) ([]containerDefinition, error) {
	var containers []containerDefinition
	if err := json.Unmarshal([]byte(text), &containers); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	return containers, nil
}

// validateContainers is the provider's own check: the text must be valid JSON.
func validateContainers(c *cloud.Call) []cloud.Failure {
	if text := c.Str("containerDefinitions"); text != "" {
		if _, err := readContainers(text); err != nil {
			return []cloud.Failure{
				{
					Property: "containerDefinitions",
					Reason:   "ECS Task Definition container_definitions is invalid: " + err.Error(),
				},
			}
		}
	}
	return nil
}

// checkContainers refuses the containers that RegisterTaskDefinition refuses.
func checkContainers(c *cloud.Call) error {
	containers, err := readContainers(c.Str("containerDefinitions"))
	if err != nil {
		return fmt.Errorf("ClientException: %w", err)
	}
	if len(containers) == 0 {
		return fmt.Errorf("ClientException: Container list cannot be empty.")
	}
	essential, names, memory := false, []string{}, 0
	for _, d := range containers {
		switch {
		case d.Name == "":
			return fmt.Errorf("ClientException: Container.name should not be null or empty.")
		case d.Image == "":
			return fmt.Errorf("ClientException: Container.image should not be null or empty.")
		case slices.Contains(names, d.Name):
			return fmt.Errorf("ClientException: Container names must be unique within a task definition: %s", d.Name)
		}
		names, memory = append(names, d.Name), memory+d.Memory
		essential = essential || d.Essential == nil || *d.Essential
		if err := checkContainer(c, d); err != nil {
			return err
		}
	}
	if !essential {
		return fmt.Errorf("ClientException: Task definition must have at least one essential container.")
	}
	if task := int(ParseSize(c.Str("memory"))); task > 0 && memory > task {
		return fmt.Errorf(
			"ClientException: Invalid setting for container. The memory of the containers, %d MiB, is more than the "+
				"task's, %d MiB.",
			memory,
			task,
		)
	}
	return nil
}

// checkContainer checks that the task has what one of its containers requires.
func checkContainer(c *cloud.Call, d containerDefinition) error {
	role := c.Str("executionRoleArn")
	if len(d.Secrets) > 0 && role == "" {
		return fmt.Errorf(
			"ClientException: When you are specifying container secrets, you must also specify a value for " +
				"'executionRoleArn'.",
		)
	}
	if d.LogConfiguration != nil && d.LogConfiguration.LogDriver == "awslogs" {
		if role == "" && forFargate(c) {
			return fmt.Errorf(
				"ClientException: Fargate requires task definition to have execution role ARN to support log driver " +
					"awslogs.",
			)
		}
		for _, option := range []string{"awslogs-group", "awslogs-region"} {
			if d.LogConfiguration.Options[option] == "" {
				return fmt.Errorf("ClientException: Log driver awslogs requires options: %s", option)
			}
		}
	}
	if strings.Contains(d.Image, ".dkr.ecr.") && role == "" && forFargate(c) {
		return fmt.Errorf(
			"ClientException: Fargate requires task definition to have execution role ARN to support ECR images.",
		)
	}
	for _, p := range d.PortMappings {
		if c.Str("networkMode") == "awsvpc" && p.HostPort != 0 && p.HostPort != p.ContainerPort {
			return fmt.Errorf(
				"ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must " +
					"match.",
			)
		}
	}
	return nil
}

func forFargate(c *cloud.Call) bool {
	return slices.Contains(c.All("requiresCompatibilities"), "FARGATE")
}

// fargateMemory is the memory that Fargate offers for a number of CPU units: from, to and step in
// MiB.
var fargateMemory = map[int][3]int{
	512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024},
	4096: {8192, 30720, 1024}, 8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
}

// checkFargate refuses the tasks for Fargate that RegisterTaskDefinition refuses.
func checkFargate(c *cloud.Call) error {
	if !forFargate(c) {
		return nil
	}
	switch {
	case c.Str("networkMode") != "awsvpc":
		return fmt.Errorf("ClientException: Fargate only supports network mode ‘awsvpc’.")
	case c.Str("cpu") == "":
		return fmt.Errorf("ClientException: Fargate requires that 'cpu' be defined at the task level.")
	case c.Str("memory") == "":
		return fmt.Errorf("ClientException: Fargate requires that 'memory' be defined at the task level.")
	}
	cpu, memory := int(ParseSize(c.Str("cpu"))), int(ParseSize(c.Str("memory")))
	if !ValidFargateSize(cpu, memory) {
		return fmt.Errorf("ClientException: No Fargate configuration exists for given values: %s CPU, %s memory. "+
			"See the Amazon ECS documentation for the valid values.", c.Str("cpu"), c.Str("memory"))
	}
	return nil
}

// ValidFargateSize reports whether Fargate offers so many CPU units with so much memory in MiB.
func ValidFargateSize(cpu, memory int) bool {
	if cpu == 256 {
		return memory == 512 || memory == 1024 || memory == 2048
	}
	offer, known := fargateMemory[cpu]
	return known && memory >= offer[0] && memory <= offer[1] && (memory-offer[0])%offer[2] == 0
}

// ParseSize reads "256", "0.25 vCPU" or "1 GB" as CPU units or MiB; 0 for any other text.
func ParseSize(text string) float64 {
	var n float64
	var unit string
	if count, _ := fmt.Sscanf(text, "%g %s", &n, &unit); count == 0 {
		return 0
	}
	switch strings.ToLower(unit) {
	case "vcpu", "gb":
		return n * 1024
	}
	return n
}
