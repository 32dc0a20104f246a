// The embedded AWS over AWS's own wire protocol: what nodes, tasks and the controller call with an
// ordinary AWS SDK whose AWS_ENDPOINT_URL points here. README.md, "Over the wire", says what is
// served and in what it is less than AWS.
package localcloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxBody is the largest request that is taken, in bytes; S3 itself takes 5 GiB in one PutObject.
const maxBody = 512 << 20

// API serves the cloud's services on one address until it is closed.
type API struct {
	// URL is what AWS_ENDPOINT_URL gets, for example "http://127.0.0.1:40123".
	URL string

	server *http.Server
}

// ServeAPI serves the API on a free port of 127.0.0.1. It is plain HTTP, and policies see it as TLS
// (aws:SecureTransport is "true"): what leaves no machine needs no encryption, and a policy that
// demands TLS of AWS is not what a rehearsal is to break. Every request must be signed with
// credentials of Session. Several APIs of one cloud may run at once.
func (c *Cloud) ServeAPI() (*API, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the embedded AWS on a port of 127.0.0.1: %w", err)
	}
	api := &API{
		URL:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: c.apiHandler(), ReadHeaderTimeout: time.Minute},
	}
	go func() { _ = api.server.Serve(listener) }() // ends with Close, and then always in an error
	return api, nil
}

// Close ends the API and drops the calls that are under way.
func (a *API) Close() error { return a.server.Close() }

// runningAPI is what machines, tasks and functions call where things run.
var runningAPI = newState(
	stopAPI,
	func(c *Cloud, _ Runtime) (*API, error) { return c.ServeAPI() },
	(*API).Close,
)

// APIURL is where AWS's own protocol is served while things run.
func (c *Cloud) APIURL() string { return runningAPI.of(c).URL }

func (c *Cloud) apiHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.answer(w, r) })
}

// wireRequest is one call while it is under way.
type wireRequest struct {
	cloud     *Cloud
	http      *http.Request
	id        string
	protocol  protocol
	service   string // as the signature's scope has it: "s3"
	operation string // as AWS names it: "GetObject"
	body      []byte
	trailer   http.Header // what followed a chunked body
	caller    *roleSession
	noted     *APICall // the last one noted of this call
}

// operation answers one call that is authenticated; it asks wireRequest.allow for itself, and
// writes nothing where it returns an error.
type operation func(*wireRequest, http.ResponseWriter) *apiError

// operations are all that is served, by signing name of the service and operation.
var operations = map[string]map[string]operation{}

// registerOperations adds what a service answers over the wire when the package loads.
func registerOperations(service string, answers map[string]operation) struct{} {
	if _, exists := operations[service]; exists {
		panic(fmt.Sprintf("localcloud: two sets of operations for %s", service))
	}
	operations[service] = answers
	return struct{}{}
}

// answer reads a call, finds out who makes it, and lets the operation answer.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request) {
	in := &wireRequest{cloud: c, http: r, id: uuid()}
	scope, malformed := readScope(r.Header.Get("Authorization"))
	in.service = scope.service
	in.protocol = protocolOf(r, scope.service)
	w.Header().Set("x-amzn-RequestId", in.id)
	w.Header().Set("x-amz-request-id", in.id)
	fault := in.read()
	in.operation = in.operationName()
	if fault == nil {
		fault = in.authenticate(scope, malformed)
	}
	if fault == nil {
		fault = in.dispatch(w)
	}
	if fault != nil {
		in.noteFault(fault)
		in.protocol.refuse(w, in, fault)
	}
}

func (in *wireRequest) dispatch(w http.ResponseWriter) *apiError {
	if answer := operations[in.service][in.operation]; answer != nil {
		return answer(in, w)
	}
	return in.protocol.unknown(in)
}

// read takes the body, and out of S3's chunks where it comes in them.
func (in *wireRequest) read() *apiError {
	body, err := readAll(in.http.Body, in.http.ContentLength)
	if errors.Is(err, errTooLarge) {
		return &apiError{
			status: http.StatusBadRequest,
			code:   "EntityTooLarge",
			message: fmt.Sprintf(
				"Your proposed upload exceeds the maximum allowed size: the embedded AWS takes %d bytes",
				maxBody,
			),
		}
	}
	if err != nil {
		return &apiError{
			status:  http.StatusBadRequest,
			code:    "IncompleteBody",
			message: "You did not provide the number of bytes specified by the Content-Length HTTP header.",
		}
	}
	in.body = body
	return nil
}

var errTooLarge = errors.New("the body is too large")

// readAll reads a body in one piece where its length is told: a server binary has 17 MB.
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
