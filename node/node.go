// Package node is what runs on a NATS node next to the server: it boots the node from its user-data
// and disk, keeps the configuration current and the certificate fresh. Every path is relative to
// the working directory: "/" on a machine, where systemd starts everything there, and the machine's
// folder in a rehearsal.
package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acmpca"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/renameio/v2"

	"github.com/bodybroker/platform/node/monitoring"
	"github.com/bodybroker/platform/node/settings"
)

// Files of a node.
const (
	serverFile        = "opt/nats/nats-server"
	configurationFile = "etc/nats/nats.conf"
	environmentFile   = "etc/nats/node.env"
	keyFile           = "etc/nats/tls/server.key"
	certificateFile   = "etc/nats/tls/server.crt"
	authorityFile     = "etc/nats/tls/ca.crt"
	serverUnit        = "nats.service"
)

// Objects is the part of S3 that a node uses.
type Objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Authority is the part of ACM Private CA that a node uses.
type Authority interface {
	IssueCertificate(
		context.Context,
		*acmpca.IssueCertificateInput,
		...func(*acmpca.Options),
	) (*acmpca.IssueCertificateOutput, error)
	GetCertificate(
		context.Context,
		*acmpca.GetCertificateInput,
		...func(*acmpca.Options),
	) (*acmpca.GetCertificateOutput, error)
	GetCertificateAuthorityCertificate(
		context.Context,
		*acmpca.GetCertificateAuthorityCertificateInput,
		...func(*acmpca.Options),
	) (*acmpca.GetCertificateAuthorityCertificateOutput, error)
}

// Node is one node's program.
type Node struct {
	settings.Settings
	Objects   Objects
	Authority Authority
	Out       io.Writer // what is being done, a line each
}

// New reads the settings and connects to AWS with the instance's own role.
func New(ctx context.Context, out io.Writer) (*Node, error) {
	s, err := settings.Read()
	if err != nil {
		return nil, err
	}
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(s.Region))
	if err != nil {
		return nil, fmt.Errorf("%s: finding AWS credentials: %w", s.Node, err)
	}
	return &Node{
		Settings:  s,
		Authority: acmpca.NewFromConfig(found),
		Out:       out,
		// An endpoint that is an address has no room for a bucket's name before it.
		Objects: s3.NewFromConfig(found, func(o *s3.Options) {
			o.UsePathStyle = found.BaseEndpoint != nil
			o.DisableLogOutputChecksumValidationSkipped = true // objects are checked against digests of our own
		}),
	}, nil
}

// Run does what a command asks: bootstrap, configuration or certificate.
func (n *Node) Run(ctx context.Context, arguments []string) error {
	switch strings.Join(arguments, " ") {
	case "bootstrap":
		return n.bootstrap(ctx)
	case "configuration":
		return n.configure(ctx)
	case "certificate":
		return n.certify(ctx, false)
	case "certificate --force":
		return n.certify(ctx, true)
	}
	return fmt.Errorf(
		"nats-node %q: known are bootstrap, configuration, certificate and certificate --force",
		strings.Join(arguments, " "),
	)
}

func (n *Node) say(format string, values ...any) {
	fmt.Fprintf(n.Out, n.Node+": "+format+"\n", values...)
}

// object reads an object of the artifact bucket.
func (n *Node) object(ctx context.Context, key string) ([]byte, error) {
	found, err := n.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(n.Bucket), Key: aws.String(key)})
	if err != nil {
		return nil, fmt.Errorf("fetching s3://%s/%s: %w", n.Bucket, key, err)
	}
	content, err := io.ReadAll(found.Body)
	if err = errors.Join(err, found.Body.Close()); err != nil {
		return nil, fmt.Errorf("fetching s3://%s/%s: %w", n.Bucket, key, err)
	}
	return content, nil
}

// command runs a program of the system and returns what it printed.
func command(ctx context.Context, name string, arguments ...string) (string, error) {
	run := exec.CommandContext(ctx, name, arguments...)
	var output, problems bytes.Buffer
	run.Stdout, run.Stderr = &output, &problems
	if err := run.Run(); err != nil {
		said := strings.TrimSpace(problems.String())
		return strings.TrimSpace(
				output.String(),
			), fmt.Errorf(
				"%s %s: %w: %s",
				name,
				strings.Join(arguments, " "),
				err,
				said,
			)
	}
	return strings.TrimSpace(output.String()), nil
}

// write replaces a file completely or not at all, also when the power fails.
func write(file string, content []byte, mode os.FileMode) error {
	return renameio.WriteFile(file, content, mode, renameio.IgnoreUmask(), renameio.WithTempDir(filepath.Dir(file)))
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// monitor reads a monitoring page of the node's own server into v; nil: only the status counts.
func (n *Node) monitor(ctx context.Context, page string, v any) error {
	return monitoring.Reader{}.Read(ctx, n.Address, page, v)
}

// until looks again and again; the last fault is reported when the time is over.
func until(ctx context.Context, limit time.Duration, look func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", limit, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// folder makes a folder that user nats may read, or write.
func (n *Node) folder(ctx context.Context, path string, mode os.FileMode, owner string) error {
	// A link could lead anywhere: the data disk was another machine's before.
	if found, err := os.Lstat(path); err == nil && !found.IsDir() {
		return fmt.Errorf("/%s is no folder but %s: look what it is, and take it away", path, found.Mode().Type())
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	return n.own(ctx, path, owner)
}

// own gives a file to an owner "user:group".
func (n *Node) own(ctx context.Context, path, owner string) error {
	user, group, _ := strings.Cut(owner, ":")
	var ids [2]int
	for i, question := range [][]string{{"-u", user}, {"-g", group}} {
		said, err := command(ctx, "id", question...)
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(said, &ids[i]); err != nil {
			return fmt.Errorf("reading the id of %s: %w", question[1], err)
		}
	}
	return os.Lchown(filepath.Clean(path), ids[0], ids[1])
}
