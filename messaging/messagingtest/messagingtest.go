// Package messagingtest serves NATS to tests as the platform does: with TLS, nkeys and JetStream.
package messagingtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/messaging"
)

// Server is a running server, and what a client of it needs.
type Server struct {
	*server.Server
	Options messaging.Options
}

// Serve starts a server until the test ends.
func Serve(t *testing.T) Server {
	t.Helper()
	s, stop, err := Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	return s
}

// Start starts a server until stop is called: for examples, which are not given a test.
func Start() (_ Server, stop func(), err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return Server{}, nil, err
	}
	seed, seedErr := pair.Seed()
	public, publicErr := pair.PublicKey()
	certificate, authority, certificateErr := certify()
	folder, folderErr := os.MkdirTemp("", "messagingtest-")
	if err := errors.Join(seedErr, publicErr, certificateErr, folderErr); err != nil {
		return Server{}, nil, fmt.Errorf("starting a NATS server for tests: %w", err)
	}
	remove := func() { _ = os.RemoveAll(folder) } // a folder of the temporary ones
	s, err := server.NewServer(&server.Options{
		Host:      "127.0.0.1",
		Port:      -1,
		JetStream: true,
		StoreDir:  folder,
		NoLog:     true,
		NoSigs:    true,
		Nkeys: []*server.NkeyUser{
			{
				Nkey:        public,
				Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{"_INBOX.>"}}},
			},
		},
		TLS:        true,
		TLSConfig:  &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		TLSTimeout: 5,
	})
	if err != nil {
		remove()
		return Server{}, nil, fmt.Errorf("starting a NATS server for tests: %w", err)
	}
	stop = func() {
		s.Shutdown()
		s.WaitForShutdown()
		remove()
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		stop()
		return Server{}, nil, errors.New("starting a NATS server for tests: it takes no connections after 10 s")
	}
	return Server{s, messaging.Options{
		Name:                 "test",
		URL:                  fmt.Sprintf("tls://127.0.0.1:%d", s.Addr().(*net.TCPAddr).Port),
		CertificateAuthority: authority,
		Seed:                 string(seed),
		InboxPrefix:          "_INBOX_test",
	}}, stop, nil
}

// Certify makes a certificate of 127.0.0.1 that is its own authority, PEM.
func Certify(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	certificate, authority, err := certify()
	require.NoError(t, err)
	return certificate, authority
}

func certify() (_ tls.Certificate, authority string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.ParseIP("127.0.0.1")},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	pair := tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
	return pair, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), nil
}

// Connect connects until the test ends.
func (s Server) Connect(t *testing.T) *messaging.Client {
	t.Helper()
	c, err := messaging.Connect(t.Context(), s.Options)
	require.NoError(t, err)
	t.Cleanup(c.Native().Close)
	return c
}
