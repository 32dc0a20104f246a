// Keys of the services: their rows, images, NATS keys and the sizes of their tasks.

package config

// serviceKeys are rows of Keys; validate_services.go, validate_images.go and validate_rotation.go
// have the rules that join them.
var serviceKeys = []Key{
	{
		Name:        "natsPreviousKeys",
		Field:       "NATS.PreviousKeys",
		Type:        Object,
		Default:     map[string]string{},
		Example:     "quest-system=UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
		Description: "Public keys that the servers accept besides an identity's own while its seed is rotated.",
		Accepts:     "service name to the key that natsPublicKeys showed before",
	},
	{
		Name:        "additionalServices",
		Field:       "Services.Table",
		Type:        Array,
		Items:       Object,
		Default:     []string{},
		Example:     "inventory",
		Description: "Services in addition to those of assets/services/services.yaml.",
		Accepts:     "objects with name, queue, rpc, events, calls and internet, as in that file",
	},
	{
		Name:        "serviceImages",
		Field:       "Services.Images",
		Type:        Object,
		Default:     map[string]string{},
		Example:     "quest-system=1.0.0",
		Description: "Image of each service; a service without one is created with no tasks.",
		Accepts:     "service name to " + imageTakes,
	},
	{
		Name:        "awaitImages",
		Field:       "Services.AwaitImages",
		Type:        Boolean,
		Default:     false,
		Example:     "false",
		Description: "Create all services with no tasks, whatever serviceImages says.",
	},
	{
		Name:        "serviceTaskCount",
		Field:       "Services.TaskCount",
		Type:        Integer,
		Default:     2,
		Example:     "2",
		Min:         1,
		Max:         10,
		Description: "Tasks of each service to begin with, and the fewest.",
	},
	{
		Name:        "serviceMaxTaskCount",
		Field:       "Services.MaxTaskCount",
		Type:        Integer,
		Default:     10,
		Example:     "10",
		Min:         1,
		Max:         100,
		Description: "Most tasks that autoscaling gives a service.",
		Accepts:     ", at least serviceTaskCount",
	},
	{
		Name:        "serviceCpu",
		Field:       "Services.CPU",
		Type:        Integer,
		Default:     256,
		Example:     "256",
		Description: "CPU units of a task.",
		Accepts:     fargateCPUs(),
	},
	{
		Name:        "serviceMemory",
		Field:       "Services.Memory",
		Type:        Integer,
		Default:     512,
		Example:     "512",
		Description: "Memory of a task in MiB.",
		Accepts:     "a size that Fargate offers for serviceCpu",
	},
}
