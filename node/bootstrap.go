// The boot of a node: from an empty machine and the node's own disk to a running server. It can be
// run again on the same disk and ends the same.
package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/bodybroker/platform/assets/nats/units"
	"github.com/bodybroker/platform/node/settings"
)

const (
	// diskLimit: the disk is attached after the instance runs (facts, "AWS"), in 10 to 20 s.
	diskLimit = 5 * time.Minute
	// healthLimit is for a server that reads a full disk back.
	healthLimit = 5 * time.Minute
	dataLabel   = "nats-data"
	dataPath    = "var/lib/nats"
)

func (n *Node) bootstrap(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{what: "finding the data disk", do: n.disk},
		{what: "making user and folders", do: n.folders},
		{what: "fetching nats-server", do: n.server},
		{what: "fetching the configuration", do: n.configure},
		{what: "getting a certificate", do: func(ctx context.Context) error { return n.certify(ctx, false) }},
		{what: "installing units", do: n.units},
		{what: "starting", do: n.start},
	} {
		n.say("%s", step.what)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("bootstrap of %s: %s: %w", n.Node, step.what, err)
		}
	}
	n.say("serves")
	return nil
}

// disk finds the data disk by its volume id, which EC2 shows as the NVMe serial number: names move
// between boots. Only an empty disk is formatted.
func (n *Node) disk(ctx context.Context) error {
	serial, device := strings.ReplaceAll(n.VolumeID, "-", ""), ""
	if err := until(ctx, diskLimit, func() error {
		listed, err := command(ctx, "lsblk", "--nodeps", "--noheadings", "--paths", "--output", "NAME,SERIAL")
		for _, line := range strings.Split(listed, "\n") {
			if fields := strings.Fields(line); len(fields) == 2 && fields[1] == serial {
				device = fields[0]
				return nil
			}
		}
		return errors.Join(fmt.Errorf("no disk has the serial number of volume %s", n.VolumeID), err)
	}); err != nil {
		return err
	}
	if kind, _ := command(
		ctx,
		"blkid",
		"--output",
		"value",
		"--match-tag",
		"TYPE",
		device,
	); kind == "" { // its status is 2 for an empty disk
		if _, err := command(ctx, "mkfs.xfs", "-L", dataLabel, device); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dataPath, 0o755); err != nil {
		return err
	}
	// What an earlier machine left on the disk must do nothing on this one.
	line := "LABEL=" + dataLabel + " /" + dataPath + " xfs defaults,noatime,nosuid,nodev,noexec 0 2\n"
	table, err := os.ReadFile("etc/fstab")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if !strings.Contains(string(table), line) {
		if err := write("etc/fstab", append(table, line...), 0o644); err != nil {
			return err
		}
	}
	if _, err := command(ctx, "mountpoint", "-q", "/"+dataPath); err != nil {
		if _, err := command(ctx, "mount", "/"+dataPath); err != nil {
			return err
		}
	}
	return grow(ctx)
}

// grow gives the file system all of its disk: one that was enlarged, or made larger than the
// snapshot that it came from.
func grow(ctx context.Context) error {
	_, err := command(ctx, "xfs_growfs", "/"+dataPath)
	return err
}

// folders makes the user first and only then gives it folders.
func (n *Node) folders(ctx context.Context) error {
	if _, err := command(ctx, "id", "nats"); err != nil {
		if _, err := command(
			ctx,
			"useradd",
			"--system",
			"--home-dir",
			"/"+dataPath,
			"--shell",
			"/usr/sbin/nologin",
			"nats",
		); err != nil {
			return err
		}
	}
	return errors.Join(
		n.folder(ctx, "etc/nats", 0o755, "root:root"),
		n.folder(ctx, "etc/nats/tls", 0o750, "root:nats"),
		n.folder(ctx, dataPath+"/jetstream", 0o750, "nats:nats"))
}

// server fetches the one server that user-data names, or none.
func (n *Node) server(ctx context.Context) error {
	if present, err := os.ReadFile(serverFile); err == nil && digest(present) == n.ServerDigest {
		return nil
	}
	content, err := n.object(ctx, n.ServerKey)
	if err != nil {
		return err
	}
	if got := digest(content); got != n.ServerDigest {
		return fmt.Errorf(
			"s3://%s/%s has SHA-256 %s, this node's settings name %s",
			n.Bucket,
			n.ServerKey,
			got,
			n.ServerDigest,
		)
	}
	return write(serverFile, content, 0o755)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (n *Node) units(ctx context.Context) error {
	limit, err := memoryLimit()
	if err != nil {
		return err
	}
	environment := fmt.Sprintf("NATS_SERVER_NAME=%s\nNATS_ADDRESS=%s\nNATS_ZONE=az:%s\nNATS_SERVER=%s\nGOMEMLIMIT=%s\n",
		n.Node, quoted(n.Address), n.Zone, settings.ServerTag(n.ServerDigest), limit)
	if err := write(environmentFile, []byte(environment), 0o644); err != nil {
		return err
	}
	for name, content := range units.Files {
		if err := write("etc/systemd/system/"+name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	_, err = command(ctx, "systemctl", "daemon-reload")
	return err
}

// quoted is an address as a value of the configuration: without quotes of its own the server takes
// it for a number.
func quoted(address string) string { return `'"` + address + `"'` }

// memoryLimit is 80 % of the machine's memory (facts, "NATS").
func memoryLimit() (string, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "", err
	}
	var kib int64
	for _, line := range strings.Split(string(text), "\n") {
		if rest, found := strings.CutPrefix(line, "MemTotal:"); found {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				return "", fmt.Errorf("reading /proc/meminfo: %w", err)
			}
		}
	}
	return fmt.Sprintf("%dMiB", kib*8/10/1024), nil
}

// start starts the server and waits until it listens.
func (n *Node) start(ctx context.Context) error {
	for _, unit := range units.Enabled {
		if _, err := command(ctx, "systemctl", "enable", "--now", unit); err != nil {
			return err
		}
	}
	if err := until(ctx, healthLimit, func() error {
		return n.monitor(ctx, "/healthz?js-server-only=true", nil)
	}); err != nil {
		status, _ := command(ctx, "systemctl", "status", serverUnit) // whatever it says belongs to the message
		return fmt.Errorf("%w\n%s", err, status)
	}
	return nil
}
