// Requests whose headers are as they should not be: names and values, hosts and versions of HTTP, and what says where a body ends.
package rehearsal

import (
	"fmt"
	"strings"
)

// longID is longer than the gateway takes.
var longID = strings.Repeat("k", 300)

// hostileHeaders name and repeat headers as they should not be, or headers that should change nothing.
var hostileHeaders = []hostileGroup{
	{"headers", byGateway, []int{400}, []sent{
		{"a long request id", quest("{}", "X-Request-Id: "+longID)},
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
	{"headers", byRouter, []int{417}, []sent{{"an expectation that nobody has", quest("{}", "Expect: 200-maybe")}}},
	{"headers", byGateway, []int{200}, []sent{
		{"a request id twice", quest("{}", "X-Request-Id: a", "X-Request-Id: "+longID)},
		{"an escaped line end, which is text", quest("{}", "X-Request-Id: a%0d%0aSet-Cookie: b")},
		{"a name that the load balancer drops", quest("{}", "X_Request_Id: "+longID)},
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
}

// hostileHosts name no host, two, or somebody else's, and versions of HTTP that there are not.
var hostileHosts = []hostileGroup{
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

// hiddenLength is a length that reaches over a hidden request.
var hiddenLength = fmt.Sprintf("Content-Length: %d", len(smuggled))

// hostileFrames are unclear about where they end, or hide another request.
var hostileFrames = []hostileGroup{
	{"framing", byRouter, []int{400}, []sent{
		{"two lengths", framed("{}"+smuggled, "Content-Length: 2", hiddenLength)},
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
		{"a request in a body", framed(smuggled, hiddenLength)},
		{"a request in a chunk, with a length that ends before it", framed(chunk(smuggled), "Content-Length: 4", chunkedHeader)},
		{"a request in a body, with an encoding that the load balancer drops", framed(smuggled, hiddenLength, "Transfer_Encoding: chunked")},
	}},
	// Who sends both a length and chunks is read as sending chunks: what is behind them is the client's next request, to everybody
	// on the way. AWS's defensive mode would end the connection.
	{"framing", byBoth, []int{200}, []sent{
		{"a request behind the chunks, within the length", framed("0\r\n\r\n"+httpGet("/next"), "Content-Length: 60", chunkedHeader)},
	}},
	{"framing", byRouter, []int{404, 405}, []sent{
		{"a request in the body of a GET", httpRequest("GET", "/nobody", hiddenLength, "Connection: close") + smuggled},
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

// largeHeaders are more than a server reads.
func largeHeaders() []hostileGroup {
	return []hostileGroup{
		{"headers", byRouter, []int{400, 431}, []sent{{"2 MB of one header", quest("{}", "X-Large: "+strings.Repeat("a", 2<<20))},
			{"2 MB of headers", quest("{}", strings.TrimSuffix(strings.Repeat("X-Many: aaaaaaaaaaaaaaaa\r\n", 80000), "\r\n"))}}},
	}
}
