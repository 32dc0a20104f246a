// Which directives of unit files have an effect here, and which are accepted without one.

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

// directives are those that this stand-in implements as systemd does (man pages: systemd.unit(5),
// systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.timer(5)): those of the units in
// assets/nats/units and of cloud-init's. All others are refused.
var directives = map[string]setter{
	"Unit.Description":       func(d *definition, v string) error { d.description = v; return nil },
	"Unit.After":             words(func(d *definition) *[]string { return &d.after }),
	"Unit.Wants":             words(func(d *definition) *[]string { return &d.wants }),
	"Unit.RequiresMountsFor": absolutes(func(d *definition) *[]string { return &d.mountsFor }),
	"Install.WantedBy":       words(func(d *definition) *[]string { return &d.wantedBy }),

	"Service.Type":            oneOf(func(d *definition) *string { return &d.service.kind }, "simple", "oneshot"),
	"Service.Restart":         oneOf(func(d *definition) *string { return &d.service.restart }, "no", "always"),
	"Service.KillMode":        oneOf(func(d *definition) *string { return &d.service.killMode }, killModes...),
	"Service.RemainAfterExit": boolean(func(d *definition) *bool { return &d.service.remainAfterExit }),
	"Service.ExecStart":       commandLines(func(d *definition) *[]commandLine { return &d.service.start }),
	"Service.ExecReload":      commandLines(func(d *definition) *[]commandLine { return &d.service.reload }),
	"Service.RestartSec":      span(parseSpan, func(d *definition) *time.Duration { return &d.service.restartDelay }),
	"Service.TimeoutStopSec": span(
		parseTimeout,
		func(d *definition) *time.Duration { return &d.service.stopTimeout },
	),
	"Service.KillSignal":       setKillSignal,
	"Service.EnvironmentFile":  absolutes(func(d *definition) *[]string { return &d.service.environmentFiles }),
	"Service.WorkingDirectory": absolute(func(d *definition) *string { return &d.service.workingDirectory }),
	"Service.User":             func(d *definition, v string) error { d.service.user = v; return nil },
	"Service.Group":            func(d *definition, v string) error { d.service.group = v; return nil },
	"Service.LimitNOFILE":      number(func(d *definition) *int { return &d.service.openFiles }),
	"Service.StandardOutput":   setOutput,
	// A missing path fails the start (systemd.exec(5)).
	"Service.ReadWritePaths": absolutes(func(d *definition) *[]string { return &d.service.neededPaths }),

	"Timer.OnBootSec":          trigger("boot"),
	"Timer.OnActiveSec":        trigger("timer"),
	"Timer.OnUnitInactiveSec":  trigger("unit inactive"),
	"Timer.AccuracySec":        span(parseSpan, func(d *definition) *time.Duration { return &d.timer.accuracy }),
	"Timer.RandomizedDelaySec": span(parseSpan, func(d *definition) *time.Duration { return &d.timer.random }),
}

var killModes = []string{"control-group", "mixed", "process"}

// withoutEffect are the directives of [Service] that are accepted and NOT enforced, with what
// systemd would do.
var withoutEffect = map[string]string{
	"CapabilityBoundingSet":   "takes capabilities from the process for good",
	"IPAddressDeny":           "which addresses may not be spoken to",
	"NoNewPrivileges":         "set-user-id programs give no privileges",
	"PrivateDevices":          "a /dev without hardware",
	"PrivateTmp":              "a /tmp of its own",
	"ProtectControlGroups":    "control groups are read-only",
	"ProtectHome":             "hides home directories",
	"ProtectKernelTunables":   "kernel settings are read-only",
	"ProtectSystem":           "the file system is read-only but for ReadWritePaths=",
	"RestrictAddressFamilies": "which kinds of sockets may be opened",
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

// absolutes is words for paths. The prefixes "-" and "+" are refused with what is no path.
func absolutes(field func(*definition) *[]string) setter {
	return func(d *definition, value string) error {
		for _, path := range strings.Fields(value) {
			if !filepath.IsAbs(path) {
				return fmt.Errorf("%q is no absolute path", path)
			}
		}
		return words(field)(d, value)
	}
}

func commandLines(field func(*definition) *[]commandLine) setter {
	return func(d *definition, value string) error {
		list := field(d)
		if value == "" {
			*list = nil
			return nil
		}
		line, err := parseCommand(value)
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

func setOutput(d *definition, value string) error {
	if value != "journal" && value != "journal+console" {
		return fmt.Errorf("this stand-in for systemd knows journal and journal+console, not %q", value)
	}
	d.service.toConsole = value == "journal+console"
	return nil
}
