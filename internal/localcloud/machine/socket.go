// The socket over which the stand-ins on a machine's PATH ask this package.

package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// request and reply are declared a second time in standin/main.go.
type request struct {
	Argv      []string `json:"argv"`
	Directory string   `json:"directory"`
	Stdin     []byte   `json:"stdin"`
}

type reply struct {
	Out    []byte `json:"out"`
	Err    []byte `json:"err"`
	Status int    `json:"status"`
}

// listen opens the socket, in a folder of its own that only this user can enter: the machine's
// folder may have a longer path than a socket's address can hold (unix(7): 108 bytes).
func (b *boot) listen() error {
	folder, err := os.MkdirTemp("", "machine-")
	if err != nil {
		return fmt.Errorf("making the folder of the stand-ins' socket: %w", err)
	}
	b.socket = filepath.Join(folder, "socket")
	if b.listener, err = net.Listen("unix", b.socket); err != nil {
		return fmt.Errorf("opening the stand-ins' socket: %w", err)
	}
	go func() {
		for {
			connection, err := b.listener.Accept()
			if err != nil {
				return
			}
			go b.serve(connection)
		}
	}()
	return nil
}

// close ends the listening; calls that are under way are cut.
func (b *boot) close() {
	_ = b.listener.Close()
	_ = os.RemoveAll(filepath.Dir(b.socket))
}

// serve handles one call. The context ends when the caller is gone or the power is off.
func (b *boot) serve(connection net.Conn) {
	defer connection.Close() //nolint:errcheck // the reply was sent, or the caller is gone
	var call request
	if err := json.NewDecoder(connection).Decode(&call); err != nil || len(call.Argv) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		// The caller sends nothing more: this ends when it closes its side.
		_, _ = io.Copy(io.Discard, connection)
		cancel()
	}()
	results := make(chan reply, 1)
	go func() { results <- b.runCommand(ctx, call) }()
	select {
	case <-b.off:
	case result := <-results:
		// A caller that is gone does not read its reply.
		_ = json.NewEncoder(connection).Encode(result)
	}
}

// runCommand runs the command of a call and returns its output and exit status.
func (b *boot) runCommand(ctx context.Context, call request) reply {
	if command, known := commands[call.Argv[0]]; known {
		return command(b, call)
	}
	if b.m.options.Command == nil {
		return failure(127, "%s: command not found", call.Argv[0])
	}
	out, errOut, status := b.m.options.Command(ctx, b.m, call.Argv, call.Stdin)
	return reply{Out: out, Err: errOut, Status: status}
}

// output and failure make the two kinds of replies.
func output(format string, values ...any) reply {
	return reply{Out: fmt.Appendf(nil, format, values...)}
}

func failure(status int, format string, values ...any) reply {
	return reply{Err: fmt.Appendf(nil, format+"\n", values...), Status: status}
}
