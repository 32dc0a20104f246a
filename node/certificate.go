// The server's certificate: the key is born here and never leaves, the CA sees only a request.
package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acmpca"
	"github.com/aws/aws-sdk-go-v2/service/acmpca/types"
	"github.com/google/renameio/v2"
)

// issueLimit is how long the CA may take; it takes seconds.
const issueLimit = 2 * time.Minute

// certify gets a certificate when there is none, when a third of its life or less is left, when its
// names are not this node's, or with force. Otherwise it only makes sure that the server shows the
// one that is there.
func (n *Node) certify(ctx context.Context, force bool) error {
	present, reason := n.stale(time.Now())
	if reason == "" && !force {
		return n.show(ctx, present)
	}
	if reason != "" {
		n.say("certificate: %s", reason)
	}
	key, request, err := n.request()
	if err != nil {
		return err
	}
	certificate, authority, err := n.issue(ctx, request)
	if err != nil {
		return err
	}
	fresh, err := n.verify(certificate, authority)
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	if err := n.keep(ctx, key, certificate, authority); err != nil {
		return err
	}
	return n.show(ctx, fresh)
}

// show makes the server show a certificate that it does not show yet: one that was just made, or
// one that an earlier run could not make it read.
func (n *Node) show(ctx context.Context, wanted *x509.Certificate) error {
	shows := func() error {
		now, err := n.serverState(ctx)
		if err == nil && !now.CertNotAfter.Equal(wanted.NotAfter) {
			err = fmt.Errorf(
				"the server shows a certificate until %s, the one in %s ends %s",
				now.CertNotAfter,
				certificateFile,
				wanted.NotAfter,
			)
		}
		return err
	}
	if !n.serves() || shows() == nil {
		return nil
	}
	if _, err := command(ctx, "systemctl", "reload", serverUnit); err != nil {
		return err
	}
	return until(ctx, reloadLimit, shows)
}

// verify requires that clients and servers will accept what the CA gave.
func (n *Node) verify(certificate, authority string) (*x509.Certificate, error) {
	fresh, err := parse([]byte(certificate))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(authority)) {
		return nil, fmt.Errorf("%s gave no certificate of its own", n.CertificateAuthorityArn)
	}
	for _, name := range append(n.names(), n.Address) {
		if _, err := fresh.Verify(x509.VerifyOptions{
			Roots: roots, DNSName: name,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}); err != nil {
			return nil, fmt.Errorf("the certificate that %s gave: %w", n.CertificateAuthorityArn, err)
		}
	}
	return fresh, nil
}

// stale says why the present certificate, or its key, does not do; "" when it does.
func (n *Node) stale(now time.Time) (present *x509.Certificate, reason string) {
	pair, err := tls.LoadX509KeyPair(certificateFile, keyFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, "there is none yet"
	}
	if err != nil {
		return nil, err.Error()
	}
	present = pair.Leaf
	for _, name := range append(n.names(), n.Address) {
		if err := present.VerifyHostname(name); err != nil {
			return nil, err.Error()
		}
	}
	life, left := present.NotAfter.Sub(present.NotBefore), present.NotAfter.Sub(now)
	if left <= life/3 {
		return nil, fmt.Sprintf("%s of %s are left", left.Round(time.Minute), life.Round(time.Minute))
	}
	return present, ""
}

func parse(content []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("reading the certificate: it is not PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// names are the private names under which the node is reached.
func (n *Node) names() []string { return []string{n.Node + "." + n.Domain, "nats." + n.Domain} }

func (n *Node) request() (key, request []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("writing the key: %w", err)
	}
	raw, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: n.names()[0]},
		DNSNames: n.names(), IPAddresses: []net.IP{net.ParseIP(n.Address)},
	}, private)
	if err != nil {
		return nil, nil, fmt.Errorf("writing the request for a certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: raw}), nil
}

func (n *Node) issue(ctx context.Context, request []byte) (certificate, authority string, err error) {
	issued, err := n.Authority.IssueCertificate(ctx, &acmpca.IssueCertificateInput{
		CertificateAuthorityArn: aws.String(n.CertificateAuthorityArn),
		Csr:                     request,
		SigningAlgorithm:        types.SigningAlgorithmSha256withecdsa,
		TemplateArn:             aws.String(n.CertificateTemplateArn),
		Validity: &types.Validity{
			Type:  types.ValidityPeriodTypeDays,
			Value: aws.Int64(int64(n.CertificateDays)),
		},
	})
	if err != nil {
		return "", "", fmt.Errorf("asking %s for a certificate: %w", n.CertificateAuthorityArn, err)
	}
	waiter := acmpca.NewCertificateIssuedWaiter(n.Authority)
	got, err := waiter.WaitForOutput(ctx, &acmpca.GetCertificateInput{
		CertificateAuthorityArn: aws.String(n.CertificateAuthorityArn),
		CertificateArn:          issued.CertificateArn,
	}, issueLimit, func(o *acmpca.CertificateIssuedWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 5*time.Second
	})
	if err != nil {
		return "", "", fmt.Errorf("waiting for certificate %s: %w", aws.ToString(issued.CertificateArn), err)
	}
	root, err := n.Authority.GetCertificateAuthorityCertificate(ctx, &acmpca.GetCertificateAuthorityCertificateInput{
		CertificateAuthorityArn: aws.String(n.CertificateAuthorityArn),
	})
	if err != nil {
		return "", "", fmt.Errorf("reading the certificate of %s: %w", n.CertificateAuthorityArn, err)
	}
	return aws.ToString(got.Certificate) + "\n", aws.ToString(root.Certificate) + "\n", nil
}

// keep writes all three before any takes its place: the server reads them together when it reloads.
// Each is on the disk before it gets its name, so that a power failure leaves no empty one; what it
// leaves of two pairs is stale.
func (n *Node) keep(ctx context.Context, key []byte, certificate, authority string) (err error) {
	var pending []*renameio.PendingFile
	defer func() {
		for _, file := range pending {
			err = errors.Join(err, file.Cleanup())
		}
	}()
	for _, f := range []struct {
		name    string
		content []byte
		mode    os.FileMode
	}{
		{name: keyFile, content: key, mode: 0o640},
		{name: certificateFile, content: []byte(certificate), mode: 0o644},
		{name: authorityFile, content: []byte(authority), mode: 0o644},
	} {
		file, err := renameio.NewPendingFile(f.name, renameio.WithPermissions(f.mode), renameio.IgnoreUmask(),
			renameio.WithTempDir(filepath.Dir(f.name)))
		if err != nil {
			return err
		}
		pending = append(pending, file)
		if _, err := file.Write(f.content); err != nil {
			return err
		}
		if err := n.own(ctx, file.Name(), "root:nats"); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
	}
	for _, file := range pending {
		if err := file.CloseAtomicallyReplace(); err != nil {
			return err
		}
	}
	return nil
}
