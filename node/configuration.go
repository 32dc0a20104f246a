// The configuration of the server: fetched when its pointer moves, tested by the server before it
// counts, and put back when the server does not take it.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// refusedFile remembers the digest of a configuration that the server did not take, and why, so
// that it is not tried again every few seconds. What kept the server from being asked is not
// remembered.
const refusedFile = "etc/nats/refused"

// refusal is the server's own no.
type refusal struct{ error }

// reloadLimit is how long a server may take to show a configuration that it was ordered to read.
const reloadLimit = 20 * time.Second

func (n *Node) configure(ctx context.Context) error {
	pointer, err := n.object(ctx, n.ConfigurationPointer)
	if err != nil {
		return err
	}
	wanted := strings.TrimSpace(string(pointer))
	current, err := os.ReadFile(configurationFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err == nil && digest(current) == wanted {
		return removeIfThere(refusedFile)
	}
	if refused, _ := os.ReadFile(
		refusedFile,
	); strings.HasPrefix(
		string(refused),
		wanted+" ",
	) { // none is as good as another
		return fmt.Errorf(
			"configuration %s was refused before: %s",
			wanted,
			strings.TrimSpace(strings.TrimPrefix(string(refused), wanted)),
		)
	}
	content, err := n.object(ctx, "configuration/"+wanted+"/nats.conf")
	if err != nil {
		return err
	}
	if got := digest(content); got != wanted {
		return fmt.Errorf("configuration %s has SHA-256 %s", wanted, got)
	}
	// A disk that was enlarged comes with a configuration that lets JetStream fill it: the file
	// system first.
	if err := grow(ctx); err != nil {
		return err
	}
	if !n.serves() {
		// Nothing runs that could be disturbed, or asked: the server starts with it.
		return write(configurationFile, content, 0o644)
	}
	if err := n.swap(ctx, current, content); err != nil {
		err = fmt.Errorf("configuration %s: %w", wanted, err)
		if said := (refusal{}); errors.As(err, &said) {
			err = errors.Join(err, write(refusedFile, []byte(wanted+" "+said.Error()+"\n"), 0o644))
		}
		return err
	}
	n.say("runs configuration %s", wanted)
	return nil
}

// serves says whether the server's unit runs.
func (n *Node) serves() bool {
	_, err := command(context.Background(), "systemctl", "is-active", "--quiet", serverUnit)
	return err == nil
}

// swap puts a configuration in the place of another and believes it only when the server shows it.
func (n *Node) swap(ctx context.Context, current, next []byte) error {
	if err := write(configurationFile+".next", next, 0o644); err != nil {
		return err
	}
	expected, err := n.test(ctx, configurationFile+".next")
	if err != nil {
		return err
	}
	if err := os.Rename(configurationFile+".next", configurationFile); err != nil {
		return err
	}
	if err = n.reload(ctx, expected); err == nil {
		return nil
	}
	// A server that refused the new file never stopped running the old one, so nothing needs to be
	// seen.
	err = errors.Join(err, write(configurationFile, current, 0o644))
	_, reloadErr := command(ctx, "systemctl", "reload", serverUnit)
	return errors.Join(err, reloadErr)
}

// validLine is how the server ends a test (nats-server, main.go).
var validLine = regexp.MustCompile(`is valid \((\S+)\)`)

// test lets the server validate a file and returns the digest under which it would show it.
func (n *Node) test(ctx context.Context, file string) (string, error) {
	run := exec.CommandContext(ctx, "./"+serverFile, "-t", "-c", file)
	environment, err := os.ReadFile(environmentFile)
	if err != nil {
		return "", err
	}
	run.Env = os.Environ()
	for _, line := range strings.Split(strings.TrimSpace(string(environment)), "\n") {
		key, value, _ := strings.Cut(line, "=")
		run.Env = append(run.Env, key+"="+strings.Trim(value, "'"))
	}
	said, err := run.CombinedOutput()
	if ended := (&exec.ExitError{}); errors.As(err, &ended) && ended.Exited() {
		return "", refusal{fmt.Errorf("the server refuses it: %s", strings.TrimSpace(string(said)))}
	}
	if err != nil {
		return "", fmt.Errorf("asking the server to test it: %w", err)
	}
	found := validLine.FindStringSubmatch(string(said))
	if found == nil {
		return "", fmt.Errorf("the server does not say that it is valid: %s", strings.TrimSpace(string(said)))
	}
	return found[1], nil
}

// serverState is what the server says of itself.
type serverState struct {
	Digest       string    `json:"config_digest"`
	CertNotAfter time.Time `json:"tls_cert_not_after"`
}

func (n *Node) serverState(ctx context.Context) (s serverState, err error) {
	err = n.monitor(ctx, "/varz", &s)
	return s, err
}

func (n *Node) reload(ctx context.Context, expected string) error {
	if _, err := command(ctx, "systemctl", "reload", serverUnit); err != nil {
		return err
	}
	return until(ctx, reloadLimit, func() error {
		now, err := n.serverState(ctx)
		if err == nil && now.Digest != expected {
			err = refusal{
				fmt.Errorf(
					"the server runs %s, not %s, although it was ordered to reload; see journalctl -u %s",
					now.Digest,
					expected,
					serverUnit,
				),
			}
		}
		return err
	})
}
