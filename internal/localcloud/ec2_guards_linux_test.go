package localcloud

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

var (
	nodeOne = netip.MustParseAddr("127.32.0.10")
	nodeTwo = netip.MustParseAddr("127.32.0.20")
)

// guarded is a running cloud of two nodes in a group whose members may reach each other at one
// port; on the second, servers repeat each line there and at another port.
func guarded(t *testing.T) (b bench, allowed, other netip.AddrPort) {
	t.Helper()
	require.NoError(t, flowguard.Supported())
	allowed, other = repeating(t), repeating(t)
	b = newBench(t)
	vpc, _ := b.make(ec2.VpcType, "vpc", map[string]any{"cidrBlock": "127.32.0.0/16"})
	subnet, _ := b.make(
		ec2.SubnetType,
		"subnet",
		map[string]any{"vpcId": vpc, "cidrBlock": "127.32.0.0/24", "availabilityZone": "us-east-1a"},
	)
	group := b.group(vpc)
	for _, direction := range []string{ec2.EgressRuleType, ec2.IngressRuleType} {
		b.make(direction, direction, map[string]any{
			"securityGroupId": group, "referencedSecurityGroupId": group, "ipProtocol": "tcp",
			"fromPort": float64(allowed.Port()), "toPort": float64(allowed.Port()),
		})
	}
	require.NoError(t, b.Start(cloud.Runtime{Dir: t.TempDir()}))
	t.Cleanup(func() { assert.NoError(t, b.Stop()) })
	for _, address := range []netip.Addr{nodeOne, nodeTwo} {
		b.make(
			ec2.NetworkInterfaceType,
			address.String(),
			map[string]any{"subnetId": subnet, "privateIps": []any{address.String()}, "securityGroups": []any{group}},
		)
		guard, err := ec2.NewGuard(b.Cloud, address, flowguard.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, guard.Close()) })
		// Without a machine: its processes are the test's own. Stop must not find it.
		ec2.Machines.Of(b.Cloud).Set(address.String(), &ec2.Computer{Guard: guard})
		t.Cleanup(func() { ec2.Machines.Of(b.Cloud).Take(address.String()) })
	}
	return b, allowed, other
}

func repeating(t *testing.T) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp4", netip.AddrPortFrom(nodeTwo, 0).String())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(connection, connection)
				_ = connection.Close()
			}()
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}

// shell runs a script of bash on the first node.
func (b bench) shell(script string) (*exec.Cmd, io.Writer, *bufio.Reader) {
	b.Helper()
	command := exec.Command("timeout", "20", "bash", "-c", script)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := command.StdinPipe()
	require.NoError(b, err)
	out, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, ec2.Machines.Of(b.Cloud).Get(nodeOne.String()).Guard.Start(command))
	b.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command, in, bufio.NewReader(out)
}

func TestSecurityGroupsHoldBackWhatProcessesOpen(t *testing.T) {
	b, allowed, other := guarded(t)
	try := func(to netip.AddrPort) error {
		command, _, _ := b.shell(fmt.Sprintf("exec timeout 1 bash -c 'exec 3<>/dev/tcp/%s/%d'", to.Addr(), to.Port()))
		return command.Wait()
	}
	require.NoError(t, try(allowed))
	assert.Empty(t, ec2.Dropped(b.Cloud))
	assert.ErrorContains(t, try(other), "exit status 124", "no answer until timeout(1) ends it")
	require.Len(t, ec2.Dropped(b.Cloud), 1)
	assert.Contains(
		t,
		ec2.Dropped(b.Cloud)[0],
		fmt.Sprintf("lets a connection out to %s port %d", other.Addr(), other.Port()),
	)

	for _, rule := range b.Records(ec2.IngressRuleType) {
		require.NoError(t, b.end(ec2.IngressRuleType, rule.ID))
	}
	assert.ErrorContains(t, try(allowed), "exit status 124", "the other side's rule is gone")
}

func TestAPartitionSilencesAndHeals(t *testing.T) {
	b, allowed, _ := guarded(t)
	_, in, out := b.shell(
		fmt.Sprintf(
			"exec 3<>/dev/tcp/%s/%d; while read -r line; do echo $line >&3; read -r answer <&3; echo $answer; done",
			allowed.Addr(),
			allowed.Port(),
		),
	)
	say := func(line string) { _, err := fmt.Fprintln(in, line); require.NoError(t, err) }
	say("before")
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "before\n", line)

	assert.ErrorContains(t, ec2.Heal(b.Cloud), "it is not cut")
	require.NoError(t, ec2.Partition(b.Cloud, []netip.Addr{nodeOne}, []netip.Addr{nodeTwo}))
	assert.ErrorContains(t, ec2.Partition(b.Cloud, []netip.Addr{nodeOne}, []netip.Addr{nodeTwo}), "cut already")
	assert.ErrorContains(
		t,
		ec2.CheckConnection(b.Cloud, nodeTwo, nodeOne, int(allowed.Port())),
		"the network is cut between",
	)
	say("during")
	answered := make(chan string, 1)
	go func() {
		line, _ := out.ReadString('\n')
		answered <- line
	}()
	select {
	case line := <-answered:
		assert.Fail(t, "an answer came over the cut", line)
	case <-time.After(300 * time.Millisecond):
	}
	require.NoError(t, ec2.Heal(b.Cloud))
	assert.Equal(t, "during", strings.TrimSpace(<-answered))
	assert.NoError(t, ec2.CheckConnection(b.Cloud, nodeTwo, nodeOne, int(allowed.Port())))
}
