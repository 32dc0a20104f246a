// Rules of images and of the sizes of tasks.

package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

var imagePattern = regexp.MustCompile(imageForm)

func (v *validator) validateImages() {
	var names []string
	for _, service := range v.Services.Table {
		names = append(names, service.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Services.Images)) {
		key, image := "serviceImages."+name, v.Services.Images[name]
		if !slices.Contains(names, name) {
			right := nearest(name, names)
			v.add(Fault{
				Key:     key,
				Value:   image,
				Problem: fmt.Sprintf("there is no service %s; the nearest is %s", name, right),
				Accepts: "the names of " + servicesFile + " and additionalServices",
				Fix: fmt.Sprintf(
					"pulumi config rm --path '%s' && pulumi config set --path 'serviceImages.%s' %s --type string",
					key,
					right,
					image,
				),
			})
		}
		if problem := imageProblem(image); problem != "" {
			v.add(Fault{
				Key:     key,
				Value:   image,
				Problem: problem,
				Accepts: imageTakes,
				Fix:     fmt.Sprintf("pulumi config set --path '%s' 1.0.0 --type string", key),
			})
		}
	}
	if problem := imageProblem(v.Gateway.Image); v.Gateway.Image != "" && problem != "" && !v.refused("gatewayImage") {
		v.refuse("gatewayImage", "%s", problem)
	}
}

// imageProblem is what is wrong with a tag or digest; empty if nothing is.
func imageProblem(image string) string {
	switch {
	case image == "latest":
		return "latest says neither what runs nor what to roll back to"
	case !imagePattern.MatchString(image):
		return "is neither a tag nor a digest"
	}
	return ""
}

// fargateSize is what memory Fargate offers with a number of CPU units, in MiB.
type fargateSize struct {
	cpu, least, most, step int
}

// fargateSizes are all of Fargate's Linux task sizes.
// docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
var fargateSizes = []fargateSize{
	{
		cpu:   256,
		least: 512,
		most:  2048,
		step:  1024,
	}, // 512, 1,024 and 2,048: see offers
	{
		cpu:   512,
		least: 1024,
		most:  4096,
		step:  1024,
	},
	{
		cpu:   1024,
		least: 2048,
		most:  8192,
		step:  1024,
	},
	{
		cpu:   2048,
		least: 4096,
		most:  16384,
		step:  1024,
	},
	{
		cpu:   4096,
		least: 8192,
		most:  30720,
		step:  1024,
	},
	{
		cpu:   8192,
		least: 16384,
		most:  61440,
		step:  4096,
	},
	{
		cpu:   16384,
		least: 32768,
		most:  122880,
		step:  8192,
	},
}

// fargateCPUs are the CPU units of the table.
func fargateCPUs() string {
	var units []int
	for _, size := range fargateSizes {
		units = append(units, size.cpu)
	}
	return numbers(units)
}

// offers reports whether the memory exists at this size. 512 MiB is the one amount that is not a
// multiple of its step.
func (s fargateSize) offers(memory int) bool {
	return memory >= s.least && memory <= s.most && (memory%s.step == 0 || memory == s.least)
}

func (v *validator) validateTasks() {
	v.validateTaskSize("serviceCpu", v.Services.CPU, "serviceMemory", v.Services.Memory)
	v.validateTaskSize("gatewayCpu", v.Gateway.CPU, "gatewayMemory", v.Gateway.Memory)
	if v.Services.MaxTaskCount < v.Services.TaskCount && !v.refused("serviceTaskCount", "serviceMaxTaskCount") {
		v.refuse("serviceMaxTaskCount", "is less than serviceTaskCount, %d", v.Services.TaskCount)
	}
}

func (v *validator) validateTaskSize(cpuKey string, cpu int, memoryKey string, memory int) {
	index := slices.IndexFunc(fargateSizes, func(size fargateSize) bool { return size.cpu == cpu })
	if index < 0 {
		v.refuse(cpuKey, "Fargate has no task of %s CPU units", thousands(cpu))
		return
	}
	size := fargateSizes[index]
	if !size.offers(memory) {
		v.refuse(
			memoryKey,
			"Fargate has no task of %s CPU units (%s) with %s MiB: it has %s to %s MiB in steps of %s",
			thousands(
				cpu,
			),
			cpuKey,
			thousands(memory),
			thousands(size.least),
			thousands(size.most),
			thousands(size.step),
		)
	}
}
