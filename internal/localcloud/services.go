// The services of the embedded AWS. Each registers its types, operations and running side when its
// package is loaded; a service that is missing here does not exist.
package localcloud

import (
	// Loaded so that they register.
	_ "github.com/bodybroker/platform/internal/localcloud/acm"
	_ "github.com/bodybroker/platform/internal/localcloud/acmpca"
	_ "github.com/bodybroker/platform/internal/localcloud/budgets"
	_ "github.com/bodybroker/platform/internal/localcloud/cloudwatch"
	_ "github.com/bodybroker/platform/internal/localcloud/dlm"
	_ "github.com/bodybroker/platform/internal/localcloud/ec2"
	_ "github.com/bodybroker/platform/internal/localcloud/ecr"
	_ "github.com/bodybroker/platform/internal/localcloud/ecs"
	_ "github.com/bodybroker/platform/internal/localcloud/elasticache"
	_ "github.com/bodybroker/platform/internal/localcloud/elbv2"
	_ "github.com/bodybroker/platform/internal/localcloud/events"
	_ "github.com/bodybroker/platform/internal/localcloud/imds"
	_ "github.com/bodybroker/platform/internal/localcloud/kms"
	_ "github.com/bodybroker/platform/internal/localcloud/lambda"
	_ "github.com/bodybroker/platform/internal/localcloud/random"
	_ "github.com/bodybroker/platform/internal/localcloud/roles"
	_ "github.com/bodybroker/platform/internal/localcloud/route53"
	_ "github.com/bodybroker/platform/internal/localcloud/s3"
	_ "github.com/bodybroker/platform/internal/localcloud/scheduler"
	_ "github.com/bodybroker/platform/internal/localcloud/secretsmanager"
	_ "github.com/bodybroker/platform/internal/localcloud/sns"
	_ "github.com/bodybroker/platform/internal/localcloud/tls"
)
