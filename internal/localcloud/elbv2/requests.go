// What an application load balancer does to a request: which ones it answers itself, which headers
// it adds, and what a client gets when a target does not answer.
package elbv2

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// validHeader matches the header fields that "drop invalid header fields" keeps (Application Load
// Balancers, "HTTP headers and Application Load Balancers").
var validHeader = regexp.MustCompile(`^[-A-Za-z0-9]+$`)

// handler answers the requests that the load balancer answers itself, and passes the others to the
// proxy.
func (b *application) handler(proxy http.Handler) http.Handler {
	dropInvalid := b.owner.Get("dropInvalidHeaderFields") == true
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		redirect := b.action.redirect
		b.mu.Unlock()
		if redirect != nil {
			redirectTo(w, r, redirect)
			return
		}
		chosen, found := b.choose()
		if !found {
			http.Error(w, "503 Service Temporarily Unavailable", http.StatusServiceUnavailable)
			return
		}
		for name := range r.Header {
			if dropInvalid && !validHeader.MatchString(name) {
				r.Header.Del(name)
			}
		}
		body := &clientBody{ReadCloser: r.Body, length: r.ContentLength}
		ctx := context.WithValue(context.WithValue(r.Context(), chosenKey{}, chosen), bodyKey{}, body)
		if r = r.WithContext(ctx); r.ContentLength != 0 {
			r.Body = body
		}
		proxy.ServeHTTP(w, r)
	})
}

type (
	chosenKey struct{}
	bodyKey   struct{}
)

// clientBody remembers an error of reading it: then the client is the reason why a target does not
// answer.
type clientBody struct {
	io.ReadCloser
	length, read int64 // length is -1 if the client does not give it
	broken       atomic.Bool
}

func (b *clientBody) Read(into []byte) (int, error) {
	count, err := b.ReadCloser.Read(into)
	b.read += int64(count)
	switch {
	case errors.Is(err, http.ErrBodyReadAfterClose):
		// The server closes a body when the answer begins. If that was before the transport looked
		// for the end of a body that it had read, an error would make it close the connection in
		// the middle of the answer.
		if b.read == b.length {
			err = io.EOF
		}
	case err != nil && !errors.Is(err, io.EOF):
		b.broken.Store(true)
	}
	return count, err
}

// rewrite directs a request to the chosen target and adds the headers about its origin.
func (b *application) rewrite(r *httputil.ProxyRequest) {
	chosen, _ := r.In.Context().Value(chosenKey{}).(netip.AddrPort)
	r.SetURL(&url.URL{Scheme: "http", Host: chosen.String()})
	r.Out.Host = r.In.Host
	r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
	r.SetXForwarded()
	r.Out.Header.Set("X-Forwarded-Port", strconv.Itoa(b.port))
}

// answerFailure answers in place of a target: 504 if it did not answer, 502 if it refused or broke
// the connection, 400 if the client's body is malformed (Application Load Balancers,
// "Troubleshoot").
func answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	if body, known := r.Context().Value(bodyKey{}).(*clientBody); known && body.broken.Load() {
		http.Error(w, "400 Bad Request", http.StatusBadRequest)
		return
	}
	var slow net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		http.Error(w, "504 Gateway Time-out", http.StatusGatewayTimeout)
		return
	}
	http.Error(w, "502 Bad Gateway", http.StatusBadGateway)
}

// redirectTo answers a request with the redirection of a listener's action.
func redirectTo(w http.ResponseWriter, r *http.Request, to *redirection) {
	status := http.StatusFound
	if to.status == "HTTP_301" {
		status = http.StatusMovedPermanently
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	scheme := map[string]string{"HTTPS": "https", "HTTP": "http"}[to.protocol]
	http.Redirect(w, r, scheme+"://"+net.JoinHostPort(host, to.port)+r.URL.RequestURI(), status)
}

// admitting is a listener that accepts only clients that the security groups of the load balancer
// allow. Clients of a public one have no interface in the VPC.
type admitting struct {
	net.Listener
	balancer *application
	address  netip.Addr
}

// Accept closes connections of other clients without an answer.
func (j *admitting) Accept() (net.Conn, error) {
	for {
		connection, err := j.Listener.Accept()
		if err != nil {
			return nil, err
		}
		remote, err := netip.ParseAddrPort(connection.RemoteAddr().String())
		if err == nil &&
			allowsClient(j.balancer.cloud,
				remote.Addr().Unmap(),
				j.address,
				j.balancer.port,
				j.balancer.owner.Get("internal") != true,
			) {
			return connection, nil
		}
		_ = connection.Close() // the client gets no reason
	}
}

// allowsClient reports whether the security groups allow a client of a load balancer.
func allowsClient(c *cloud.Cloud, source, node netip.Addr, port int, public bool) bool {
	if ec2.CheckConnection(c, source, node, port) == nil {
		return true
	}
	return cloud.View(c, func(tx *cloud.Tx) bool {
		if _, inside := ec2.FindFlowEnd(tx, source); inside || !public {
			return false
		}
		to, known := ec2.FindFlowEnd(tx, node)
		return known &&
			ec2.GroupsAllow(tx, to.Groups, "ingress", ec2.IngressRuleType, ec2.FlowEnd{Address: source}, port)
	})
}
