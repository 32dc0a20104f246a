// Requests whose headers are as they should not be: names and values, hosts and versions of HTTP,
// and what says where a body ends.

package gateway

import (
	"fmt"
	"strings"
)

// longID is longer than the gateway takes.
var longID = strings.Repeat("k", 300)

// hostileHeaders name and repeat headers as they should not be, or headers that should change
// nothing.
var hostileHeaders = []hostileGroup{
	{
		family: "headers",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a long request id", raw: quest("{}", "X-Request-Id: "+longID)},
			{name: "a request id that is no UTF-8", raw: quest("{}", "X-Request-Id: \xff\xfe")},
			{name: "a request id with control characters of Unicode", raw: quest("{}", "X-Request-Id: a\xc2\x85b")},
		},
	},
	{
		family: "headers",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{name: "a space before the colon", raw: quest("{}", "X-Request-Id : r-1")},
			{name: "a name with a space", raw: quest("{}", "X Request Id: r-1")},
			{name: "no name", raw: quest("{}", ": r-1")},
			{name: "no colon", raw: quest("{}", "X-Request-Id")},
			{name: "a name that is no ASCII", raw: quest("{}", "X-R\xc3\xa9quest: r-1")},
			{name: "a NUL in a value", raw: quest("{}", "X-Request-Id: a\x00b")},
			{name: "a bell in a value", raw: quest("{}", "X-Request-Id: a\x07b")},
			{name: "a carriage return in a value", raw: quest("{}", "X-Request-Id: a\rX-Other: b")},
			{
				name: "a header that begins with a space",
				raw:  "POST " + questRoute + " HTTP/1.1\r\n Host: gateway\r\nContent-Length: 2\r\n\r\n{}",
			},
		},
	},
	{
		family:   "headers",
		by:       byRouter,
		right:    []int{417},
		requests: []sent{{name: "an expectation that nobody has", raw: quest("{}", "Expect: 200-maybe")}},
	},
	{
		family: "headers",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "a request id twice", raw: quest("{}", "X-Request-Id: a", "X-Request-Id: "+longID)},
			{name: "an escaped line end, which is text", raw: quest("{}", "X-Request-Id: a%0d%0aSet-Cookie: b")},
			{name: "a name that the load balancer drops", raw: quest("{}", "X_Request_Id: "+longID)},
			{
				name: "a line that is folded",
				raw:  quest("{}", "X-Request-Id: a\r\n b"),
			}, // RFC 9112, 5.2: a space for the fold is right
			{name: "another method", raw: quest("{}", "X-HTTP-Method-Override: DELETE")},
			{name: "another path", raw: quest("{}", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics")},
			{name: "another host", raw: quest("{}", "X-Forwarded-Host: example.com", "X-Forwarded-Proto: https")},
			{name: "an expectation that is met", raw: quest("{}", "Expect: 100-continue")},
			{
				name: "another protocol",
				raw: quest(
					"{}",
					"Connection: Upgrade",
					"Upgrade: websocket",
					"Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
				),
			},
			{
				name: "another version of HTTP",
				raw: quest(
					"{}",
					"Connection: Upgrade, HTTP2-Settings",
					"Upgrade: h2c",
					"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
				),
			},
			{name: "a trace that is none", raw: quest("{}", "Traceparent: 00-zz-zz-zz", "Tracestate: =,=")},
			// JSON is read whatever it is called: the callers of before named no type.
			{name: "JSON that says it is a form", raw: quest("{}", "Content-Type: application/x-www-form-urlencoded")},
			{name: "JSON that says it is a picture", raw: quest("{}", "Content-Type: image/png")},
			{name: "a type that is none", raw: quest("{}", "Content-Type: ;;;")},
			{name: "an answer in XML", raw: quest("{}", "Accept: text/xml")},
		},
	},
}

// hostileHosts name no host, two, or another's, and versions of HTTP that there are not.
var hostileHosts = []hostileGroup{
	{
		family: "hosts and versions",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{name: "no host", raw: "POST " + questRoute + " HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"},
			{name: "two hosts", raw: quest("{}", "Host: gateway")},
			{name: "two different hosts", raw: quest("{}", "Host: example.com")},
			{name: "a host that is none", raw: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
			{name: "a host with a line end", raw: "GET / HTTP/1.1\r\nHost: a\x0bb\r\n\r\n"},
			{name: "HTTP/0.9", raw: "GET /\r\n\r\n"},
			{name: "a version in small letters", raw: "GET / http/1.1\r\nHost: gateway\r\n\r\n"},
			{name: "a version without a dot", raw: "GET / HTTP/11\r\nHost: gateway\r\n\r\n"},
			{name: "a version and more", raw: "GET / HTTP/1.1 x\r\nHost: gateway\r\n\r\n"},
			{name: "another protocol's greeting", raw: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"},
			{name: "a command of NATS", raw: "CONNECT {}\r\nPUB svc.quest.v1.generate 2\r\n{}\r\n\r\n"},
			{name: "a command of Redis", raw: "*1\r\n$8\r\nFLUSHALL\r\n\r\n"},
			{name: "empty lines before a request that is none", raw: "\r\n\r\n\r\n"},
		},
	},
	{
		family: "hosts and versions",
		by:     byRouter,
		right:  []int{400, 404, 405, 505},
		requests: []sent{ // AWS speaks HTTP/2 over TLS only; Go hands the greeting to the router
			{name: "HTTP/2's greeting", raw: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		},
	},
	{
		family: "hosts and versions",
		by:     byRouter,
		right:  []int{505},
		requests: []sent{
			{name: "HTTP/3", raw: "GET / HTTP/3.0\r\nHost: gateway\r\n\r\n"},
			{name: "HTTP/0.0", raw: "GET / HTTP/0.0\r\nHost: gateway\r\n\r\n"},
		},
	},
	{
		family: "hosts and versions",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{
				name: "another's host",
				raw:  "POST " + questRoute + " HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\n{}",
			},
			{name: "HTTP/1.0 without a host", raw: "POST " + questRoute + " HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"},
			{
				name: "HTTP/1.2",
				raw:  "POST " + questRoute + " HTTP/1.2\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}",
			}, // RFC 9110, 2.5: as the highest minor version that it knows
		},
	},
}

// hiddenLength is a length that reaches over a hidden request.
var hiddenLength = fmt.Sprintf("Content-Length: %d", len(smuggled))

// hostileFrames are unclear about where they end, or hide another request.
var hostileFrames = []hostileGroup{
	{
		family: "framing",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{name: "two lengths", raw: framed("{}"+smuggled, "Content-Length: 2", hiddenLength)},
			{name: "two lengths in one header", raw: framed("{}"+smuggled, "Content-Length: 2, 131")},
			{name: "a negative length", raw: framed(smuggled, "Content-Length: -1")},
			{name: "a length with a plus", raw: framed("{}", "Content-Length: +2")},
			{name: "a hexadecimal length", raw: framed("{}", "Content-Length: 0x2")},
			{name: "a length beyond 64 bits", raw: framed("{}", "Content-Length: 99999999999999999999")},
			{name: "a length of no digits", raw: framed(smuggled, "Content-Length:")},
			{name: "a length with a space before its colon", raw: framed(smuggled, "Content-Length : 0")},
			{name: "chunks with a space before the colon", raw: framed(chunk("{}"), "Transfer-Encoding : chunked")},
			{
				name: "a folded header before the host",
				raw:  "POST " + questRoute + " HTTP/1.1\r\n\tContent-Length: 2\r\nHost: gateway\r\n\r\n{}",
			},
		},
	},
	{
		family: "framing",
		by:     byRouter,
		right:  []int{400, 501},
		requests: []sent{ // RFC 9112, 6.1: an encoding that is not known is not implemented
			{name: "identity", raw: framed("{}", "Transfer-Encoding: identity", "Content-Length: 2")},
			{name: "chunked and identity", raw: framed(chunk("{}"), "Transfer-Encoding: chunked, identity")},
			{name: "identity and chunked", raw: framed(chunk("{}"), "Transfer-Encoding: identity, chunked")},
			{name: "chunked twice", raw: framed(chunk("{}"), chunkedHeader, chunkedHeader)},
			{name: "chunked next to another encoding", raw: framed(chunk("{}"), chunkedHeader, "Transfer-Encoding: x")},
			{name: "almost chunked", raw: framed(chunk("{}"), "Transfer-Encoding: xchunked")},
			{name: "chunked in quotes", raw: framed(chunk("{}"), `Transfer-Encoding: "chunked"`)},
			{name: "chunked behind a vertical tab", raw: framed(chunk("{}"), "Transfer-Encoding: \x0bchunked")},
			{name: "gzip and chunked", raw: framed(chunk("{}"), "Transfer-Encoding: gzip, chunked")},
			{name: "an empty encoding", raw: framed(chunk("{}"), "Transfer-Encoding:", "Content-Length: 2")},
			{
				name: "a length that is none next to chunks",
				raw:  framed(chunk("{}"), "Content-Length: x", chunkedHeader),
			},
		},
	},
	{
		family: "framing",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "one length twice", raw: framed("{}", "Content-Length: 2", "Content-Length: 2")},
			{name: "chunks", raw: framed(chunk("{}"), chunkedHeader)},
			{name: "chunks in capitals", raw: framed(chunk("{}"), "TRANSFER-ENCODING: CHUNKED")},
			{name: "a chunk's extension", raw: framed("2;a=\"b\"\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a chunk's size with zeros before it", raw: framed("0002\r\n{}\r\n000\r\n\r\n", chunkedHeader)},
			{
				name: "a trailer that would be a header",
				raw: framed(
					"2\r\n{}\r\n0\r\nX-Request-Id: a\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n",
					chunkedHeader,
				),
			},
			// RFC 9112, 6.3: the encoding overrides the length, which goes no further.
			{name: "chunks and a length", raw: framed(chunk("{}"), "Content-Length: 12", chunkedHeader)},
			// RFC 9112, 6.1: framing that HTTP/1.0 does not have; it is taken as no body, and the
			// connection ends.
			{
				name: "chunks in HTTP/1.0",
				raw: "POST " + questRoute + " HTTP/1.0\r\nHost: gateway\r\n" + chunkedHeader + "\r\n\r\n" + chunk(
					"{}",
				) + smuggled,
			},
		},
	},
	{
		family: "framing",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a request in a body", raw: framed(smuggled, hiddenLength)},
			{
				name: "a request in a chunk, with a length that ends before it",
				raw:  framed(chunk(smuggled), "Content-Length: 4", chunkedHeader),
			},
			{
				name: "a request in a body, with an encoding that the load balancer drops",
				raw:  framed(smuggled, hiddenLength, "Transfer_Encoding: chunked"),
			},
		},
	},
	// A request with both a length and chunks is read as chunks: what is behind them is the
	// client's next request, to everybody on the way. AWS's defensive mode would end the
	// connection.
	{
		family: "framing",
		by:     byBoth,
		right:  []int{200},
		requests: []sent{
			{
				name: "a request behind the chunks, within the length",
				raw:  framed("0\r\n\r\n"+httpGet("/next"), "Content-Length: 60", chunkedHeader),
			},
		},
	},
	{
		family: "framing",
		by:     byRouter,
		right:  []int{404, 405},
		requests: []sent{
			{
				name: "a request in the body of a GET",
				raw:  httpRequest("GET", "/nobody", hiddenLength, "Connection: close") + smuggled,
			},
		},
	},
	{
		family: "framing",
		by:     byEither,
		right:  []int{400},
		requests: []sent{
			{name: "a chunk's size in letters", raw: framed("zz\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a negative chunk", raw: framed("-2\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a chunk's size with 0x", raw: framed("0x2\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a chunk of no size", raw: framed("\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a chunk beyond 64 bits", raw: framed("fffffffffffffffff\r\n{}\r\n0\r\n\r\n", chunkedHeader)},
			{name: "a chunk that is longer than it says", raw: framed("1\r\n{}\r\n0\r\n\r\n"+smuggled, chunkedHeader)},
			{
				name: "a chunk's extension of line feeds",
				raw:  framed("2;\n"+smuggled+"\r\n{}\r\n0\r\n\r\n", chunkedHeader),
			},
			{
				name: "more extension than content",
				raw:  framed(strings.Repeat("1;"+strings.Repeat("a", 3000)+"\r\n \r\n", 30)+"0\r\n\r\n", chunkedHeader),
			},
		},
	},
}

// largeHeaders are more than a server reads.
func largeHeaders() []hostileGroup {
	return []hostileGroup{
		{
			family: "headers",
			by:     byRouter,
			right:  []int{400, 431},
			requests: []sent{
				{name: "2 MB of one header", raw: quest("{}", "X-Large: "+strings.Repeat("a", 2<<20))},
				{
					name: "2 MB of headers",
					raw: quest(
						"{}",
						strings.TrimSuffix(strings.Repeat("X-Many: aaaaaaaaaaaaaaaa\r\n", 80000), "\r\n"),
					),
				},
			},
		},
	}
}
