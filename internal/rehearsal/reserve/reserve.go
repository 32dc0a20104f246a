// Package reserve keeps rehearsals on one computer out of each other's way: every rehearsed
// platform has the same addresses, so that two at once break each other.
package reserve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// door is where the process listens that holds the addresses. A port has the reach that the
// addresses have (a container with a network of its own has its own), the kernel frees it when its
// owner ends in whatever way, and whoever connects learns which process holds it.
const door = "127.0.0.1:12720"

// answerLimit is for the holder's answer.
const answerLimit = 2 * time.Second

// holder is what the holder says of itself.
type holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Folder  string    `json:"folder"`
	Since   time.Time `json:"since"`
}

// Addresses reserves the loopback addresses of the rehearsed platform for this process until it
// ends. The error names the process that holds them. To reserve them again has no effect.
func Addresses() error { return hold(door) }

func hold(door string) error {
	listener, err := net.Listen("tcp4", door)
	if errors.Is(err, syscall.EADDRINUSE) {
		return refuse(door)
	}
	if err != nil {
		return fmt.Errorf("reserving the addresses of the rehearsed platform: %w", err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("reserving the addresses of the rehearsed platform: %w", errors.Join(err, listener.Close()))
	}
	command := strings.Join(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...), " ")
	own := holder{PID: os.Getpid(), Command: command, Folder: folder, Since: time.Now()}
	go own.answer(listener)
	return nil
}

// answer introduces the holder to whoever connects, until the process ends.
func (h holder) answer(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue // that one gave up before it was accepted
		}
		// Whoever has gone away misses the answer.
		_ = json.NewEncoder(connection).Encode(h)
		_ = connection.Close()
	}
}

// refuse says which process holds the addresses; nil if it is this process.
func refuse(door string) error {
	h, err := ask(door)
	if err != nil {
		_, port, _ := net.SplitHostPort(door) // it was listened at
		return fmt.Errorf(
			"reserving the addresses of the rehearsed platform: a process that does not name itself listens at %s: "+
				"%w; find it with: ss -ltnp 'sport = :%s', end it, then try again",
			door,
			err,
			port,
		)
	}
	if h.PID == os.Getpid() {
		return nil
	}
	return fmt.Errorf(
		"another rehearsal uses the addresses of the rehearsed platform: process %d, %q in %s, since %s; "+
			"wait until it ends or end it (Ctrl-C in its terminal, or kill %d), then try again",
		h.PID,
		h.Command,
		h.Folder,
		h.Since.Local().Format(time.TimeOnly),
		h.PID,
	)
}

func ask(door string) (h holder, err error) {
	connection, err := net.DialTimeout("tcp4", door, answerLimit)
	if err != nil {
		return h, err
	}
	defer connection.Close() //nolint:errcheck // it was only read
	if err := connection.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return h, err
	}
	if err := json.NewDecoder(connection).Decode(&h); err != nil {
		return h, err
	}
	if h.PID == 0 {
		return h, errors.New("its answer names no process")
	}
	return h, nil
}
