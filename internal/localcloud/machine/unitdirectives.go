// The directives of unit files that have an effect here, and those that are taken without one.

package machine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// setter puts the value of one directive into a definition.
type setter func(d *definition, value string) error

// directives are what this stand-in does as systemd does (man pages: systemd.unit(5),
// systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.timer(5)).
var directives = map[string]setter{
	"Unit.Description":           func(d *definition, v string) error { d.description = v; return nil },
	"Unit.Documentation":         func(*definition, string) error { return nil },
	"Unit.After":                 words(func(d *definition) *[]string { return &d.after }),
	"Unit.Before":                words(func(d *definition) *[]string { return &d.before }),
	"Unit.Wants":                 words(func(d *definition) *[]string { return &d.wants }),
	"Unit.Requires":              words(func(d *definition) *[]string { return &d.requires }),
	"Unit.RequiresMountsFor":     words(func(d *definition) *[]string { return &d.mountsFor }),
	"Unit.ConditionPathExists":   words(func(d *definition) *[]string { return &d.pathsRequired }),
	"Unit.StartLimitIntervalSec": span(parseSpan, func(d *definition) *time.Duration { return &d.startLimitInterval }),
	"Unit.StartLimitBurst":       number(func(d *definition) *int { return &d.startLimitBurst }),
	"Install.WantedBy":           words(func(d *definition) *[]string { return &d.wantedBy }),
	"Install.RequiredBy":         words(func(d *definition) *[]string { return &d.requiredBy }),

	"Service.Type": oneOf(
		func(d *definition) *string { return &d.service.kind },
		"simple",
		"exec",
		"oneshot",
	),
	"Service.Restart": oneOf(
		func(d *definition) *string { return &d.service.restart },
		"no",
		"on-success",
		"on-failure",
		"on-abnormal",
		"on-abort",
		"always",
	),
	"Service.KillMode": oneOf(
		func(d *definition) *string { return &d.service.killMode },
		"control-group",
		"mixed",
		"process",
		"none",
	),
	"Service.RemainAfterExit": boolean(func(d *definition) *bool { return &d.service.remainAfterExit }),
	"Service.ExecStartPre":    commandLines(func(d *definition) *[]commandLine { return &d.service.startPre }),
	"Service.ExecStart":       commandLines(func(d *definition) *[]commandLine { return &d.service.start }),
	"Service.ExecStartPost":   commandLines(func(d *definition) *[]commandLine { return &d.service.startPost }),
	"Service.ExecReload":      commandLines(func(d *definition) *[]commandLine { return &d.service.reload }),
	"Service.ExecStop":        commandLines(func(d *definition) *[]commandLine { return &d.service.stop }),
	"Service.ExecStopPost":    commandLines(func(d *definition) *[]commandLine { return &d.service.stopPost }),
	"Service.RestartSec":      span(parseSpan, func(d *definition) *time.Duration { return &d.service.restartDelay }),
	"Service.TimeoutStartSec": span(
		parseTimeout,
		func(d *definition) *time.Duration { return &d.service.startTimeout },
	),
	"Service.TimeoutStopSec": span(parseTimeout, func(d *definition) *time.Duration { return &d.service.stopTimeout }),
	"Service.TimeoutSec": func(d *definition, v string) (err error) {
		d.service.startTimeout, err = parseTimeout(v)
		d.service.stopTimeout = d.service.startTimeout
		return err
	},
	"Service.KillSignal":             setKillSignal,
	"Service.SuccessExitStatus":      setSuccessStatuses,
	"Service.Environment":            setEnvironment,
	"Service.EnvironmentFile":        words(func(d *definition) *[]string { return &d.service.environmentFiles }),
	"Service.WorkingDirectory":       absolute(func(d *definition) *string { return &d.service.workingDirectory }),
	"Service.User":                   func(d *definition, v string) error { d.service.user = v; return nil },
	"Service.Group":                  func(d *definition, v string) error { d.service.group = v; return nil },
	"Service.UMask":                  setUMask,
	"Service.LimitNOFILE":            setOpenFiles,
	"Service.StandardOutput":         setOutput,
	"Service.StandardError":          setOutput,
	"Service.ReadWritePaths":         neededPaths,
	"Service.ReadOnlyPaths":          neededPaths,
	"Service.InaccessiblePaths":      neededPaths,
	"Service.StateDirectory":         makes("var/lib"),
	"Service.CacheDirectory":         makes("var/cache"),
	"Service.LogsDirectory":          makes("var/log"),
	"Service.RuntimeDirectory":       makes("run"),
	"Service.ConfigurationDirectory": makes("etc"),

	"Timer.Unit":               func(d *definition, v string) error { d.timer.unit = v; return nil },
	"Timer.OnBootSec":          trigger("boot"),
	"Timer.OnStartupSec":       trigger("boot"),
	"Timer.OnActiveSec":        trigger("timer"),
	"Timer.OnUnitActiveSec":    trigger("unit active"),
	"Timer.OnUnitInactiveSec":  trigger("unit inactive"),
	"Timer.OnCalendar":         setCalendar,
	"Timer.AccuracySec":        span(parseSpan, func(d *definition) *time.Duration { return &d.timer.accuracy }),
	"Timer.RandomizedDelaySec": span(parseSpan, func(d *definition) *time.Duration { return &d.timer.random }),
	"Timer.Persistent":         boolean(func(d *definition) *bool { return &d.timer.persistent }),
}

// withoutEffect are directives of [Service] that are taken and NOT enforced, with what systemd
// would do.
var withoutEffect = map[string]string{
	"AmbientCapabilities":     "gives the process capabilities",
	"CapabilityBoundingSet":   "takes capabilities from the process for good",
	"CPUWeight":               "share of CPU time among units",
	"DevicePolicy":            "which devices may be opened",
	"IOWeight":                "share of disk time among units",
	"IPAddressAllow":          "which addresses may be spoken to although IPAddressDeny= names them",
	"IPAddressDeny":           "which addresses may not be spoken to",
	"KeyringMode":             "a kernel keyring of its own",
	"LimitCORE":               "size of core dumps",
	"LimitMEMLOCK":            "memory that may be locked",
	"LimitNPROC":              "number of processes",
	"LockPersonality":         "forbids another execution domain",
	"MemoryDenyWriteExecute":  "forbids memory both writable and executable",
	"MemoryHigh":              "throttles above this memory",
	"MemoryMax":               "kills above this memory",
	"MemorySwapMax":           "limits swap",
	"Nice":                    "scheduling priority",
	"NoExecPaths":             "nothing under these paths may be executed",
	"NoNewPrivileges":         "set-user-id programs give no privileges",
	"OOMPolicy":               "what follows a kill for want of memory",
	"OOMScoreAdjust":          "who is killed first for want of memory",
	"PrivateDevices":          "a /dev without hardware",
	"PrivateMounts":           "mounts of its own",
	"PrivateTmp":              "a /tmp of its own",
	"PrivateUsers":            "user numbers of its own",
	"ProcSubset":              "hides what in /proc is not of processes",
	"ProtectClock":            "the clock cannot be set",
	"ProtectControlGroups":    "control groups are read-only",
	"ProtectHome":             "hides home directories",
	"ProtectHostname":         "the host's name cannot be set",
	"ProtectKernelLogs":       "hides the kernel's log",
	"ProtectKernelModules":    "no kernel modules",
	"ProtectKernelTunables":   "kernel settings are read-only",
	"ProtectProc":             "hides processes of others",
	"ProtectSystem":           "the file system is read-only but for ReadWritePaths=",
	"RemoveIPC":               "removes left-over shared memory",
	"RestrictAddressFamilies": "which kinds of sockets may be opened",
	"RestrictFileSystems":     "which kinds of file systems may be opened",
	"RestrictNamespaces":      "no new namespaces",
	"RestrictRealtime":        "no real-time scheduling",
	"RestrictSUIDSGID":        "no set-user-id bits",
	"SyslogIdentifier":        "name in the log",
	"SystemCallArchitectures": "which machine's system calls",
	"SystemCallErrorNumber":   "how a forbidden system call fails",
	"SystemCallFilter":        "which system calls",
	"TasksMax":                "number of threads and processes",
}

// words is a directive that adds white-space-separated words; an empty value forgets those before.
func words(field func(*definition) *[]string) setter {
	return func(d *definition, value string) error {
		list := field(d)
		if value == "" {
			*list = nil
			return nil
		}
		found, err := splitWords(value)
		*list = append(*list, found...)
		return err
	}
}

func commandLines(field func(*definition) *[]commandLine) setter {
	return func(d *definition, value string) error {
		list := field(d)
		if value == "" {
			*list = nil
			return nil
		}
		line, err := parseCommand(d.name, value)
		*list = append(*list, line)
		return err
	}
}

func span(parse func(string) (time.Duration, error), field func(*definition) *time.Duration) setter {
	return func(d *definition, value string) (err error) {
		*field(d), err = parse(value)
		return err
	}
}

func number(field func(*definition) *int) setter {
	return func(d *definition, value string) (err error) {
		*field(d), err = strconv.Atoi(value)
		return err
	}
}

func boolean(field func(*definition) *bool) setter {
	return func(d *definition, value string) (err error) {
		*field(d), err = parseBoolean(value)
		return err
	}
}

func oneOf(field func(*definition) *string, known ...string) setter {
	return func(d *definition, value string) error {
		if !slices.Contains(known, value) {
			return fmt.Errorf("this stand-in for systemd knows %s, not %q", strings.Join(known, ", "), value)
		}
		*field(d) = value
		return nil
	}
}

func absolute(field func(*definition) *string) setter {
	return func(d *definition, value string) error {
		if value != "" && !filepath.IsAbs(value) {
			return fmt.Errorf("%q is no absolute path", value)
		}
		*field(d) = value
		return nil
	}
}

func trigger(base string) setter {
	return func(d *definition, value string) error {
		length, err := parseSpan(value)
		d.timer.monotonic = append(d.timer.monotonic, monotonicTrigger{base, length})
		return err
	}
}

func makes(parent string) setter {
	return func(d *definition, value string) error {
		for _, name := range strings.Fields(value) {
			d.service.madeDirectories = append(d.service.madeDirectories, madeDirectory{parent, name})
		}
		return nil
	}
}

func setCalendar(d *definition, value string) error {
	if value != "hourly" && value != "daily" {
		return fmt.Errorf("this stand-in for systemd knows hourly and daily, not %q", value)
	}
	d.timer.calendar = append(d.timer.calendar, value)
	return nil
}

// neededPaths are made of ReadWritePaths= and its like: a path that is not there fails the start,
// unless "-" stands before it (systemd.exec(5)).
func neededPaths(d *definition, value string) error {
	for _, path := range strings.Fields(value) {
		if path, optional := strings.CutPrefix(path, "-"); optional {
			continue
		} else if path = strings.TrimPrefix(path, "+"); !filepath.IsAbs(path) {
			return fmt.Errorf("%q is no absolute path", path)
		} else {
			d.service.neededPaths = append(d.service.neededPaths, path)
		}
	}
	return nil
}

func setEnvironment(d *definition, value string) error {
	if value == "" {
		d.service.environment = map[string]string{}
		return nil
	}
	values, err := assignments(value)
	for name, v := range values {
		d.service.environment[name] = v
	}
	return err
}

// signals are those that a unit or a command may name, with and without SIG.
var signals = map[string]syscall.Signal{
	"HUP":  syscall.SIGHUP,
	"INT":  syscall.SIGINT,
	"QUIT": syscall.SIGQUIT,
	"KILL": syscall.SIGKILL,
	"USR1": syscall.SIGUSR1,
	"USR2": syscall.SIGUSR2,
	"TERM": syscall.SIGTERM,
	"CONT": syscall.SIGCONT,
	"STOP": syscall.SIGSTOP,
}

func parseSignal(text string) (syscall.Signal, error) {
	if s, known := signals[strings.TrimPrefix(text, "SIG")]; known {
		return s, nil
	}
	return 0, fmt.Errorf("the signal %q is not known to this stand-in", text)
}

func setKillSignal(d *definition, value string) (err error) {
	d.service.killSignal, err = parseSignal(value)
	return err
}

func setSuccessStatuses(d *definition, value string) error {
	for _, word := range strings.Fields(value) {
		status, err := strconv.Atoi(word)
		if err != nil {
			return fmt.Errorf("this stand-in for systemd knows numbers here, not %q", word)
		}
		d.service.successStatuses = append(d.service.successStatuses, status)
	}
	return nil
}

func setUMask(d *definition, value string) error {
	if _, err := strconv.ParseUint(value, 8, 12); err != nil {
		return fmt.Errorf("%q is no octal mode", value)
	}
	d.service.umask = value
	return nil
}

func setOpenFiles(d *definition, value string) (err error) {
	// A soft and a hard limit may be given as SOFT:HARD; the process may raise itself to the hard
	// one.
	_, hard, both := strings.Cut(value, ":")
	if !both {
		hard = value
	}
	d.service.openFiles, err = strconv.Atoi(hard)
	return err
}

func setOutput(d *definition, value string) error {
	if value != "journal" && value != "journal+console" && value != "inherit" {
		return fmt.Errorf("this stand-in for systemd knows journal and journal+console, not %q", value)
	}
	d.service.toConsole = d.service.toConsole || value == "journal+console"
	return nil
}
