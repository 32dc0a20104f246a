// Connections to the cluster as the platform account's administrator.
package controller

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// lookLimit bounds one attempt to connect to one server.
const lookLimit = 5 * time.Second

// identity is the administrator's key. It is fetched each time: it may have been rotated.
func (c *Controller) identity(ctx context.Context) (nkeys.KeyPair, error) {
	secret, err := secretsmanager.NewFromConfig(c.AWS).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: aws.String(c.AdministratorSecretArn),
	})
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's seed: %w", err)
	}
	pair, err := nkeys.FromSeed([]byte(aws.ToString(secret.SecretString)))
	if err != nil {
		return nil, errors.New("reading the administrator's seed: the secret does not hold an nkey seed")
	}
	return pair, nil
}

// connect connects to any of the nodes.
func (c *Controller) connect(ctx context.Context, nodes []Node) (*natsgo.Conn, error) {
	pair, err := c.identity(ctx)
	if err != nil {
		return nil, err
	}
	return c.connectAs(pair, nodes)
}

func (c *Controller) connectAs(pair nkeys.KeyPair, nodes []Node) (*natsgo.Conn, error) {
	public, err := pair.PublicKey()
	if err != nil {
		return nil, errors.New("reading the administrator's seed: it has no public half")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(c.CertificateAuthority)) {
		return nil, errors.New("connecting to NATS: the certificate authority (NATS_CA) is not a PEM certificate")
	}
	urls := make([]string, len(nodes))
	for i, n := range nodes {
		urls[i] = fmt.Sprintf("tls://%s:%d", n.Address, clientPort)
	}
	connection, err := natsgo.Connect(
		strings.Join(urls, ","),
		natsgo.Name("controller"),
		natsgo.Nkey(public, pair.Sign),
		natsgo.SetCustomDialer(dialer{c.Dial}),
		natsgo.Secure(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}),
		natsgo.Timeout(lookLimit),
		natsgo.MaxReconnects(0),
	)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s as administrator: %w", strings.Join(urls, ", "), err)
	}
	return connection, nil
}

// dialer gives nats.go a dial function with a context.
type dialer struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (d dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	connection, err := d.dial(ctx, network, address)
	if err == nil {
		err = connection.SetDeadline(time.Time{})
	}
	return connection, err
}
