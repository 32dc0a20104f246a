package messaging_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

const timeSubject = "svc.time.v1.get_time"

// place is a server with TLS, and identities for it.
type place struct {
	server  *server.Server
	options messaging.Options
}

// serve starts a server as the platform's are: TLS, an nkey, JetStream.
func serve(t *testing.T) place {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	seed, err := pair.Seed()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	certificate, authority := certify(t)
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		Nkeys: []*server.NkeyUser{{Nkey: public, Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{"_INBOX.>"}}}}},
		TLS:   true, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, TLSTimeout: 5})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, s.ReadyForConnections(10*time.Second))
	return place{s, messaging.Options{Name: "test", URL: fmt.Sprintf("tls://127.0.0.1:%d", s.Addr().(*net.TCPAddr).Port), CertificateAuthority: authority,
		Seed: string(seed), InboxPrefix: "_INBOX_test"}}
}

func certify(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

func (p place) connect(t *testing.T) *messaging.Client {
	t.Helper()
	c, err := messaging.Connect(t.Context(), p.options)
	require.NoError(t, err)
	t.Cleanup(c.Native().Close)
	return c
}

// method is one of the contract's.
func method(t *testing.T, subject string) messaging.Method {
	t.Helper()
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	return methods[subject].Messaging()
}

// answering serves a subject.
func (p place) answering(t *testing.T, subject string, handle messaging.Handler) *messaging.Client {
	t.Helper()
	c := p.connect(t)
	require.NoError(t, c.Serve(subject, "q", method(t, subject), handle))
	require.NoError(t, c.Flush(t.Context()))
	return c
}

// failing is a handler that only fails.
func failing(err error) messaging.Handler {
	return func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
		return nil, err
	}
}
