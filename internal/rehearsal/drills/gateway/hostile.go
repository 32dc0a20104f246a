// Malformed and hostile HTTP requests, byte by byte, with what is right for each; and the finder of
// what no answer may show. The drill gw.contract (contract.go) sends them; hostile_*.go list them
// by family.

package gateway

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

// answerer is the program that has to answer a request; it also says how many requests
// the gateway counts.
type answerer int

const (
	// byGateway is the gateway, which has read the request and counts it.
	byGateway answerer = iota
	// byRouter is the gateway's router, or HTTP's own rules: no subject gets a request, nothing is
	// counted.
	byRouter
	// byEither is for a body that breaks off on its way: whoever sees it first answers, and the
	// gateway may have counted it.
	byEither
	// byNobody is for a client that goes away; the gateway may have counted it.
	byNobody
	// byBoth is for a request with a second one behind it that is the client's own: the gateway
	// answers the first, its router the second.
	byBoth
)

// closed is the "status" of a connection that is ended without an answer.
const closed = 0

// hostileRequest is one row: right are the statuses that may come.
type hostileRequest struct {
	family, name, raw string
	by                answerer
	right             []int
}

// sent is a request with what it tries.
type sent struct{ name, raw string }

// hostileGroup are requests that are to be answered alike.
type hostileGroup struct {
	family   string
	by       answerer
	right    []int
	requests []sent
}

const (
	questRoute = "/quest/generate"
	modelRoute = "/ai/models/"
	timeRoute  = "/v1/svc/time/v1/get_time"
	// smuggledSubject is requested by no row, only by what is hidden in bodies and headers: if a
	// request to it arrives, that was let through.
	smuggledSubject = "svc.payment.v1.process"
	smuggled        = "POST /v1/svc/payment/v1/process HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}"
	chunkedHeader   = "Transfer-Encoding: chunked"
	// pageScript is what would run in a page that an answer is shown as.
	pageScript = "<script>alert(1)</script>"
	// mostBody is the gateway's limit.
	mostBody = 1 << 20
)

func httpRequest(method, path string, headers ...string) string {
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: gateway"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func httpGet(path string, headers ...string) string { return httpRequest("GET", path, headers...) }

// httpPost is well framed, whatever the body is.
func httpPost(path, body string, headers ...string) string {
	return httpRequest("POST", path, append(headers, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// quest is well framed and goes to a subject that exists.
func quest(body string, headers ...string) string { return httpPost(questRoute, body, headers...) }

// framed goes to a subject that exists; its headers say where its body ends.
func framed(body string, headers ...string) string {
	return httpRequest("POST", questRoute, headers...) + body
}

// chunk is one chunk and the last.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text), text) }

// nested is a list in so many lists.
func nested(depth int) string {
	return `{"context": {"a": ` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}}`
}

// hostileRequests are all of them. Large ones are made when they are needed.
func hostileRequests() (all []hostileRequest) {
	for _, groups := range [][]hostileGroup{
		hostilePaths, hostileMetrics, hostileMethods, hostileSubjects, largePaths(),
		hostileJSON, hostileSchemas, largeBodies(),
		hostileHeaders, hostileHosts, hostileFrames, largeHeaders(),
		hostileTexts, hostileKeys, hostileStreams, hostileClients, largeMeanings(),
	} {
		for _, g := range groups {
			for _, one := range g.requests {
				all = append(all, hostileRequest{
					family: g.family,
					name:   one.name,
					raw:    one.raw,
					by:     g.by,
					right:  g.right,
				})
			}
		}
	}
	return all
}

// forbidden are what no answer may hold, besides the secrets themselves, by what it would reveal.
var forbidden = map[string]*regexp.Regexp{
	"the stack of a goroutine":   regexp.MustCompile(`goroutine`),
	"a file of the program":      regexp.MustCompile(`\.go:`),
	"an error of NATS":           regexp.MustCompile(`nats:`),
	"the address of a server":    regexp.MustCompile(`tls://`),
	"an address of the VPC":      regexp.MustCompile(`\b127\.20\.`),
	"the seed of an identity":    seedPattern,
	"a type of the program":      regexp.MustCompile(`protoreflect|protojson|dynamicpb|\*errors\.|\*fmt\.`),
	"an error of the runtime":    regexp.MustCompile(`runtime error|panic`),
	"an error of the connection": regexp.MustCompile(`dial tcp|connection refused|i/o timeout|broken pipe`),
}

// seedPattern is an nkey seed of a user.
var seedPattern = regexp.MustCompile(`SU[A-Z2-7]{56}`)

// leaksIn says what a text reveals that it must not, by the name of what is revealed; never the
// text itself.
func leaksIn(client string, text []byte, secrets []stage.Secret) []string {
	leaks := stage.Leaks(map[string][]byte{client: text}, secrets)
	for what, pattern := range forbidden {
		if pattern.Match(text) {
			leaks = append(leaks, client+" shows "+what)
		}
	}
	return leaks
}
