// Clients of Redis, as services connect.

package stage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/redisnodes"
)

// RedisClient connects as services do: by the endpoint's name, with TLS that trusts Amazon's
// authority, and a token.
func (d *Client) RedisClient(ctx context.Context, s *Stage, token string) (*redis.ClusterClient, error) {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	endpoint, _ := outputs["redisEndpoint"].Value.(string)
	text, err := os.ReadFile(acm.RootStore(d.Cloud))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{net.JoinHostPort(endpoint, strconv.Itoa(redisnodes.Port))}, Password: token,
		Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: endpoint, MinVersion: tls.VersionTLS12}), nil
		},
	}), nil
}

// RedisToken is the token that tasks are given now.
func (s *Stage) RedisToken() string {
	for _, r := range s.Cloud.Records("aws:secretsmanager/secretVersion:SecretVersion") {
		if strings.HasSuffix(r.URN, "::redis-token") {
			token, _ := r.Get("secretString").(string)
			return token
		}
	}
	return ""
}
