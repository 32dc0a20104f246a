// The stand-in for a command of a rehearsed machine. It is on the machine's PATH under the
// command's name, hands its arguments to the machine over a socket, and ends as the machine
// answers. It imports nothing but the standard library, so that it starts in milliseconds.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
)

// request and reply are spelled a second time in socket.go of package machine.
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

func main() {
	name := filepath.Base(os.Args[0])
	answer, err := ask(name, os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "stand-in for %s: %v\n", name, err)
		os.Exit(1)
	}
	_, outErr := os.Stdout.Write(answer.Out)
	_, errErr := os.Stderr.Write(answer.Err)
	if answer.Status == 0 && (outErr != nil || errErr != nil) {
		answer.Status = 1
	}
	os.Exit(answer.Status)
}

func ask(name string, arguments []string) (reply, error) {
	socket := os.Getenv("MACHINE_SOCKET")
	if socket == "" {
		return reply{}, errors.New("MACHINE_SOCKET is not set: this program answers only on a rehearsed machine")
	}
	directory, err := os.Getwd()
	if err != nil {
		return reply{}, fmt.Errorf("asking for the working directory: %w", err)
	}
	question := request{Argv: append([]string{name}, arguments...), Directory: directory}
	// Only a command that names its standard input gets it: read without being asked for, it would
	// be taken away from the loop of the script around the command.
	if slices.Contains(arguments, "-") || slices.Contains(arguments, "/dev/stdin") {
		if question.Stdin, err = io.ReadAll(os.Stdin); err != nil {
			return reply{}, fmt.Errorf("reading standard input: %w", err)
		}
	}
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return reply{}, fmt.Errorf("reaching the machine, which may be off: %w", err)
	}
	if err := json.NewEncoder(connection).Encode(question); err != nil {
		return reply{}, fmt.Errorf("asking the machine: %w", err)
	}
	var answer reply
	if err := json.NewDecoder(connection).Decode(&answer); err != nil {
		return reply{}, fmt.Errorf("waiting for the machine's answer; it may have been turned off: %w", err)
	}
	return answer, nil
}
