package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/node/settings"
)

// bucket is S3 with a few objects.
type bucket map[string]string

func (b bucket) GetObject(
	_ context.Context,
	in *s3.GetObjectInput,
	_ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	content, found := b[aws.ToString(in.Key)]
	if !found {
		return nil, fmt.Errorf("NoSuchKey: %s", aws.ToString(in.Key))
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(content))}, nil
}

// machine makes the working directory a machine's root, on which the given commands answer.
func machine(t *testing.T, objects bucket, commands map[string]string) *Node {
	t.Helper()
	t.Chdir(t.TempDir())
	tools := t.TempDir()
	for name, script := range commands {
		require.NoError(t, os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/bash\n"+script), 0o755))
	}
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	require.NoError(t, os.MkdirAll("etc/nats/tls", 0o755))
	require.NoError(t, os.MkdirAll("opt/nats", 0o755))
	return &Node{Out: io.Discard, Objects: objects, Settings: settings.Settings{
		Node:                 "nats-1",
		Domain:               "prod.internal",
		Address:              "127.0.0.1",
		Bucket:               "b",
		ConfigurationPointer: "configuration/nats-1/current",
		ServerKey:            "server",
		ServerDigest:         digest([]byte("the server")),
	}}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}

// named is a bucket whose pointer names a configuration.
func named(text string) bucket {
	sum := digest([]byte(text))
	return bucket{"configuration/nats-1/current": sum + "\n", "configuration/" + sum + "/nats.conf": text}
}

func TestIncident12AnotherServerThanTheOneNamedIsRefused(t *testing.T) {
	n := machine(t, bucket{"server": "something else"}, nil)
	err := n.server(context.Background())
	assert.ErrorContains(t, err, "has SHA-256 "+digest([]byte("something else")))
	assert.ErrorContains(t, err, n.ServerDigest)
	assert.NoFileExists(t, serverFile)
}

func TestAStoppedServerStartsWithTheNewConfiguration(t *testing.T) {
	n := machine(t, named("new"), map[string]string{"systemctl": "exit 3", "xfs_growfs": "exit 0"})
	require.NoError(t, os.WriteFile(configurationFile, []byte("old"), 0o644))
	require.NoError(t, n.configure(context.Background()))
	assert.Equal(t, "new", read(t, configurationFile))
}

func TestAConfigurationThatIsNotWhatItsNameSaysIsRefused(t *testing.T) {
	objects := named("new")
	for key := range objects {
		if strings.HasSuffix(key, "nats.conf") {
			objects[key] = "forged"
		}
	}
	n := machine(t, objects, map[string]string{"systemctl": "exit 3", "xfs_growfs": "exit 0"})
	require.NoError(t, os.WriteFile(configurationFile, []byte("old"), 0o644))
	assert.ErrorContains(t, n.configure(context.Background()), "has SHA-256 "+digest([]byte("forged")))
	assert.Equal(t, "old", read(t, configurationFile))
}

func TestAConfigurationThatTheServerRefusesStaysOut(t *testing.T) {
	n := machine(t, named("wrong"), map[string]string{"systemctl": "exit 0", "xfs_growfs": "echo $1 > grown"})
	require.NoError(t, os.WriteFile(configurationFile, []byte("old"), 0o644))
	require.NoError(t, os.WriteFile(environmentFile, []byte("NATS_SERVER_NAME=nats-1\n"), 0o644))
	require.NoError(
		t,
		os.WriteFile(serverFile, []byte("#!/bin/bash\necho 'nats.conf:1:1: unknown field'; exit 1"), 0o755),
	)

	err := n.configure(context.Background())
	assert.ErrorContains(t, err, "unknown field")
	assert.Equal(t, "old", read(t, configurationFile), "the server goes on with what it has")
	assert.Contains(t, read(t, refusedFile), "unknown field")
	assert.Equal(t, "/var/lib/nats\n", read(t, "grown"), "an enlarged disk is there before JetStream may fill it")

	require.NoError(t, os.Remove(serverFile))
	assert.ErrorContains(
		t,
		n.configure(context.Background()),
		"was refused before",
		"it is not tried again every ten seconds",
	)

	require.NoError(t, os.WriteFile(configurationFile, []byte("wrong"), 0o644))
	require.NoError(t, n.configure(context.Background()))
	assert.NoFileExists(t, refusedFile, "what runs is not refused")
}

// issued puts a certificate and its key into the node's files.
func issued(t *testing.T, n *Node, names []string, end time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    end.Add(-6 * 24 * time.Hour),
		NotAfter:     end,
		DNSNames:     names,
		IPAddresses:  []net.IP{net.ParseIP(n.Address)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	for file, block := range map[string]*pem.Block{
		certificateFile: {Type: "CERTIFICATE", Bytes: raw},
		keyFile:         {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	}
}

// What only kept the server from being asked must not keep a good configuration away.
func TestAReloadThatFailsIsTriedAgain(t *testing.T) {
	n := machine(
		t,
		named("new"),
		map[string]string{"systemctl": "[ $1 = reload ] && exit 1; exit 0", "xfs_growfs": "exit 0"},
	)
	require.NoError(t, os.WriteFile(configurationFile, []byte("old"), 0o644))
	require.NoError(t, os.WriteFile(environmentFile, []byte("NATS_SERVER_NAME=nats-1\n"), 0o644))
	require.NoError(
		t,
		os.WriteFile(serverFile, []byte("#!/bin/bash\necho 'configuration file is valid (sha256:1)'"), 0o755),
	)
	for range 2 {
		assert.ErrorContains(t, n.configure(t.Context()), "systemctl reload")
		assert.NoFileExists(t, refusedFile)
		assert.Equal(t, "old", read(t, configurationFile))
	}
}

func TestACertificateIsRenewedWhenAThirdOfItsLifeIsLeft(t *testing.T) {
	n := machine(t, nil, nil)
	now := time.Now()
	stale := func() string {
		_, reason := n.stale(now)
		return reason
	}
	assert.Equal(t, "there is none yet", stale())
	issued(t, n, n.names(), now.Add(49*time.Hour))
	assert.Empty(t, stale(), "more than two of six days are left")
	issued(t, n, n.names(), now.Add(47*time.Hour))
	assert.Contains(t, stale(), "47h0m0s of 144h0m0s are left")
	issued(t, n, []string{"nats-2.prod.internal"}, now.Add(100*time.Hour))
	assert.Contains(t, stale(), "nats-1.prod.internal", "it is another node's")
}

// A power failure between two renames leaves a certificate with the key of the one before.
func TestACertificateWithoutItsKeyIsStale(t *testing.T) {
	n := machine(t, nil, nil)
	issued(t, n, n.names(), time.Now().Add(100*time.Hour))
	earlier := read(t, keyFile)
	issued(t, n, n.names(), time.Now().Add(100*time.Hour))
	_, reason := n.stale(time.Now())
	require.Empty(t, reason)
	for _, key := range []string{earlier, ""} {
		require.NoError(t, os.WriteFile(keyFile, []byte(key), 0o600))
		_, reason := n.stale(time.Now())
		assert.NotEmpty(t, reason)
	}
}

// A reload that failed when the certificate was made must not be the last one.
func TestACertificateThatTheServerDoesNotShowIsReloaded(t *testing.T) {
	n := machine(t, nil, map[string]string{"systemctl": `[ "$1" = reload ] && touch reloaded; exit 0`})
	end := time.Now().Add(100 * time.Hour).UTC().Truncate(time.Second)
	n.Address = "127.41.0.1" // nobody else's
	issued(t, n, n.names(), end)
	listener, err := net.Listen("tcp", n.Address+":8222")
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		shown := end.Add(-time.Hour)
		if _, err := os.Stat("reloaded"); err == nil {
			shown = end
		}
		_, _ = fmt.Fprintf(w, `{"tls_cert_not_after":%q}`, shown.Format(time.RFC3339))
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	require.NoError(t, n.certify(t.Context(), false))
	assert.FileExists(t, "reloaded")
}

// A CA that answers with nothing, or with a certificate that clients would refuse, must not reach
// the files: the server would not read them again.
func TestACertificateThatNobodyWouldTakeIsNotKept(t *testing.T) {
	n := machine(t, nil, nil)
	made := func(
		names []string,
		parent *x509.Certificate,
		parentKey *ecdsa.PrivateKey,
	) (string, *x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		template := &x509.Certificate{
			SerialNumber:          big.NewInt(1),
			NotBefore:             time.Now().Add(-time.Hour),
			NotAfter:              time.Now().Add(time.Hour),
			DNSNames:              names,
			IPAddresses:           []net.IP{net.ParseIP(n.Address)},
			IsCA:                  parent == nil,
			BasicConstraintsValid: true,
			ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if parent == nil {
			parent, parentKey = template, key
		}
		raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
		require.NoError(t, err)
		parsed, err := x509.ParseCertificate(raw)
		require.NoError(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), parsed, key
	}
	authority, root, rootKey := made(nil, nil, nil)
	other, _, _ := made(nil, nil, nil)
	good, _, _ := made(n.names(), root, rootKey)
	_, err := n.verify(good, authority)
	require.NoError(t, err)
	foreign, _, _ := made([]string{"nats-2.prod.internal"}, root, rootKey)
	for what, c := range map[string]struct{ certificate, authority, want string }{
		"no authority":    {certificate: good, authority: "\n", want: "gave no certificate of its own"},
		"another one":     {certificate: good, authority: other, want: "unknown authority"},
		"no certificate":  {certificate: "", authority: authority, want: "it is not PEM"},
		"of another node": {certificate: foreign, authority: authority, want: "nats-1.prod.internal"},
	} {
		_, err := n.verify(c.certificate, c.authority)
		assert.ErrorContains(t, err, c.want, what)
	}
}

func TestARequestNamesTheNodeTheClusterAndTheAddress(t *testing.T) {
	_, request, err := machine(t, nil, nil).request()
	require.NoError(t, err)
	block, _ := pem.Decode(request)
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, parsed.CheckSignature())
	assert.Equal(t, []string{"nats-1.prod.internal", "nats.prod.internal"}, parsed.DNSNames)
	assert.Equal(t, "127.0.0.1", parsed.IPAddresses[0].String())
}

func TestUnknownCommandsNameThoseThatAreKnown(t *testing.T) {
	assert.ErrorContains(
		t,
		machine(t, nil, nil).Run(context.Background(), []string{"reboot"}),
		"known are bootstrap, configuration, certificate",
	)
}

// The data disk was another machine's before, and whoever owned that could leave a link on it.
func TestALinkInThePlaceOfAFolderIsNotFollowed(t *testing.T) {
	n := machine(t, nil, map[string]string{"chown": "exit 0"})
	require.NoError(t, os.Mkdir("elsewhere", 0o755))
	require.NoError(t, os.Symlink("elsewhere", "store"))
	assert.ErrorContains(t, n.folder(t.Context(), "store", 0o750, "nats:nats"), "/store is no folder but L")
	info, err := os.Stat("elsewhere")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode().Perm())
}
