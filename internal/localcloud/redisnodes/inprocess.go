// The substitute for computers without redis-server: one server in this process for all shards. It
// does not fail over, and returns an error if it gets two tokens.
package redisnodes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/alicebob/miniredis/v2"
)

// InProcess is the substitute for a cluster.
type InProcess struct {
	server *miniredis.Miniredis
	place  Place
	tokens []string
}

// StartInProcess starts the substitute at the first of the places. It requires neither Program nor
// Dir.
func StartInProcess(o Options) (*InProcess, error) {
	pair, err := tls.X509KeyPair(o.Certificate, o.Key)
	if err != nil {
		return nil, fmt.Errorf("starting Redis in this process: %w", err)
	}
	server := miniredis.NewMiniRedis()
	server.RequireAuth(o.Tokens[0])
	if err := server.StartAddrTLS(
		hostPort(o.Places[0].Address),
		&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	); err != nil {
		return nil, fmt.Errorf("starting Redis in this process: %w", err)
	}
	return &InProcess{server: server, place: o.Places[0], tokens: o.Tokens}, nil
}

// Nodes returns the only node.
func (p *InProcess) Nodes(context.Context) []Node {
	return []Node{{Place: p.place, Primary: true, Answers: true}}
}

// Places returns the place of the only node.
func (p *InProcess) Places() []Place { return []Place{p.place} }

// SetTokens refuses other tokens: there would be a time in which two are taken.
func (p *InProcess) SetTokens(_ context.Context, tokens []string) error {
	if !slices.Equal(tokens, p.tokens) {
		return errors.New(
			"the Redis in this process accepts only the token that it started with: install redis-server to change it",
		)
	}
	return nil
}

// Close ends the server.
func (p *InProcess) Close() { p.server.Close() }
