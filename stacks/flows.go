// What the table of flows depends on. A flow that the configuration does not need is not opened.

package stacks

import (
	"strconv"
	"strings"

	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/config"
)

// flowsOf returns what the table of flows depends on. endpoints is whether the VPC has interface
// endpoints. The configuration is valid.
func flowsOf(c config.Config, endpoints bool) securitygroups.Surroundings {
	around := securitygroups.Surroundings{
		Public:     c.Gateway.Domain != "",
		Endpoints:  endpoints,
		LegacyPort: c.Gateway.LegacyPort,
	}
	if c.Gateway.LegacyURL != "" {
		around.ShadowPort = 80
		if _, port, found := strings.Cut(strings.TrimPrefix(c.Gateway.LegacyURL, "http://"), ":"); found {
			around.ShadowPort, _ = strconv.Atoi(port) // a valid URL has a number here
		}
	}
	return around
}
