// The instance metadata service, where a machine reads its name, its place and its credentials.
// Sources: EC2 user guide, "Use the Instance Metadata Service to access instance metadata", "How
// Instance Metadata Service Version 2 works", "Instance metadata categories" and "Retrieve security
// credentials from instance metadata". Not faithful: the hop limit of an instance has no effect,
// because every caller is one hop away; categories other than those of answers.go
// do not exist.
package imds

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Metadata serves one instance's metadata until it is closed.
type Metadata struct {
	// URL is the value for AWS_EC2_METADATA_SERVICE_ENDPOINT.
	URL string

	cloud    *cloud.Cloud
	instance string
	server   *http.Server

	mu     sync.Mutex
	tokens map[string]time.Time // to their end
	// given are the credentials that were given last; givenTo is the unique id of their role.
	given   awsapi.Credentials
	givenTo string
}

const (
	// TokenPath is where a client gets a token; it sends the token in TokenHeader, and requests its
	// lifetime in TTLHeader.
	TokenPath = "/latest/api/token"
	// TokenHeader is the header in which a request brings its token.
	TokenHeader = "X-Aws-Ec2-Metadata-Token"
	// TTLHeader is the header in which a request says how long its token is to live.
	TTLHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	// maxTokenSeconds is the longest lifetime of a token: six hours.
	maxTokenSeconds = 21600
	// credentialsEarly is how long before the end of credentials new ones are given. EC2 gives them
	// at least five minutes before.
	credentialsEarly = time.Hour
)

// ServeMetadata serves the metadata of an instance on a free port of 127.0.0.1. Whether a token is
// needed, and whether the service answers at all, follows the instance's metadataOptions as they
// are at each request. The instance need not exist yet; while it does not, everything is "not
// found".
func ServeMetadata(c *cloud.Cloud, instanceID string) (*Metadata, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the metadata of instance %s on a port of 127.0.0.1: %w", instanceID, err)
	}
	m := &Metadata{
		URL:      "http://" + listener.Addr().String(),
		cloud:    c,
		instance: instanceID,
		tokens:   map[string]time.Time{},
	}
	m.server = &http.Server{Handler: http.HandlerFunc(m.answer), ReadHeaderTimeout: time.Minute}
	go func() { _ = m.server.Serve(listener) }() // always ends in an error, after Close
	return m, nil
}

// Close ends the service.
func (m *Metadata) Close() error { return m.server.Close() }

// answer first looks at the instance's options, then at the token, then at the path.
func (m *Metadata) answer(w http.ResponseWriter, r *http.Request) {
	instance, now := m.look()
	switch {
	case instance == nil:
		http.Error(w, "no such instance", http.StatusNotFound)
	case instance.Str("metadataOptions.httpEndpoint") == "disabled":
		http.Error(w, "Forbidden", http.StatusForbidden)
	case r.Method == http.MethodPut && r.URL.Path == TokenPath:
		m.giveToken(w, r, now)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	case !m.validToken(r, instance, now):
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	default:
		m.give(w, r, instance, now)
	}
}

// look returns a copy of the instance's record, nil where there is none, and the cloud's time.
func (m *Metadata) look() (*cloud.Record, time.Time) {
	return cloud.Update2(m.cloud, func(tx *cloud.Tx) (*cloud.Record, time.Time) {
		now := awsapi.Wire(tx).Now()
		found := tx.Find("aws:ec2/instance:Instance", "", m.instance)
		if found == nil {
			return nil, now
		}
		copied := found.Copy()
		return &copied, now
	})
}

// giveToken answers with a token. A request that came through a proxy gets none.
func (m *Metadata) giveToken(w http.ResponseWriter, r *http.Request, now time.Time) {
	if r.Header.Get("X-Forwarded-For") != "" {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	seconds, err := strconv.Atoi(r.Header.Get(TTLHeader))
	if err != nil || seconds < 1 || seconds > maxTokenSeconds {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	token := cloud.RandomOf(cloud.LettersAndDigits, 54) + "=="
	m.mu.Lock()
	for old, end := range m.tokens {
		if now.After(end) {
			delete(m.tokens, old)
		}
	}
	m.tokens[token] = now.Add(time.Duration(seconds) * time.Second)
	m.mu.Unlock()
	w.Header().Set(TTLHeader, strconv.Itoa(seconds))
	_, _ = fmt.Fprint(w, token) // fails where the client is gone
}

// validToken checks the token of a request. A token that is given must be valid, and there must be
// one where the instance's options require it.
func (m *Metadata) validToken(r *http.Request, instance *cloud.Record, now time.Time) bool {
	token := r.Header.Get(TokenHeader)
	if token == "" {
		return instance.Str(
			"metadataOptions.httpTokens",
		) == "optional" // by default Amazon Linux 2023 requires one
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	end, known := m.tokens[token]
	return known && now.Before(end)
}

// give answers with what a path names.
func (m *Metadata) give(w http.ResponseWriter, r *http.Request, instance *cloud.Record, now time.Time) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/latest/"), "/")
	answer, found := metadataAnswers[path]
	role, ofRole := strings.CutPrefix(path, credentialsPath+"/")
	var content string
	switch {
	case ofRole:
		content, found = m.credentials(role, instance, now)
	case found:
		content, found = answer(m, instance)
	}
	if !found {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = fmt.Fprint(w, content) // fails where the client is gone
}
