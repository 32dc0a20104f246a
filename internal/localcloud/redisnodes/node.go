// How one node runs: its configuration, its process, and what happens when the process dies. Then
// another starts in its place, as ElastiCache replaces a node.
package redisnodes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// The files of a cluster's folder.
const (
	certificateFile = "certificate.pem"
	keyFile         = "key.pem"
	authorityFile   = "authority.pem"
)

// replyLimit is the time for one reply of a server on this computer.
const replyLimit = 5 * time.Second

type node struct {
	Place
	cluster *Cluster

	mu      sync.Mutex
	tokens  []string
	server  *exec.Cmd
	gone    chan struct{} // closed when the server has ended
	client  *redis.Client
	stopped bool
}

// configuration keeps nothing on disk but what the node knows of the cluster. Tokens are given on
// standard input, with the rest, so that no file contains them.
func (n *node) configuration() string {
	in := func(name string) string { return filepath.Join(n.cluster.options.Dir, name) }
	lines := []string{
		"port 0",
		fmt.Sprintf("tls-port %d", Port),
		"bind " + n.Address.String(),
		"bind-source-addr " + n.Address.String(),
		"tls-cert-file " + in(certificateFile),
		"tls-key-file " + in(keyFile),
		"tls-ca-cert-file " + in(authorityFile),
		"tls-auth-clients no",
		"tls-cluster yes",
		"tls-replication yes",
		"tls-protocols \"TLSv1.2 TLSv1.3\"",
		"cluster-enabled yes",
		"cluster-config-file " + in(n.Name+".conf"),
		fmt.Sprintf("cluster-node-timeout %d", nodeTimeout.Milliseconds()),
		// ElastiCache with TLS gives clients host names, which its certificates cover.
		"cluster-announce-ip " + n.Address.String(),
		"cluster-announce-hostname " + n.Name,
		"cluster-preferred-endpoint-type hostname",
		"save \"\"",
		"appendonly no",
		"repl-diskless-sync-delay 0",
		"daemonize no",
		"logfile " + in(n.Name+".log"),
		"dir " + n.cluster.options.Dir,
		"user default on ~* &* +@all " + strings.Join(
			passwords(n.tokens),
			" ",
		),
		"masterauth " + n.tokens[len(n.tokens)-1],
	}
	return strings.Join(lines, "\n") + "\n"
}

// passwords are the rules that let tokens in (Redis documentation, "ACL").
func passwords(tokens []string) (rules []string) {
	for _, token := range tokens {
		rules = append(rules, ">"+token)
	}
	return rules
}

func (n *node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return nil
	}
	server := exec.Command(n.cluster.options.Program, "-")
	server.Stdin = strings.NewReader(n.configuration())
	server.SysProcAttr = n.cluster.options.Attributes
	if err := server.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", n.Name, err)
	}
	n.server, n.gone = server, make(chan struct{})
	if n.client == nil {
		n.client = redis.NewClient(&redis.Options{
			Addr:                hostPort(n.Address),
			TLSConfig:           n.cluster.tls(n.Name),
			MaxRetries:          -1,
			CredentialsProvider: func() (string, string) { return "", n.token() },
			ReadTimeout:         replyLimit,
			DialTimeout:         replyLimit,
		})
	}
	go n.wait(server, n.gone)
	return nil
}

// wait starts another server in the place of one that ended by itself. What it held is gone; it
// comes back as a replica when another node has taken over, and empty when there was none.
func (n *node) wait(server *exec.Cmd, gone chan struct{}) {
	_ = server.Wait() // its log says how it ended
	close(gone)
	n.awaitSuccessor()
	_ = n.start() // a node that does not start stays away, as Nodes reports
}

// awaitSuccessor waits until another node of the shard is its primary, none is left that could be,
// or the cluster is closed.
func (n *node) awaitSuccessor() {
	for n.wanted() {
		others := 0
		for _, other := range n.cluster.nodes {
			if other == n || other.Shard != n.Shard || other.process() == 0 {
				continue
			}
			others++
			ctx, cancel := context.WithTimeout(context.Background(), replyLimit)
			var primary bool
			err := other.do(ctx, func(r *redis.Client) (err error) { primary, err = role(ctx, r); return err })
			cancel()
			if err == nil && primary {
				return
			}
		}
		if others == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// do calls the server.
func (n *node) do(ctx context.Context, ask func(*redis.Client) error) error {
	n.mu.Lock()
	client := n.client
	n.mu.Unlock()
	if client == nil {
		return errors.New("no server was started")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ask(client)
}

func (n *node) id(ctx context.Context) (id string, err error) {
	err = n.do(ctx, func(r *redis.Client) error {
		id, err = r.Do(ctx, "CLUSTER", "MYID").Text()
		return err
	})
	return id, err
}

func (n *node) setTokens(ctx context.Context, tokens []string) error {
	err := n.do(ctx, func(r *redis.Client) error {
		rules := append([]string{"resetpass"}, passwords(tokens)...)
		return errors.Join(
			r.ACLSetUser(ctx, "default", rules...).Err(),
			r.ConfigSet(ctx, "masterauth", tokens[len(tokens)-1]).Err(),
		)
	})
	if err == nil {
		n.mu.Lock()
		n.tokens = tokens
		n.mu.Unlock()
	}
	return err
}

func (n *node) token() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.tokens[len(n.tokens)-1]
}

func (n *node) ended() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.gone
}

// wanted reports whether the cluster is still open.
func (n *node) wanted() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.stopped
}

// process returns the server's process id; 0 if it was not started or has ended.
func (n *node) process() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server == nil {
		return 0
	}
	select {
	case <-n.gone:
		return 0
	default:
		return n.server.Process.Pid
	}
}

func (n *node) stop() {
	n.mu.Lock()
	n.stopped = true
	server, gone, client := n.server, n.gone, n.client
	n.mu.Unlock()
	if server == nil {
		return
	}
	_ = client.Close()        // the server ends, whether it hears of it or not
	_ = server.Process.Kill() // it may have ended, and has nothing to keep
	<-gone
}

func (n *node) tail() string {
	text, err := os.ReadFile(filepath.Join(n.cluster.options.Dir, n.Name+".log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-1000):]))
}
