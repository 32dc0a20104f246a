// Names of AWS resources, and how long each kind may be: a name that is too long is refused before
// the first resource is made, and not by AWS in the middle of an update.

package platform

import (
	"fmt"
	"strings"
)

// Kind is a kind of AWS resource whose name has a limit of its own.
type Kind struct {
	name  string // as an operator reads it
	limit int    // the longest name in characters
}

// The kinds that the platform names. The source of each limit is the Name (or identifier) parameter
// of the creating call in the service's API reference on docs.aws.amazon.com.
var (
	LoadBalancer     = Kind{"load balancer", 32}                 // Elastic Load Balancing CreateLoadBalancer
	Role             = Kind{"IAM role", 64}                      // IAM CreateRole
	Service          = Kind{"ECS service", 255}                  // ECS CreateService
	TaskFamily       = Kind{"ECS task definition family", 255}   // ECS RegisterTaskDefinition
	Repository       = Kind{"ECR repository", 256}               // ECR CreateRepository
	ReplicationGroup = Kind{"ElastiCache replication group", 40} // ElastiCache CreateReplicationGroup
	LogGroup         = Kind{"CloudWatch log group", 512}         // CloudWatch Logs CreateLogGroup
)

// Compose joins the parts with "-" into the name of a resource of this kind. An empty part and
// a name beyond the kind's limit are errors; a name is never cut, because two services could
// then share one.
func (k Kind) Compose(parts ...string) (string, error) {
	return k.check(strings.Join(parts, "-"), parts...)
}

// Path joins the parts with "/", for kinds whose names are paths (repositories, log groups). The
// errors are those of Compose.
func (k Kind) Path(parts ...string) (string, error) {
	return k.check(strings.Join(parts, "/"), parts...)
}

// check returns the name if it fits the kind and no part of it is empty.
func (k Kind) check(name string, parts ...string) (string, error) {
	for i, part := range parts {
		if part == "" {
			return "", fmt.Errorf("composing the name of a %s: part %d of %q is empty", k.name, i+1, name)
		}
	}
	if len(name) > k.limit {
		return "", fmt.Errorf(
			"composing the name of a %s: %q has %d characters, AWS takes at most %d: shorten a part by %d",
			k.name,
			name,
			len(name),
			k.limit,
			len(name)-k.limit,
		)
	}
	return name, nil
}
