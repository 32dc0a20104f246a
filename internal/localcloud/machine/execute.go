// How a rehearsal runs a command on a machine, as over a session of Systems Manager.

package machine

import (
	"context"
	"fmt"
	"strings"
	"syscall"
)

// Run runs a program on the machine and returns what it printed. A program that does not end with
// success, or not before ctx does, is an error with what it printed.
func (m *Machine) Run(ctx context.Context, argv ...string) (string, error) {
	b := m.running()
	if b == nil {
		return "", fmt.Errorf("running %s on %s: %w", argv[0], m.options.Name, errOff)
	}
	file, err := b.find(argv[0])
	if err != nil {
		return "", fmt.Errorf("running a program on %s: %w", m.options.Name, err)
	}
	var printed journal
	started, err := b.start(program{
		argv:        append([]string{file}, argv[1:]...),
		environment: b.environment(),
		directory:   m.options.Dir,
		source:      argv[0],
		journals:    []*journal{&printed},
	})
	if err != nil {
		return "", fmt.Errorf("running %s on %s: %w", argv[0], m.options.Name, err)
	}
	select {
	case <-started.ended:
	case <-ctx.Done():
		// It may have ended meanwhile.
		_ = syscall.Kill(-started.os.Pid, syscall.SIGKILL)
		<-started.ended
	}
	started.finishOutput()
	if !started.state.Success() {
		return printed.String(), fmt.Errorf(
			"running %s on %s: %s: %s",
			strings.Join(argv, " "),
			m.options.Name,
			started.state,
			lastLine(printed.String()),
		)
	}
	return printed.String(), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
