// Clients of the rehearsed cluster: they are in the VPC with a service's security group, look
// names up in its private zones, and show the certificate authority and identity that a task gets.

package stage

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
	"github.com/bodybroker/platform/messaging"
)

// Client is a place in the VPC from which clients of a rehearsal connect.
type Client struct {
	Cloud  *cloud.Cloud
	who    string
	source netip.Addr
	URL    string
	Roots  *x509.CertPool
	// authority is the same as roots, PEM.
	authority string
}

// Attach gives a client an address in a private subnet and the security group of an end of the
// flows ("service", "gateway", "controller"). The platform must be up; Detach gives the address
// back.
func (s *Stage) Attach(ctx context.Context, who, group string) (*Client, error) {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	certificate, _ := outputs["natsCertificate"].Value.(string)
	url, _ := outputs["natsUrl"].Value.(string)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(certificate)) {
		return nil, fmt.Errorf("placing %s: the output natsCertificate holds no certificate", who)
	}
	groupID, subnet, err := Placement(s.Cloud, group)
	if err != nil {
		return nil, fmt.Errorf("placing %s: %w", who, err)
	}
	source, err := ec2.Attach(s.Cloud, who, subnet, []string{groupID})
	if err != nil {
		return nil, err
	}
	return &Client{
		Cloud:     s.Cloud,
		who:       who,
		source:    source,
		URL:       url,
		Roots:     roots,
		authority: certificate,
	}, nil
}

// Detach gives the address back.
func (d *Client) Detach() { ec2.Detach(d.Cloud, d.who) }

// Placement finds the security group of an end, and the subnet that the first NATS node is in.
func Placement(c *cloud.Cloud, end string) (group, subnet string, err error) {
	for _, r := range c.Records("aws:ec2/securityGroup:SecurityGroup") {
		if strings.HasSuffix(r.URN, "::flow-"+end) {
			group = r.ID
		}
	}
	interfaces := c.Records("aws:ec2/networkInterface:NetworkInterface")
	if group == "" || len(interfaces) == 0 {
		return "", "", fmt.Errorf("the cloud has no security group flow-%s or no network interface", end)
	}
	return group, fmt.Sprint(interfaces[0].Get("subnetId")), nil
}

// DialContext opens a connection from the client's address, as net.Dialer would.
func (d *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return elbv2.DialFrom(d.Cloud, d.source)(ctx, network, address)
}

// Dial is nats.CustomDialer.
func (d *Client) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// Connect connects with the nkey of an identity, as its tasks do.
func (d *Client) Connect(identity string, options ...natsgo.Option) (*natsgo.Conn, error) {
	seed, err := SeedOf(d.Cloud, identity)
	if err != nil {
		return nil, err
	}
	return d.ConnectWith(seed, identity, options...)
}

// ConnectWith connects with a seed, which may be another than the one of the identity.
func (d *Client) ConnectWith(seed []byte, identity string, options ...natsgo.Option) (*natsgo.Conn, error) {
	pair, err := nkeys.FromSeed(seed)
	if err != nil {
		return nil, fmt.Errorf("connecting as %s: its secret holds no nkey seed: %w", identity, err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("connecting as %s: %w", identity, err)
	}
	all := slices.Concat([]natsgo.Option{
		natsgo.Name(identity), natsgo.Nkey(public, pair.Sign), natsgo.CustomInboxPrefix("_INBOX_" + identity),
		natsgo.SetCustomDialer(d), natsgo.SkipHostLookup(), natsgo.Timeout(2 * time.Second),
		natsgo.Secure(&tls.Config{RootCAs: d.Roots, MinVersion: tls.VersionTLS12}),
		natsgo.ReconnectWait(100 * time.Millisecond), natsgo.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		natsgo.MaxReconnects(-1),
	}, options)
	connection, err := natsgo.Connect(d.URL, all...)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s as %s: %w", d.URL, identity, err)
	}
	return connection, nil
}

// Administrator is JetStream as the administrator sees it from a client in the VPC.
func (s *Stage) Administrator(ctx context.Context, who string) (jetstream.JetStream, func(), error) {
	client, err := s.Attach(ctx, who, "service")
	if err != nil {
		return nil, nil, err
	}
	administrator, err := client.Connect(catalog.Administrator)
	if err != nil {
		client.Detach()
		return nil, nil, err
	}
	leave := func() {
		administrator.Close()
		client.Detach()
	}
	access, err := jetstream.New(administrator)
	if err != nil {
		leave()
		return nil, nil, err
	}
	return access, leave, nil
}

// Handshake opens a connection that offers one version of TLS and no identity: NATS sends its
// greeting in clear, then the client begins TLS.
func (d *Client) Handshake(version uint16) error {
	host := strings.TrimPrefix(d.URL, "tls://")
	raw, err := d.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer raw.Close() //nolint:errcheck // it is over either way
	if err := raw.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := bufio.NewReaderSize(raw, 1).ReadString('\n'); err != nil {
		return fmt.Errorf("waiting for the greeting: %w", err)
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return err
	}
	return tls.Client(raw, &tls.Config{
		RootCAs:    d.Roots,
		ServerName: name,
		MinVersion: version,
		MaxVersion: version,
	}).Handshake()
}

// MessagingClient connects as an identity with the client that services use.
func (d *Client) MessagingClient(ctx context.Context, identity string) (*messaging.Client, error) {
	seed, err := SeedOf(d.Cloud, identity)
	if err != nil {
		return nil, err
	}
	return messaging.Connect(ctx, messaging.Options{
		Name:                 d.who,
		URL:                  d.URL,
		CertificateAuthority: d.authority,
		Seed:                 string(seed),
		InboxPrefix:          catalog.Inbox(identity),
		Nats:                 []natsgo.Option{natsgo.SetCustomDialer(d)},
	})
}
