// Incidents of the boot: what kept servers from running, and was called a success.

package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/s3"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// expectConsole expects a node's console to say why it did not come up, and nothing to listen for
// clients.
func expectConsole(words ...string) func(*stage.Cluster, stage.Node) error {
	return func(_ *stage.Cluster, n stage.Node) error {
		text := n.Machine.Console()
		for _, word := range words {
			if !strings.Contains(text, word) {
				return fmt.Errorf("the console of %s does not say %q: %s", n.Name, word, text)
			}
		}
		return expectClosed(n, 4222)
	}
}

// expectClosed expects nobody to listen on a port of a node.
func expectClosed(n stage.Node, port int) error {
	address := net.JoinHostPort(n.Address, strconv.Itoa(port))
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		return errors.Join(fmt.Errorf("something listens on %s of %s", address, n.Name), connection.Close())
	}
	return nil
}

// incident1: the machine runs, its user-data does not get its programs.
func incident1(ctx context.Context, s *stage.Stage) (string, error) {
	err := stage.ExpectFailedReplacement(
		ctx,
		s,
		stage.WithoutRights(s, "Artifacts"),
		func(c *stage.Cluster, n stage.Node) error {
			if !n.Machine.IsOn() {
				return fmt.Errorf("%s does not run: the incident is a machine that does", n.Instance)
			}
			return expectConsole("AccessDenied")(c, n)
		},
		"gate of nats-1",
		"not passed",
		"connection refused",
	)
	return "the instance ran and its server did not: the gate failed the update, four nodes were not touched", err
}

// incident2: the servers run, and none sees another.
func incident2(ctx context.Context, s *stage.Stage) (string, error) {
	if found := s.Cloud.Inventory(); found["aws:autoscaling/group:Group"] > 0 {
		return "", errors.New("there is an auto scaling group")
	}
	err := stage.ExpectFailedReplacement(ctx, s, func() (func() error, error) {
		var one, rest []netip.Addr
		for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
			address, err := netip.ParseAddr(fmt.Sprint(r.Get("privateIp")))
			if err != nil {
				return nil, err
			}
			if stage.NameOf(r.URN) == "nats-1-instance" {
				one = append(one, address)
			} else {
				rest = append(rest, address)
			}
		}
		return func() error { return ec2.Heal(s.Cloud) }, ec2.Partition(s.Cloud, one, rest)
	}, nil, "gate of nats-1", "not passed", "no meta leader")
	return "routes are fixed addresses, no group is looked up; a server that reached no other failed the gate " +
		"although " +
		"it listened", err
}

// incident3: the authority does not answer, so there is no certificate.
func incident3(ctx context.Context, s *stage.Stage) (string, error) {
	err := stage.ExpectFailedReplacement(
		ctx,
		s,
		stage.WithoutRights(s, "Certificates"),
		expectConsole("acm-pca:IssueCertificate"),
		"gate of nats-1",
		"not passed",
	)
	return "without a certificate nothing listened, the console said why, the gate failed the update", err
}

// incident4: the kernel numbers disks anew at every boot.
func incident4(ctx context.Context, c *stage.Cluster) (string, error) {
	n, names := c.Nodes()[2], map[string]int{}
	boots := 0
	// The test needs two names; the chance of the same one twice is one in seven.
	for ; len(names) < 2 && boots < 12; boots++ {
		n.Machine.PowerOff()
		if err := n.Machine.Start(); err != nil {
			return "", err
		}
		if err := c.AwaitHealthy(ctx); err != nil {
			return "", err
		}
		listed, err := n.Machine.Run(ctx, "lsblk", "--nodeps", "--noheadings", "--paths", "--output", "NAME,SERIAL")
		if err != nil {
			return "", err
		}
		for _, device := range regexp.MustCompile(`/dev/nvme\d+n1`).FindAllString(listed, -1) {
			if device != "/dev/nvme0n1" { // the disk that it boots from
				names[device]++
			}
		}
	}
	if names["/dev/nvme1n1"] > 0 || len(names) < 2 {
		return "", fmt.Errorf(
			"the disk was %v in %d boots: expected several names, and never the one that scripts take for granted",
			names,
			boots,
		)
	}
	return fmt.Sprintf("%d boots of %s, disk at %s, found each time", boots, n.Name, stage.JoinKeys(names)), nil
}

// incident5: the user cannot be made. Everything that would belong to that user waits.
func incident5(ctx context.Context, c *stage.Cluster) (string, error) {
	n := c.Nodes()[3]
	users := filepath.Join(n.Machine.Dir(), "etc/passwd")
	if err := errors.Join(os.Rename(users, users+".away"), os.Mkdir(users, 0o755)); err != nil {
		return "", err
	}
	said, failed := n.Machine.Run(ctx, "/opt/nats/nats-node", "bootstrap")
	if err := errors.Join(os.Remove(users), os.Rename(users+".away", users)); err != nil {
		return "", err
	}
	if failed == nil || !strings.Contains(said, "useradd") {
		return said, errors.New("a user that could not be made did not stop the bootstrap with a word of useradd")
	}
	again, err := n.Machine.Run(ctx, "/opt/nats/nats-node", "bootstrap")
	if err != nil {
		return again, fmt.Errorf("with the fault repaired: %w", err)
	}
	seen := "a bootstrap that could not make the user stopped there and said so; run again, it ended well"
	return seen, c.AwaitHealthy(ctx)
}

// incident12: someone put other bytes into the bucket.
func incident12(ctx context.Context, s *stage.Stage) (string, error) {
	for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if url := regexp.MustCompile(`https?://[^\s"]+`).FindString(fmt.Sprint(r.Get("userData"))); url != "" {
			return "", fmt.Errorf("user-data of %s names %s", stage.NameOf(r.URN), url)
		}
	}
	err := stage.ExpectFailedReplacement(ctx, s, func() (func() error, error) {
		for _, r := range s.Cloud.Records("aws:s3/bucketObjectv2:BucketObjectv2") {
			if stage.NameOf(r.URN) == "artifacts-server" {
				undo := s3.Put(s.Cloud,
					fmt.Sprint(r.Get("bucket")),
					fmt.Sprint(r.Get("key")),
					[]byte("not the server that was built"),
				)
				return func() error { undo(); return nil }, nil
			}
		}
		return nil, errors.New("the bucket has no server program")
	}, expectConsole("has SHA-256"), "gate of nats-1", "not passed")
	return "other bytes under the server's name were not started: the console named both digests, the gate failed " +
		"the update; user-data names no address of the internet", err
}
