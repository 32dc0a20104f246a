// The embedded AWS over AWS's own wire protocol: what nodes, tasks and the controller call with an
// ordinary AWS SDK whose AWS_ENDPOINT_URL points here. README.md, "Over the wire", says what is
// served, and lists the differences from AWS.
package awsapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// maxBody is the largest request, in bytes. S3 itself accepts 5 GiB in one PutObject.
const maxBody = 512 << 20

// API serves the cloud's services on one address until it is closed.
type API struct {
	// URL is the value for AWS_ENDPOINT_URL, for example "http://127.0.0.1:40123".
	URL string

	server *http.Server
}

// ServeAPI serves the API on a free port of 127.0.0.1. It is plain HTTP, but aws:SecureTransport is
// "true" for policies: requests do not leave this computer, and policies that require TLS must hold
// here as in AWS. Every request must be signed with credentials from Session. Several APIs of one
// cloud may run at once.
func ServeAPI(c *cloud.Cloud) (*API, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the embedded AWS on a port of 127.0.0.1: %w", err)
	}
	api := &API{
		URL:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: Handler(c), ReadHeaderTimeout: time.Minute},
	}
	go func() { _ = api.server.Serve(listener) }() // always ends in an error, after Close
	return api, nil
}

// Close ends the API and drops the calls under way.
func (a *API) Close() error { return a.server.Close() }

// runningAPI is what machines, tasks and functions call where things run.
var runningAPI = cloud.NewState(
	cloud.StopAPI,
	func(c *cloud.Cloud, _ cloud.Runtime) (*API, error) { return ServeAPI(c) },
	(*API).Close,
)

// APIURL returns the URL of the API that runs while things run; call it only then.
func APIURL(c *cloud.Cloud) string { return runningAPI.Of(c).URL }

// Handler serves the cloud's services over AWS's own protocols.
func Handler(c *cloud.Cloud) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(c, w, r) })
}

// Request is one call over the wire, while it runs.
type Request struct {
	Cloud     *cloud.Cloud
	HTTP      *http.Request
	id        string
	Protocol  Protocol
	Service   string // as the signature's scope has it: "s3"
	Operation string // as AWS names it: "GetObject"
	Body      []byte
	Trailer   http.Header // what followed a chunked body
	Caller    *RoleSession
	noted     *APICall // the last note of this call
}

// Operation answers one call. The caller is authenticated; whether it is allowed, the operation
// checks with Request.Allow. It writes nothing where it returns an error.
type Operation func(*Request, http.ResponseWriter) *Error

// operations are all operations that are served, by the signing name of the service and by name.
var operations = map[string]map[string]Operation{}

// RegisterOperations adds the operations of a service when its package loads; service is its
// signing name. A second set for a service is a mistake in this project and panics.
func RegisterOperations(service string, answers map[string]Operation) struct{} {
	if _, exists := operations[service]; exists {
		panic(fmt.Sprintf("localcloud: two sets of operations for %s", service))
	}
	operations[service] = answers
	return struct{}{}
}

// answer reads a call, authenticates the caller and calls the operation.
func answer(c *cloud.Cloud, w http.ResponseWriter, r *http.Request) {
	in := &Request{Cloud: c, HTTP: r, id: cloud.UUID()}
	scope, malformed := readScope(r.Header.Get("Authorization"))
	in.Service = scope.service
	in.Protocol = protocolOf(r, scope.service)
	w.Header().Set("x-amzn-RequestId", in.id)
	w.Header().Set("x-amz-request-id", in.id)
	fault := in.read()
	in.Operation = in.operationName()
	if fault == nil {
		fault = in.authenticate(scope, malformed)
	}
	if fault == nil {
		fault = in.dispatch(w)
	}
	if fault != nil {
		in.noteFault(fault)
		in.Protocol.refuse(w, in, fault)
	}
}

func (in *Request) dispatch(w http.ResponseWriter) *Error {
	if answer := operations[in.Service][in.Operation]; answer != nil {
		return answer(in, w)
	}
	return in.Protocol.unknown(in)
}

// read reads the body as it came; S3's chunks are decoded after the check of the signature.
func (in *Request) read() *Error {
	body, err := readAll(in.HTTP.Body, in.HTTP.ContentLength)
	if errors.Is(err, errTooLarge) {
		return &Error{
			Status: http.StatusBadRequest,
			Code:   "EntityTooLarge",
			Message: fmt.Sprintf(
				"Your proposed upload exceeds the maximum allowed size: the embedded AWS takes %d bytes",
				maxBody,
			),
		}
	}
	if err != nil {
		return &Error{
			Status:  http.StatusBadRequest,
			Code:    "IncompleteBody",
			Message: "You did not provide the number of bytes specified by the Content-Length HTTP header.",
		}
	}
	in.Body = body
	return nil
}

var errTooLarge = errors.New("the body is too large")

// readAll reads a body into a buffer of the right size where its length is known: a server binary
// has 17 MB.
func readAll(body io.Reader, length int64) ([]byte, error) {
	if length > maxBody {
		return nil, errTooLarge
	}
	var held bytes.Buffer
	if length > 0 {
		held.Grow(int(length) + bytes.MinRead)
	}
	n, err := held.ReadFrom(io.LimitReader(body, maxBody+1))
	if n > maxBody {
		return nil, errTooLarge
	}
	return held.Bytes(), err
}
