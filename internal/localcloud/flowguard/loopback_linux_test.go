package flowguard

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listenAndAsk listens on all addresses, says the name that it was given to everybody, and asks its
// own loopback interface.
func listenAndAsk(arguments []string) error {
	listener, err := net.Listen("tcp", arguments[0])
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintln(connection, arguments[1])
			_ = connection.Close()
		}
	}()
	_, port, err := net.SplitHostPort(arguments[0])
	if err != nil {
		return err
	}
	connection, err := net.DialTimeout("tcp", "127.0.0.1:"+port, patience)
	if err != nil {
		return err
	}
	answer, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	fmt.Print(answer)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the test has looked
	return nil
}

// lookup asks the machine's name server, as a Go program does.
func lookup(arguments []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	found, err := (&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.31.0.2:53")
	}}).LookupHost(ctx, arguments[0])
	fmt.Println(strings.Join(found, " "))
	return err
}

func TestMachinesListenOnTheSamePortEachForItself(t *testing.T) {
	const port = "18080"
	for address, name := range map[netip.Addr]string{near: "near", far: "far"} {
		g, err := New(Options{
			Source:      address,
			Network:     network,
			Decide:      refuseNothing,
			OwnLoopback: true,
		})
		require.NoError(t, err)
		command := exec.Command(os.Args[0], ":"+port, name)
		command.Env = append(os.Environ(), roleVariable+"=listen")
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		input, err := command.StdinPipe()
		require.NoError(t, err)
		output, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, g.Start(command))
		t.Cleanup(func() { _ = input.Close(); _ = command.Wait(); assert.NoError(t, g.Close()) })
		said, err := bufio.NewReader(output).ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, name+"\n", said, "its own loopback interface leads to itself")

		connection, err := net.DialTimeout("tcp", net.JoinHostPort(address.String(), port), patience)
		require.NoError(t, err)
		answer, err := bufio.NewReader(connection).ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, name+"\n", answer, "others reach it under its address")
	}
}

func TestQuestionsForNamesGoToTheMachinesNameServer(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	asked := make(chan string, 10)
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			asked <- string(buffer[:n])
			// The question itself with the bits of an answer that there is no such name (RFC 1035,
			// 4.1.1).
			answer := append([]byte{}, buffer[:n]...)
			answer[2], answer[3] = answer[2]|0x80, 3
			_, _ = server.WriteTo(answer, from)
		}
	}()
	g, err := New(Options{
		Source:   near,
		Network:  network,
		Decide:   refuseNothing,
		Resolver: server.LocalAddr().(*net.UDPAddr).AddrPort(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	command := exec.Command(os.Args[0], "nats.prod.internal.")
	command.Env = append(os.Environ(), roleVariable+"=lookup")
	var said strings.Builder
	command.Stdout = &said
	require.NoError(t, g.Start(command))
	assert.Error(t, command.Wait())
	assert.Contains(t, said.String(), "no such host")
	select {
	case question := <-asked:
		assert.Contains(t, question, "nats")
	case <-time.After(patience):
		t.Error("nobody asked the name server")
	}
}
