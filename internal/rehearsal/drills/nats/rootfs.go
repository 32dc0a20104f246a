// The user-data of a node in a real root file system, under a real systemd.

package nats

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/bodybroker/platform/assets/nats/units"
	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/imds"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/rootfs"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.rootfs",
			Wanted: "user-data of a node runs in a real root file system under a real systemd, twice, or says that " +
				"it could not be run",
			Play: stage.OnCluster(bootRootFileSystem),
		},
		On:      drills.SharedMachines,
		Prepare: prepareTree,
	})
}

// buildFolder keeps the Debian tree, in the repository.
const buildFolder = ".build"

// prepareTree makes the Debian tree while other drills are played.
func prepareTree(ctx context.Context, root string) error {
	if err := rootfs.Supported(); err != nil {
		return err
	}
	_, err := rootfs.Tree(ctx, filepath.Join(root, buildFolder), func(string) {})
	return err
}

// rootBootLimit is for a boot with user-data: seconds where all goes well, minutes where the node's
// program waits in vain.
const rootBootLimit = 6 * time.Minute

// bootRootFileSystem boots nats-1 a second time, as its instance's user-data makes it on Debian,
// while the machine that the rehearsal gave it is off; its disk is an empty one.
func bootRootFileSystem(ctx context.Context, c *stage.Cluster) (seen string, err error) {
	if err := rootfs.Supported(); errors.Is(err, rootfs.ErrUnsupported) {
		return "", stage.NotRunHere(err.Error())
	} else if err != nil {
		return "", err
	}
	tree, err := rootfs.Tree(
		ctx,
		filepath.Join(c.Stage.Options.Root, buildFolder),
		func(text string) { fmt.Fprintln(c.Stage.Options.Progress, text) },
	)
	if errors.Is(err, rootfs.ErrUnsupported) {
		return "", stage.NotRunHere(err.Error())
	}
	if err != nil {
		return "", err
	}
	if err := c.AwaitHealthy(ctx); err != nil {
		return "", err
	}
	n := c.Nodes()[0]
	options, end, err := rootOptions(c, n, tree)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := n.Machine.Shutdown(ctx); err != nil {
		return "", err
	}
	seen, err = inRoot(ctx, c, n, options)
	if started := n.Machine.Start(); started != nil || err != nil {
		return seen, errors.Join(err, started)
	}
	return seen, c.AwaitHealthy(ctx)
}

// rootOptions are those of an instance as the cloud has recorded it. end ends its metadata service.
func rootOptions(c *stage.Cluster, n stage.Node, tree string) (o rootfs.Options, end func() error, err error) {
	cloud := c.Stage.Cloud
	o = rootfs.Options{Name: n.Name, Tree: tree}
	for _, r := range cloud.Records("aws:ec2/instance:Instance") {
		if r.ID == n.Instance {
			o.UserData = fmt.Sprint(r.Get("userData"))
		}
	}
	for _, r := range cloud.Records("aws:ebs/volume:Volume") {
		if stage.NameOf(r.URN) != n.Name+"-volume" {
			continue
		}
		// EC2 shows the volume's id without its hyphen as the serial number (EBS user guide,
		// "Identify NVMe EBS volumes").
		o.DiskSerial = strings.ReplaceAll(r.ID, "-", "")
		var gibibytes int64
		if _, err := fmt.Sscan(fmt.Sprint(r.Get("size")), &gibibytes); err != nil {
			return o, nil, fmt.Errorf("reading the size of volume %s: %w", r.ID, err)
		}
		o.DiskBytes = gibibytes << 30
	}
	if o.UserData == "" || o.DiskBytes == 0 {
		return o, nil, fmt.Errorf("the cloud has no user-data of %s or no volume of %s", n.Instance, n.Name)
	}
	metadata, err := imds.ServeMetadata(cloud, n.Instance)
	if err != nil {
		return o, nil, err
	}
	o.Environment = map[string]string{
		"AWS_ENDPOINT_URL":                  awsapi.APIURL(cloud),
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.URL + "/",
	}
	return o, metadata.Close, nil
}

// inRoot boots the machine, looks at it, and takes it away with all that was on it.
func inRoot(ctx context.Context, c *stage.Cluster, n stage.Node, o rootfs.Options) (seen string, err error) {
	m, err := rootfs.Boot(ctx, o)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	limited, cancel := context.WithTimeout(ctx, rootBootLimit)
	defer cancel()
	start := time.Now()
	if err := m.Booted(limited); err != nil {
		return "", err
	}
	booted := time.Since(start)
	var all []string
	for _, look := range []func(context.Context, *stage.Cluster, stage.Node, *rootfs.Machine) (string, error){
		rootState,
		rootCertificate,
		rootUnits,
		rootStop,
	} {
		found, err := look(limited, c, n, m)
		if err != nil {
			return strings.Join(
					all,
					"\n",
				), fmt.Errorf(
					"%w\nuser-data:\n%s\nnats.service:\n%s",
					err,
					m.Journal(ctx, rootfs.UserDataUnit),
					m.Journal(ctx, "nats.service"),
				)
		}
		all = append(all, found)
	}
	version, err := m.Run(ctx, "systemctl", "--version")
	release, _, _ := strings.Cut(version, " (")
	return fmt.Sprintf(
		"user-data of %s in an ext4 file system on a loop device, %s as process 1: up %.1f s after power on\n%s",
		n.Name,
		release,
		booted.Seconds(),
		strings.Join(all, "\n"),
	), err
}

// rootStates are commands and what they must say: all that bootstrap leaves on the system.
var rootStates = []struct{ SendCommand, says string }{
	{SendCommand: "id nats", says: `^uid=\d+\(nats\) gid=\d+\(nats\)`},
	{SendCommand: "getent passwd nats", says: `:/var/lib/nats:/usr/sbin/nologin$`},
	{
		SendCommand: "findmnt --noheadings --output FSTYPE,LABEL,OPTIONS /var/lib/nats",
		says:        `^xfs +nats-data +rw,nosuid,nodev,noexec,noatime`,
	},
	{
		SendCommand: "grep nats /etc/fstab",
		says:        `^LABEL=nats-data /var/lib/nats xfs defaults,noatime,nosuid,nodev,noexec 0 2$`,
	},
	{SendCommand: "stat --format %U:%G:%a:%F /var/lib/nats/jetstream", says: `^nats:nats:750:directory$`},
	{
		SendCommand: "stat --format %U:%G:%a /etc/nats/tls /etc/nats/tls/server.key",
		says:        `^root:nats:750\nroot:nats:640$`,
	},
	{
		SendCommand: "systemctl is-active nats.service nats-configuration.timer nats-certificate.timer",
		says:        `^active\nactive\nactive$`,
	},
	{
		SendCommand: "systemctl is-enabled nats.service nats-configuration.timer nats-certificate.timer",
		says:        `^enabled\nenabled\nenabled$`,
	},
	{
		SendCommand: "systemctl show nats.service --property=User,KillSignal,NRestarts,ProtectSystem,Result",
		says:        `(?s)^Result=success\nNRestarts=0\nUser=nats\nProtectSystem=strict\nKillSignal=12$`,
	},
	{SendCommand: "pgrep --exact --euid nats nats-server", says: `^\d+$`},
}

func rootState(ctx context.Context, c *stage.Cluster, n stage.Node, m *rootfs.Machine) (string, error) {
	for _, state := range rootStates {
		command := strings.Fields(state.SendCommand)
		said, err := m.Run(ctx, command[0], command[1:]...)
		if err != nil {
			return "", err
		}
		if !regexp.MustCompile(state.says).MatchString(said) {
			return "", fmt.Errorf("%s says %q, expected %q", state.SendCommand, said, state.says)
		}
	}
	if err := c.AwaitHealthy(ctx); err != nil {
		return "", err
	}
	streams, err := awaitReplicas(ctx, c.Stage)
	return fmt.Sprintf(
		"user, disk, folders, timers as wanted; the server runs as nats, the cluster of five is healthy with it, %d "+
			"streams have all their replicas",
		streams,
	), err
}

// rootCertificate requires one of the embedded authority; then another, which the server must show
// after a reload.
func rootCertificate(ctx context.Context, c *stage.Cluster, n stage.Node, m *rootfs.Machine) (string, error) {
	content, err := m.File("/etc/nats/tls/server.crt")
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return "", errors.New("/etc/nats/tls/server.crt holds no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", err
	}
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: c.Client.Roots, DNSName: n.Address}); err != nil {
		return "", err
	}
	before, err := c.Server(ctx, n)
	if err != nil {
		return "", err
	}
	if _, err := m.Run(
		ctx,
		"systemd-run",
		"--quiet",
		"--wait",
		"--collect",
		"/opt/nats/nats-node",
		"certificate",
		"--force",
	); err != nil {
		return "", err
	}
	after, err := c.Server(ctx, n)
	if err == nil && (!after.CertNotAfter.After(before.CertNotAfter) || !after.Start.Equal(before.Start)) {
		err = fmt.Errorf(
			"the certificate ends %s after %s, the server started %s after %s: expected a later one and the same "+
				"process",
			after.CertNotAfter,
			before.CertNotAfter,
			after.Start,
			before.Start,
		)
	}
	return "the certificate is of the embedded authority; another one was taken by systemctl reload", err
}

// rootUnits expects the real systemd to understand every line of every unit, and the two that
// timers start to end well.
func rootUnits(ctx context.Context, c *stage.Cluster, _ stage.Node, m *rootfs.Machine) (string, error) {
	arguments := []string{"verify"}
	for name := range units.Files {
		arguments = append(arguments, "/etc/systemd/system/"+name)
	}
	said, err := m.Run(ctx, "systemd-analyze", arguments...)
	if err != nil || said != "" {
		return "", errors.Join(fmt.Errorf("systemd-analyze verify says %q", said), err)
	}
	for _, unit := range []string{"nats-configuration.service", "nats-certificate.service"} {
		if _, err := m.Run(ctx, "systemctl", "start", unit); err != nil {
			return "", fmt.Errorf("%w\n%s", err, m.Journal(ctx, unit))
		}
	}
	return fmt.Sprintf(
		"systemd-analyze verify has nothing to say of %d units; both that timers start ended well",
		len(units.Files),
	), nil
}

// rootStop stops the server and runs user-data again, which must start it and leave the disk as it
// is.
func rootStop(ctx context.Context, c *stage.Cluster, n stage.Node, m *rootfs.Machine) (string, error) {
	const disk = "findmnt --noheadings --output UUID /var/lib/nats"
	const streams = "find /var/lib/nats/jetstream -name meta.inf"
	before := map[string]string{disk: "", streams: ""}
	for command := range before {
		words := strings.Fields(command)
		said, err := m.Run(ctx, words[0], words[1:]...)
		if err != nil || said == "" {
			return "", errors.Join(fmt.Errorf("%s says %q", command, said), err)
		}
		before[command] = said
	}
	start := time.Now()
	if _, err := m.Run(ctx, "systemctl", "stop", "nats.service"); err != nil {
		return "", err
	}
	stopped := time.Since(start)
	if journal := m.Journal(
		ctx,
		"nats.service",
	); !strings.Contains(journal, "lame duck mode") ||
		strings.Contains(journal, "Failed with result") {
		return "", fmt.Errorf("systemctl stop did not end the server by lame duck mode:\n%s", journal)
	}
	if _, err := m.Run(ctx, "systemctl", "restart", rootfs.UserDataUnit); err != nil {
		return "", err
	}
	for command, was := range before {
		words := strings.Fields(command)
		said, err := m.Run(ctx, words[0], words[1:]...)
		if err != nil || command == disk && said != was || command == streams && len(said) < len(was) {
			return "", errors.Join(
				fmt.Errorf("after user-data ran again %s says %q, before %q", command, said, was),
				err,
			)
		}
	}
	seen := fmt.Sprintf(
		"systemctl stop: lame duck mode, ended well after %.1f s; user-data run again started the server and "+
			"left the disk as it was",
		stopped.Seconds(),
	)
	return seen, c.AwaitHealthy(ctx)
}
