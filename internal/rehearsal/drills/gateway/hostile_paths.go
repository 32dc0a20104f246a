// Requests for what is not there, or in a way that is not served: paths, methods, subjects of NATS.

package gateway

import "strings"

// hostilePaths lead nowhere.
var hostilePaths = []hostileGroup{
	{
		family: "unknown paths",
		by:     byRouter,
		right:  []int{404},
		requests: []sent{
			{name: "the root", raw: httpGet("/")},
			{name: "a folder of routes", raw: httpGet("/v1")},
			{name: "a folder of subjects", raw: httpPost("/v1/svc/quest", "{}")},
			{name: "a service that does not exist", raw: httpPost("/v1/svc/nobody/v1/knows", "{}")},
			{name: "a file of secrets", raw: httpGet("/.env")},
			{name: "a repository", raw: httpGet("/.git/config")},
			{name: "the profiler", raw: httpGet("/debug/pprof/")},
			{name: "the profiler's heap", raw: httpGet("/debug/pprof/heap?debug=1")},
			{name: "the runtime's variables", raw: httpGet("/debug/vars")},
			{name: "escaped dots out of the root", raw: httpGet("/%2e%2e/%2e%2e/etc/passwd")},
			{name: "dots with escaped slashes", raw: httpGet("/..%2f..%2fetc/passwd")},
			{name: "dots in overlong UTF-8", raw: httpGet("/%c0%ae%c0%ae/etc/passwd")},
			{name: "dots with backslashes", raw: httpGet(`/..\..\windows\win.ini`)},
			{name: "an escaped NUL", raw: httpGet("/%00")},
			{name: "a subject with an escaped NUL behind it", raw: httpPost("/v1/svc/quest/v1/generate%00", "{}")},
			{
				name: "a subject with an escaped line end behind it",
				raw:  httpPost("/v1/svc/quest/v1/generate%0d%0aPUB%20x%200", "{}"),
			},
			{name: "escaped slashes", raw: httpPost("/v1%2fsvc%2fquest%2fv1%2fgenerate", "{}")},
			{name: "a subject with dots", raw: httpPost("/v1/svc.quest.v1.generate", "{}")},
			{name: "a subject in capitals", raw: httpPost("/V1/SVC/QUEST/V1/GENERATE", "{}")},
			{name: "a subject with a slash behind it", raw: httpPost("/v1/svc/quest/v1/generate/", "{}")},
			{name: "a subject with a session id", raw: httpPost("/v1/svc/quest/v1/generate;jsessionid=1", "{}")},
			{name: "a model without a name", raw: httpPost(modelRoute, "{}")},
			{name: "another server's address as target", raw: httpGet("http://169.254.169.254/latest/meta-data/")},
		},
	},
	{
		family: "unknown paths",
		by:     byRouter,
		right:  []int{301, 307, 308, 404},
		requests: []sent{ // Go sends a path that is not clean to the clean one, on the same host
			{name: "doubled slashes", raw: httpPost("//v1//svc//quest//v1//generate", "{}")},
			{name: "another host as path", raw: httpGet("//example.com/%2e%2e")},
			{name: "another host behind dots", raw: httpGet("//example.com/..")},
			{name: "dots in the middle", raw: httpPost("/v1/../v1/svc/quest/v1/generate", "{}")},
			{name: "dots out of the root", raw: httpGet("/../../etc/passwd")},
			{name: "a model without a name is selected", raw: httpPost("/ai/models//select", "{}")},
		},
	},
	{
		family: "unknown paths",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{name: "an escape that is none", raw: httpPost("/v1/svc/quest/v1/generate%zz", "{}")},
			{name: "an escape that is cut off", raw: httpGet("/%2")},
			{name: "a NUL", raw: httpGet("/\x00")},
			{name: "a space", raw: httpGet("/a b")},
			{name: "a target without a slash", raw: httpGet("v1/svc")},
			{name: "no target", raw: "GET HTTP/1.1\r\nHost: gateway\r\n\r\n"},
		},
	},
}

// hostileMetrics ask for what is shown only to clients that do not come through the load balancer,
// and hide that they do.
var hostileMetrics = []hostileGroup{
	{
		family: "metrics",
		by:     byRouter,
		right:  []int{404},
		requests: []sent{
			{name: "metrics", raw: httpGet("/metrics")},
			{name: "metrics from this computer", raw: httpGet("/metrics", "X-Forwarded-For: 127.0.0.1")},
			{name: "metrics from nowhere", raw: httpGet("/metrics", "X-Forwarded-For:")},
			{
				name: "metrics from two places",
				raw:  httpGet("/metrics", "X-Forwarded-For:", "X-Forwarded-For: 127.0.0.1"),
			},
			{
				name: "metrics, the load balancer's header as one of the connection",
				raw:  httpGet("/metrics", "Connection: close, X-Forwarded-For"),
			},
			{
				name: "metrics, the header's name with an underscore",
				raw:  httpGet("/metrics", "X_Forwarded_For:", "X-Forwarded_For:"),
			},
			{name: "metrics, the header's name in other letters", raw: httpGet("/metrics", "x-fORWARDED-fOR:")},
			{name: "metrics, RFC 7239's header", raw: httpGet("/metrics", "Forwarded: for=127.0.0.1")},
			{name: "metrics with a letter escaped", raw: httpGet("/%6detrics")},
			{name: "metrics as an absolute target", raw: httpGet("http://localhost/metrics")},
			{name: "metrics in HTTP/1.0 without a host", raw: "GET /metrics HTTP/1.0\r\n\r\n"},
			{name: "metrics, the head", raw: httpRequest("HEAD", "/metrics")},
			{name: "metrics with a slash behind them", raw: httpGet("/metrics/")},
		},
	},
	{
		family: "metrics",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{
				name: "metrics, a space before the header's colon",
				raw:  httpGet("/metrics", "X-Forwarded-For : 127.0.0.1"),
			},
		},
	},
}

// hostileMethods ask a path that is there in another way than it is served.
var hostileMethods = []hostileGroup{
	{
		family: "wrong methods",
		by:     byRouter,
		right:  []int{405},
		requests: []sent{
			{name: "GET of a route", raw: httpGet(questRoute)},
			{name: "GET of a subject, with a body", raw: httpRequest("GET", timeRoute, "Content-Length: 2") + "{}"},
			{name: "HEAD of a route", raw: httpRequest("HEAD", questRoute)},
			{name: "PUT of a route", raw: httpRequest("PUT", questRoute, "Content-Length: 2") + "{}"},
			{name: "DELETE of a subject", raw: httpRequest("DELETE", timeRoute)},
			{name: "PATCH of a model", raw: httpRequest("PATCH", modelRoute+"m-1")},
			{name: "OPTIONS of a route", raw: httpRequest("OPTIONS", questRoute)},
			{name: "TRACE of a route", raw: httpRequest("TRACE", questRoute, "Cookie: a=b")},
			{name: "a method in small letters", raw: httpRequest("post", questRoute)},
			{name: "a method that nobody knows", raw: httpRequest("PURGE", questRoute)},
			{name: "POST of the metrics", raw: httpPost("/metrics", "")},
			{name: "POST of the health page", raw: httpPost("/health", "")},
		},
	},
	{
		family: "wrong methods",
		by:     byRouter,
		right:  []int{400, 404, 405},
		requests: []sent{ // it never becomes a tunnel
			{
				name: "CONNECT to the metadata service",
				raw:  "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n",
			},
		},
	},
	{
		family: "wrong methods",
		by:     byRouter,
		right:  []int{400},
		requests: []sent{
			{name: "a method with a character that no method has", raw: httpRequest("P@ST", questRoute)},
			{name: "no method", raw: " " + questRoute + " HTTP/1.1\r\nHost: gateway\r\n\r\n"},
		},
	},
}

// hostileSubjects are patterns, and subjects that are not for callers.
var hostileSubjects = []hostileGroup{
	{
		family: "subjects of NATS",
		by:     byRouter,
		right:  []int{404},
		requests: []sent{
			{name: "every token", raw: httpPost("/v1/*", "{}")},
			{name: "every subject", raw: httpPost("/v1/>", "{}")},
			{name: "every subject, escaped", raw: httpPost("/v1/%3e", "{}")},
			{name: "every subject of services", raw: httpPost("/v1/svc/>", "{}")},
			{name: "any service", raw: httpPost("/v1/svc/*/v1/generate", "{}")},
			{name: "any action", raw: httpPost("/v1/svc/quest/v1/*", "{}")},
			{name: "any action, escaped", raw: httpPost("/v1/svc/quest/v1/%2a", "{}")},
			{name: "everything below an action", raw: httpPost("/v1/svc/quest/v1/generate/>", "{}")},
			{name: "everything below an action, with a dot", raw: httpPost("/v1/svc/quest/v1/generate.>", "{}")},
			{name: "an event", raw: httpPost("/v1/evt/quest/v1/generated", "{}")},
			{name: "another client's inbox", raw: httpPost("/v1/_INBOX_quest/abc", "{}")},
			{name: "a stream's purge", raw: httpPost("/v1/$JS/API/STREAM/PURGE/GAME_EVENTS", "{}")},
			{name: "the servers' page", raw: httpPost("/v1/$SYS/REQ/SERVER/PING", "{}")},
		},
	},
}

// largePaths lead nowhere, and are long.
func largePaths() []hostileGroup {
	return []hostileGroup{
		{
			family: "unknown paths",
			by:     byRouter,
			right:  []int{404, 414, 431},
			requests: []sent{ // AWS takes 16 KB of request line, Go 1 MB
				{name: "a path of 32 KB", raw: httpGet("/" + strings.Repeat("a", 32<<10))},
				{name: "a query of 900 KB", raw: httpGet("/?" + strings.Repeat("a", 900<<10))},
				{name: "a path of 2 MB", raw: httpGet("/" + strings.Repeat("a", 2<<20))},
			},
		},
	}
}
