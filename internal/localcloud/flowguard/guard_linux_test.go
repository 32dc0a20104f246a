package flowguard

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// patience is how long a test waits for what must come.
	patience = 20 * time.Second
	// roleVariable makes this test's binary play another process.
	roleVariable = "FLOWGUARD_TEST_ROLE"
)

var (
	near    = netip.MustParseAddr("127.31.0.10")
	far     = netip.MustParseAddr("127.31.0.20")
	network = netip.MustParsePrefix("127.31.0.0/16")
)

// The addresses are this package's own, so that its tests disturb no rehearsal on the same host.
func TestMain(m *testing.M) {
	roles := map[string]func([]string) error{
		"dial":   dialAll,
		"talk":   talk,
		"hold":   holdGuarded,
		"listen": listenAndAsk,
		"lookup": lookup,
	}
	if role := roles[os.Getenv(roleVariable)]; role != nil {
		if err := role(os.Args[1:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// dialAll connects to each address at once with a timeout, and prints what came of it.
func dialAll(addresses []string) error {
	var running sync.WaitGroup
	results := make([]string, len(addresses))
	for i, address := range addresses {
		running.Go(func() {
			connection, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
			if err != nil {
				results[i] = err.Error()
				return
			}
			results[i] = "connected"
			_ = connection.Close()
		})
	}
	running.Wait()
	fmt.Println(strings.Join(results, "\n"))
	return nil
}

// talk sends a line for each line of standard input, and prints the answer or how the connection
// ended.
func talk(addresses []string) error {
	connection, err := net.Dial("tcp", addresses[0])
	if err != nil {
		return err
	}
	fmt.Println("connected")
	answers, lines := bufio.NewReader(connection), bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if _, err := fmt.Fprintln(connection, lines.Text()); err != nil {
			return err
		}
		answer, err := answers.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the connection ended: %w", err)
		}
		fmt.Print(answer)
	}
	return nil
}

// holdGuarded starts a guarded process and waits to be killed.
func holdGuarded([]string) error {
	g, err := New(Options{Source: near, Network: network, Decide: refuseNothing})
	if err != nil {
		return err
	}
	command := exec.Command("sleep", "1000")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := g.Start(command); err != nil {
		return err
	}
	fmt.Println(command.Process.Pid)
	select {}
}

func refuseNothing(int, netip.AddrPort) error { return nil }

// echo answers every line on an address, and tells who connected.
func echo(t *testing.T, address netip.Addr) (netip.AddrPort, <-chan netip.Addr) {
	t.Helper()
	listener, err := net.Listen("tcp4", netip.AddrPortFrom(address, 0).String())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	peers := make(chan netip.Addr, 1000)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			peers <- netip.MustParseAddrPort(connection.RemoteAddr().String()).Addr()
			go func() {
				_, _ = io.Copy(connection, connection)
				_ = connection.Close()
			}()
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String()), peers
}

func guard(t *testing.T, decide func(int, netip.AddrPort) error) *Guard {
	t.Helper()
	g, err := New(Options{
		Source:  near,
		Network: network,
		Decide:  decide,
		Timeout: 200 * time.Millisecond,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	return g
}

// play is this test's binary in a role, not started.
func play(role string, arguments ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), roleVariable+"="+role)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

// output runs a command under a guard to its end.
func output(t *testing.T, g *Guard, command *exec.Cmd) string {
	t.Helper()
	var text strings.Builder
	command.Stdout, command.Stderr = &text, &text
	require.NoError(t, g.Start(command))
	_ = command.Wait() // how it ended is in what it printed
	return strings.TrimSpace(text.String())
}

func TestItIsSupportedHere(t *testing.T) {
	require.NoError(t, Supported(), "the other tests of this package need it")
}

func TestAnAllowedConnectionComesFromTheMachinesAddress(t *testing.T) {
	server, peers := echo(t, far)
	g := guard(t, refuseNothing)
	assert.Equal(t, "connected", output(t, g, play("dial", server.String())))
	assert.Equal(t, near, <-peers)
	assert.Empty(
		t,
		output(t, g, exec.Command("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", server.Addr(), server.Port()))),
	)
	assert.Equal(t, near, <-peers, "a blocking socket")
}

func TestOtherNetworksAreNotJudged(t *testing.T) {
	outside, peers := echo(t, netip.MustParseAddr("127.0.0.1"))
	own, _ := echo(t, near)
	g := guard(t, func(int, netip.AddrPort) error { return errors.New("nothing may") })
	assert.Equal(t, "connected\nconnected", output(t, g, play("dial", outside.String(), own.String())))
	assert.Equal(t, netip.MustParseAddr("127.0.0.1"), <-peers)
}

func TestARefusedConnectionTimesOut(t *testing.T) {
	server, peers := echo(t, far)
	var asked sync.Map
	g := guard(t, func(process int, destination netip.AddrPort) error {
		asked.Store(destination, process)
		return errors.New("no rule")
	})
	command := play("dial", server.String())
	assert.Contains(t, output(t, g, command), "i/o timeout", "a client's own timeout")
	process, _ := asked.Load(server)
	assert.Equal(t, command.Process.Pid, process)
	shell := output(
		t,
		g,
		exec.Command("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", server.Addr(), server.Port())),
	)
	assert.Contains(t, shell, "Connection timed out", "a blocking socket")
	assert.Empty(t, peers)
}

func TestGrandchildrenAreGuarded(t *testing.T) {
	server, peers := echo(t, far)
	g := guard(t, func(int, netip.AddrPort) error { return errors.New("no rule") })
	command := exec.Command("bash", "-c", fmt.Sprintf("(%s %s); true", os.Args[0], server))
	command.Env = append(os.Environ(), roleVariable+"=dial")
	assert.Contains(t, output(t, g, command), "i/o timeout")
	assert.Empty(t, peers)
}

func TestManyAtOnceAreJudgedEachForItself(t *testing.T) {
	allowed, peers := echo(t, far)
	refused, strangers := echo(t, far)
	g := guard(t, func(_ int, destination netip.AddrPort) error {
		if destination == refused {
			return errors.New("no rule")
		}
		return nil
	})
	var addresses []string
	for range 200 {
		addresses = append(addresses, allowed.String(), refused.String())
	}
	results := strings.Split(output(t, g, play("dial", addresses...)), "\n")
	require.Len(t, results, len(addresses))
	for i, result := range results {
		if i%2 == 0 {
			assert.Equal(t, "connected", result)
		} else {
			assert.Contains(t, result, "i/o timeout")
		}
	}
	assert.Len(t, peers, 200)
	assert.Empty(t, strangers)
}

// conversation is a guarded process that talks with a server.
type conversation struct {
	in      io.Writer
	answers *bufio.Reader
}

func converse(t *testing.T, g *Guard, server netip.AddrPort) conversation {
	t.Helper()
	command := play("talk", server.String())
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, g.Start(command))
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	c := conversation{in, bufio.NewReader(out)}
	c.expect(t, "connected")
	return c
}

func (c conversation) say(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	require.NoError(t, err)
}

func (c conversation) expect(t *testing.T, text string) {
	t.Helper()
	line, err := c.answers.ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, text)
}

func TestASilencedConnectionLosesNothing(t *testing.T) {
	server, _ := echo(t, far)
	g := guard(t, refuseNothing)
	talking, heard := converse(t, g, server), make(chan string, 1)
	talking.say(t, "before")
	talking.expect(t, "before")
	all := func(_, remote netip.AddrPort) bool { return remote == server }
	count, err := g.Silence(all)
	require.NoError(t, err)
	assert.Equal(t, 1, count)
	talking.say(t, "during")
	go func() {
		line, _ := talking.answers.ReadString('\n')
		heard <- line
	}()
	select {
	case line := <-heard:
		assert.Fail(t, "an answer came through the silence", line)
	case <-time.After(500 * time.Millisecond):
	}
	_, err = g.Hear(all)
	require.NoError(t, err)
	select {
	case line := <-heard:
		assert.Equal(t, "during\n", line)
	case <-time.After(patience):
		assert.Fail(t, "no answer came after the silence")
	}
}

func TestCloseLetsNothingHang(t *testing.T) {
	server, peers := echo(t, far)
	asked := make(chan struct{}, 1)
	g, err := New(Options{Source: near, Network: network, Decide: func(int, netip.AddrPort) error {
		asked <- struct{}{}
		return errors.New("no rule")
	}})
	require.NoError(t, err)
	// Blocking: it would wait for 127 s.
	command := exec.Command("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", server.Addr(), server.Port()))
	var text strings.Builder
	command.Stderr = &text
	require.NoError(t, g.Start(command))
	<-asked
	require.NoError(t, g.Close())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		require.Error(t, err)
	case <-time.After(patience):
		require.NoError(t, command.Process.Kill())
		assert.Fail(t, "the process hangs")
	}
	assert.Empty(t, peers)
	assert.ErrorIs(t, g.Start(exec.Command("true")), errClosed)
}

func TestAGuardedProcessDiesWithItsSupervisor(t *testing.T) {
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), roleVariable+"=hold")
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	var process int
	_, err = fmt.Fscan(out, &process)
	require.NoError(t, err)
	require.NoError(t, holder.Process.Kill())
	_ = holder.Wait() // the error says that it was killed
	assert.Eventually(t, func() bool { return !alive(process) }, patience, 10*time.Millisecond)
}

// alive: neither gone nor only not yet asked for its end.
func alive(process int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	return err == nil && !strings.Contains(string(text), ") Z ")
}
