package reserve

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// holderDoor makes this test's binary hold the addresses at that door, say so, and wait.
const holderDoor = "RESERVE_TEST_DOOR"

func TestMain(m *testing.M) {
	if at := os.Getenv(holderDoor); at != "" {
		if err := hold(at); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		select {}
	}
	os.Exit(m.Run())
}

// free is an address that nobody listens at: a rehearsal may run while tests do.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestTheSecondHearsAtOnceWhoIsFirst(t *testing.T) {
	at := free(t)
	first := exec.CommandContext(t.Context(), os.Args[0], "drill", "change.ami")
	first.Env = append(os.Environ(), holderDoor+"="+at)
	output, err := first.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, first.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)

	err = hold(at)
	require.ErrorContains(t, err, fmt.Sprintf("process %d, ", first.Process.Pid))
	folder, folderErr := os.Getwd()
	require.NoError(t, folderErr)
	assert.ErrorContains(t, err, `drill change.ami" in `+folder+", since ")
	assert.ErrorContains(t, err, fmt.Sprintf("or kill %d", first.Process.Pid))

	require.NoError(t, first.Process.Kill())
	require.Error(t, first.Wait(), "it was killed")
	require.NoError(t, hold(at), "the lock has died with its owner")
	assert.NoError(t, hold(at), "the owner may reserve again")
}

func TestAStrangerAtTheDoorIsNoHolder(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // the test is over
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(connection, "220 mail")
			_ = connection.Close()
		}
	}()
	err = hold(listener.Addr().String())
	assert.ErrorContains(t, err, "a process that does not name itself listens at "+listener.Addr().String())
	assert.ErrorContains(t, err, "ss -ltnp")
}
