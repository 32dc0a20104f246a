// What nats.boot sees of the network between machines: real connections, tried on a node.
package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// notAnswered is the exit status of timeout(1) when its command did not end in time.
const notAnswered = "exit status 124"

// onlyAllowedFlows: a node reaches another's routes. Its monitoring, which answers the controller,
// it does not reach, and the servers themselves tried nothing that the security groups drop.
func onlyAllowedFlows(ctx context.Context, c *cluster) (string, error) {
	if err := flowguard.Supported(); err != nil {
		return fmt.Sprintf("connections between machines were not judged: %v", err), nil
	}
	if tried := c.stage.Cloud.Dropped(); len(tried) > 0 {
		return "", fmt.Errorf("no security group allows what machines tried:\n%s", strings.Join(tried, "\n"))
	}
	nodes := c.nodes()
	from, to := nodes[0], nodes[1]
	if err := from.opens(ctx, to.address, 6222); err != nil {
		return "", err
	}
	switch err := from.opens(ctx, to.address, 8222); {
	case err == nil:
		return "", fmt.Errorf("%s connects to port 8222 of %s, wanted no answer", from.name, to.name)
	case !strings.Contains(err.Error(), notAnswered):
		return "", fmt.Errorf("%s to port 8222 of %s, wanted no answer: %w", from.name, to.name, err)
	}
	if !slices.ContainsFunc(
		c.stage.Cloud.Dropped(),
		func(line string) bool { return strings.HasSuffix(line, to.address+" port 8222") },
	) {
		return "", fmt.Errorf(
			"the connection to port 8222 was not dropped by a security group; dropped were %q",
			c.stage.Cloud.Dropped(),
		)
	}
	return "node to node: routes connect, monitoring gets no answer", nil
}

// opens opens a connection from a node's own shell.
func (n clusterNode) opens(ctx context.Context, address string, port int) error {
	_, err := n.machine.Run(ctx, "timeout", "2", "bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", address, port))
	return err
}
