// Package machine is a computer as a folder: it runs an EC2 instance's user-data for real, and the
// systemd units that come of it, as an unprivileged user of Linux, without namespaces.
//
// The folder is the machine's root. Processes start in it, as systemd starts services in "/", so
// that a program which names its files relative to the working directory finds the same ones here
// and on a real machine. systemd, the disks and the users are stand-ins: the first folder on the
// machine's PATH holds one small program under each command's name (InstallTools), which asks this
// package over a socket. bash, coreutils and what the machine downloads are real. An option or
// directive that a stand-in does not know is refused, never ignored.
//
// Differences from a real machine:
//
//   - There is no root: processes run as the user of the rehearsal, and id answers that user's
//     numbers for every name, so that changing an owner works. User= and Group= must exist on the
//     machine and do nothing else.
//   - Hardening directives are taken without effect (withoutEffect in unitdirectives.go). That
//     paths of ReadWritePaths= exist is checked.
//   - The processes of a unit are found by their environment (MACHINE_SOCKET, INVOCATION_ID), not
//     by a control group: one that empties its environment is out of reach.
//   - A mount is a symbolic link to the disk's folder: a walk that does not follow links does not
//     enter it.
//   - What was written survives PowerOff: the loss of data without fsync is not simulated.
//   - HOME and TMPDIR are set for every process, to folders of the machine, so that nothing of the
//     person's own settings comes in.
//   - Ordering is kept among services and timers; targets are names, and of them only
//     multi-user.target and timers.target (with what they want) are reached at boot.
package machine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options say what machine to boot.
type Options struct {
	// Name is the instance's id, for messages.
	Name string
	// Dir is the machine's folder. Boot makes it; it must not exist or be empty.
	Dir string
	// Address is the machine's private address. Only Machine.Address returns it.
	Address string
	// UserData is run once, as cloud-init does. Empty: nothing is run. Else it must begin with
	// "#!".
	UserData string
	// Environment is given to every process of the machine, in addition to PATH, HOME, LANG,
	// TMPDIR, MACHINE_ROOT and MACHINE_SOCKET.
	Environment map[string]string
	// Tools is the folder that InstallTools filled.
	Tools string
	// Scale divides every waiting time of timers, RestartSec= and the interval of the start limit;
	// 0 and 1 are real time. TimeoutStopSec= is left alone: what it limits, such as a server's lame
	// duck, takes its real time.
	Scale float64
	// Command answers commands that this package does not know, for example aws; nil: there are
	// none. argv[0] is the command's name, stdin is given only if an argument is "-" or
	// "/dev/stdin". ctx ends with the calling process.
	Command func(ctx context.Context, m *Machine, argv []string, stdin []byte) (out, errOut []byte, status int)
	// Start starts a process in place of exec.Cmd.Start, from a thread that lives as long as the
	// machine: what it starts dies with that thread. nil: the rehearsal's own.
	Start func(*exec.Cmd) error
	// Memory in bytes is MemTotal in proc/meminfo of the folder; 0: the host's own.
	Memory int64
}

// Machine is a computer that was booted at least once.
type Machine struct {
	options Options

	mu    sync.Mutex
	disks []*disk
	// nextNumber is the number of the next disk that is attached.
	nextNumber int
	units      map[string]*unit
	// run is nil while the machine is off.
	run *boot

	console journal
}

// boot is the time from one start of the machine to its end.
type boot struct {
	m        *Machine
	socket   string
	listener net.Listener
	// perturbation shifts all timers of the machine by the same part of a minute (AccuracySec=).
	perturbation time.Duration
	started      time.Time
	// off is closed when the power is off; stopping when systemd begins to stop everything.
	off, stopping chan struct{}
	offOnce       sync.Once
	stopOnce      sync.Once
	// starting is held while a process starts, so that none starts after the power is off.
	starting sync.RWMutex
	// work are the goroutines of units; userDataEnded is closed after user-data.
	work          sync.WaitGroup
	userDataEnded chan struct{}
	userDataError error
}

// errOff ends everything that was in progress when the power went off.
var errOff = errors.New("the machine is off")

// Boot makes the machine's folder, starts the machine, and runs its user-data in the background.
func Boot(o Options) (*Machine, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("booting %s in %s: %w", o.Name, o.Dir, err)
	}
	o.Dir = dir
	if o.Tools, err = filepath.Abs(o.Tools); err != nil {
		return nil, fmt.Errorf("booting %s: finding the folder of stand-ins: %w", o.Name, err)
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf(
			"booting %s: the folder %s is not empty; it belongs to another machine: take a new one, or Start that "+
				"machine",
			o.Name,
			dir,
		)
	}
	if o.UserData != "" && !strings.HasPrefix(o.UserData, "#!") {
		return nil, fmt.Errorf(
			"booting %s: its user-data begins with %.20q; cloud-init runs only what begins with #!",
			o.Name,
			o.UserData,
		)
	}
	if _, err := os.Stat(filepath.Join(o.Tools, "systemctl")); err != nil {
		return nil, fmt.Errorf(
			"booting %s: the folder of stand-ins is not ready: %w; fill it with InstallTools",
			o.Name,
			err,
		)
	}
	m := &Machine{options: o, disks: []*disk{rootDisk()}}
	if err := m.makeFolder(); err != nil {
		return nil, fmt.Errorf("booting %s: making its folder: %w", o.Name, err)
	}
	// Processes get their working directory without symbolic links, and paths are compared with it.
	if m.options.Dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("booting %s: %w", o.Name, err)
	}
	return m, m.powerOn(o.UserData != "")
}

// Start boots the machine again after Shutdown or PowerOff: what is enabled starts, user-data does
// not run again.
func (m *Machine) Start() error { return m.powerOn(false) }

func (m *Machine) powerOn(userData bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.run != nil {
		return fmt.Errorf("starting %s: it is on already", m.options.Name)
	}
	b := &boot{
		m:             m,
		started:       time.Now(),
		off:           make(chan struct{}),
		stopping:      make(chan struct{}),
		userDataEnded: make(chan struct{}),
		perturbation:  rand.N(time.Minute),
	}
	if err := b.listen(); err != nil {
		return fmt.Errorf("starting %s: %w", m.options.Name, err)
	}
	m.units = map[string]*unit{}
	m.run = b
	m.numberDisks()
	m.console.note("kernel", "booting "+m.options.Name)
	b.work.Go(func() { b.startUp(userData) })
	return nil
}

// startUp does what systemd does at boot: mounts, then what is enabled; cloud-init's scripts come
// last.
func (b *boot) startUp(userData bool) {
	defer close(b.userDataEnded)
	if err := b.mountAll(); err != nil {
		b.m.console.note("systemd", err.Error())
		b.m.console.note(
			"systemd",
			"You are in emergency mode. Nothing starts: a file system of etc/fstab without nofail is missing.",
		)
		b.userDataError = err
		return
	}
	for _, err := range b.startAll(b.m.wantedAtBoot()) {
		b.m.console.note("systemd", err.Error())
	}
	if userData {
		if b.userDataError = b.startUnit(userDataUnit); b.userDataError != nil {
			b.m.console.note("cloud-init", "Failed to run module scripts-user: "+b.userDataError.Error())
		}
	}
}

// UserData waits until the user-data of this boot has ended, and returns how: nil, or an error with
// the end of the console.
func (m *Machine) UserData(ctx context.Context) error {
	b := m.running()
	if b == nil {
		return errOff
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf(
			"waiting for the user-data of %s: %w; the console ends with\n%s",
			m.options.Name,
			ctx.Err(),
			m.consoleEnd(),
		)
	case <-b.userDataEnded:
	}
	if b.userDataError != nil {
		return fmt.Errorf(
			"running the user-data of %s: %w; the console ends with\n%s",
			m.options.Name,
			b.userDataError,
			m.consoleEnd(),
		)
	}
	return nil
}

func (m *Machine) consoleEnd() string {
	text := m.Console()
	return text[max(0, len(text)-2000):]
}

// running returns the current boot; nil while the machine is off.
func (m *Machine) running() *boot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run
}

// Name is the instance's id.
func (m *Machine) Name() string { return m.options.Name }

// Address is the machine's private address.
func (m *Machine) Address() string { return m.options.Address }

// Dir is the machine's folder, absolute.
func (m *Machine) Dir() string { return m.options.Dir }

// IsOn reports whether the machine is on.
func (m *Machine) IsOn() bool { return m.running() != nil }

// Console returns the messages of boot and shutdown and the output of user-data, the newest
// megabyte of it.
func (m *Machine) Console() string { return m.console.String() }

// path is a path of the machine ("/etc/fstab") in its folder.
func (m *Machine) path(elements ...string) string {
	return filepath.Join(append([]string{m.options.Dir}, elements...)...)
}
