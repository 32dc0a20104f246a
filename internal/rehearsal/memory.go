// What the rehearsed platform takes of this computer's memory.

package rehearsal

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// memoryLimit is what five servers and all tasks may take, in bytes: a rehearsal runs on an
// ordinary computer.
const memoryLimit = 2 << 30

// memory sums the proportional set sizes of the five servers and of all tasks.
func memory(s *stage.Stage) (string, error) {
	running, err := s.AllProcesses()
	if err != nil {
		return "", err
	}
	var processes []int
	for _, tasks := range running {
		processes = append(processes, tasks...)
	}
	tasks := len(processes)
	for _, n := range (&stage.Cluster{Stage: s}).Nodes() {
		processes = append(processes, n.Machine.Unit("nats.service").MainPID)
	}
	total := 0
	for _, process := range processes {
		size, err := proportionalSize(process)
		if err != nil {
			return "", err
		}
		total += size
	}
	seen := fmt.Sprintf("%d tasks and %d servers take %d MiB of memory", tasks, len(processes)-tasks, total>>20)
	if total > memoryLimit {
		return seen, fmt.Errorf("%s, expected at most %d MiB", seen, memoryLimit>>20)
	}
	return seen, nil
}

var proportional = regexp.MustCompile(`(?m)^Pss: +(\d+) kB$`)

// proportionalSize is a process's memory in bytes, with its share of what it has in common with
// others (proc_pid_smaps(5)).
func proportionalSize(process int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", process))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of process %d: %w", process, err)
	}
	found := proportional.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("reading the memory of process %d: no Pss in %q", process, text)
	}
	size, err := strconv.Atoi(string(found[1]))
	return size << 10, err
}
