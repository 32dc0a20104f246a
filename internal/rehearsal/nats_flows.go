// What nats.boot sees of the network between machines: real connections, tried on a node.

package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// timedOut is the exit status of timeout(1) when its command did not end in time.
const timedOut = "exit status 124"

// expectOnlyAllowedFlows: a node reaches another's routes. Its monitoring, which answers the
// controller, it does not reach, and the servers themselves tried nothing that the security groups
// drop.
func expectOnlyAllowedFlows(ctx context.Context, c *stage.Cluster) (string, error) {
	if err := flowguard.Supported(); err != nil {
		return fmt.Sprintf("connections between machines were not checked: %v", err), nil
	}
	if tried := ec2.Dropped(c.Stage.Cloud); len(tried) > 0 {
		return "", fmt.Errorf("no security group allows what machines tried:\n%s", strings.Join(tried, "\n"))
	}
	nodes := c.Nodes()
	from, to := nodes[0], nodes[1]
	if err := openConnection(ctx, from, to.Address, 6222); err != nil {
		return "", err
	}
	switch err := openConnection(ctx, from, to.Address, 8222); {
	case err == nil:
		return "", fmt.Errorf("%s connects to port 8222 of %s, expected no answer", from.Name, to.Name)
	case !strings.Contains(err.Error(), timedOut):
		return "", fmt.Errorf("%s to port 8222 of %s, expected no answer: %w", from.Name, to.Name, err)
	}
	if !slices.ContainsFunc(
		ec2.Dropped(c.Stage.Cloud),
		func(line string) bool { return strings.HasSuffix(line, to.Address+" port 8222") },
	) {
		return "", fmt.Errorf(
			"the connection to port 8222 was not dropped by a security group; dropped were %q",
			ec2.Dropped(c.Stage.Cloud),
		)
	}
	return "node to node: routes connect, monitoring gets no answer", nil
}

// openConnection opens a connection from a node's own shell.
func openConnection(ctx context.Context, n stage.Node, address string, port int) error {
	_, err := n.Machine.Run(ctx, "timeout", "2", "bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", address, port))
	return err
}
