// Real Redis servers where there are any: what a cluster of ElastiCache promises to services, its
// tokens, and a primary's end.
package redisnodes

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	token = "a-token-of-more-than-sixteen"
	next  = "another-token-of-more-than-sixteen"
)

// certify makes a certificate of the nodes' names that is its own authority.
func certify(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		DNSNames:              []string{"*.redis.test"},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: raw},
		), pem.EncodeToMemory(
			&pem.Block{Type: "PRIVATE KEY", Bytes: der},
		)
}

// begun is a running cluster of three shards of two nodes. Without Debian's redis-server there is
// nothing to test.
func begun(t *testing.T) *Cluster {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("there is no redis-server: apt-get install redis-server")
	}
	certificate, key := certify(t)
	o := Options{
		Program:     program,
		Dir:         filepath.Join(t.TempDir(), "redis"),
		Certificate: certificate,
		Key:         key,
		Authority:   certificate,
		Tokens:      []string{token},
	}
	for shard := 1; shard <= 3; shard++ {
		for i := 1; i <= 2; i++ {
			o.Places = append(o.Places, Place{
				Name: fmt.Sprintf("n-%d-%d.redis.test", shard, i), Shard: shard,
				Address: netip.AddrFrom4([4]byte{127, 34, byte(shard), byte(i)}),
			})
		}
	}
	c, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// clientOf connects to the cluster with a token, by the first node's address; the names are known
// to nobody here.
func (c *Cluster) clientOf(t *testing.T, token string) *redis.ClusterClient {
	t.Helper()
	addresses := map[string]string{}
	for _, n := range c.nodes {
		addresses[fmt.Sprintf("%s:%d", n.Name, Port)] = hostPort(n.Address)
	}
	r := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{hostPort(c.nodes[0].Address)},
		Password:  token,
		TLSConfig: c.tls("n-1-1.redis.test"),
		NewClient: func(o *redis.Options) *redis.Client {
			if known := addresses[o.Addr]; known != "" {
				o.Addr = known
			}
			return redis.NewClient(o)
		},
	})
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestShardsHaveAPrimaryAndAReplicaAndKeepWhatTheyAreGiven(t *testing.T) {
	c := begun(t)
	primaries := map[int]int{}
	for _, n := range c.Nodes(t.Context()) {
		require.True(t, n.Answers, n.Name)
		assert.NotZero(t, n.Process)
		if n.Primary {
			primaries[n.Shard]++
		}
	}
	assert.Equal(t, map[int]int{1: 1, 2: 1, 3: 1}, primaries)
	r := c.clientOf(t, token)
	for i := range 100 {
		require.NoError(t, r.Set(t.Context(), fmt.Sprint("key", i), i, 0).Err())
	}
	for i := range 100 {
		held, err := r.Get(t.Context(), fmt.Sprint("key", i)).Int()
		require.NoError(t, err)
		assert.Equal(t, i, held)
	}
	files, err := filepath.Glob(filepath.Join(c.options.Dir, "*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.False(t, strings.Contains(string(text), token), "%s holds the token", file)
	}
}

func TestTokensAreDemandedAndCanBeTwoForAWhile(t *testing.T) {
	c := begun(t)
	ping := func(token string) error {
		r := redis.NewClient(
			&redis.Options{Addr: hostPort(c.nodes[3].Address), Password: token, TLSConfig: c.tls("n-1-1.redis.test")},
		)
		defer func() { _ = r.Close() }()
		return r.Ping(t.Context()).Err()
	}
	assert.ErrorContains(t, ping(""), "NOAUTH")
	assert.ErrorContains(t, ping(next), "WRONGPASS")
	require.NoError(t, c.SetTokens(t.Context(), []string{token, next}))
	require.NoError(t, errors.Join(ping(token), ping(next)))
	require.NoError(t, c.SetTokens(t.Context(), []string{next}))
	assert.ErrorContains(t, ping(token), "WRONGPASS")
	require.NoError(t, ping(next))
	plain := redis.NewClient(&redis.Options{Addr: hostPort(c.nodes[0].Address), Password: next, MaxRetries: -1})
	defer func() { _ = plain.Close() }()
	assert.Error(t, plain.Ping(t.Context()).Err(), "without TLS")
}

func TestAPrimaryThatEndsIsFollowedByItsReplicaAndComesBackAsOne(t *testing.T) {
	c := begun(t)
	r := c.clientOf(t, token)
	require.NoError(t, r.Set(t.Context(), "kept", "yes", 0).Err())
	before := c.Nodes(t.Context())
	require.NoError(t, syscall.Kill(before[0].Process, syscall.SIGKILL))
	var now []Node
	require.Eventually(t, func() bool {
		now = c.Nodes(t.Context())
		return now[0].Answers && !now[0].Primary && now[1].Answers && now[1].Primary
	}, time.Minute, 50*time.Millisecond)
	assert.NotEqual(t, before[0].Process, now[0].Process)
	require.Eventually(t, func() bool {
		held, err := r.Get(context.Background(), "kept").Result()
		return err == nil && held == "yes"
	}, time.Minute, 50*time.Millisecond)
}

func TestANodeThatWasNotStartedHasNoProcess(t *testing.T) {
	c := &Cluster{nodes: []*node{{Place: Place{Name: "n-1-1.redis.test", Shard: 1}}}}
	assert.Equal(t, []Node{{Place: c.nodes[0].Place}}, c.Nodes(t.Context()))
}

func TestAClosedClusterAsksForNoSuccessor(t *testing.T) {
	asked := false
	own, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	other := &node{
		Place:  Place{Shard: 1},
		server: &exec.Cmd{Process: own},
		gone:   make(chan struct{}),
		client: redis.NewClient(&redis.Options{
			MaxRetries: -1,
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				asked = true
				return nil, net.ErrClosed
			},
		}),
	}
	t.Cleanup(func() { assert.NoError(t, other.client.Close()) })
	stopped := &node{Place: Place{Shard: 1}, stopped: true}
	stopped.cluster = &Cluster{nodes: []*node{stopped, other}}
	stopped.awaitSuccessor()
	assert.False(t, asked)
}
