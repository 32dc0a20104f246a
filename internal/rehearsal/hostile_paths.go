// Requests for what is not there, or in a way that is not served: paths, methods, subjects of NATS.
package rehearsal

import "strings"

// hostilePaths lead nowhere.
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
}

// hostileMetrics ask for what is shown only to who does not come through the load balancer, and hide that they do.
var hostileMetrics = []hostileGroup{
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
}

// hostileMethods ask a path that is there in another way than it is served.
var hostileMethods = []hostileGroup{
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
}

// hostileSubjects are patterns, and subjects that are not for callers.
var hostileSubjects = []hostileGroup{
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

// largePaths lead nowhere, and are long.
func largePaths() []hostileGroup {
	return []hostileGroup{
		{"unknown paths", byRouter, []int{404, 414, 431}, []sent{ // AWS takes 16 KB of request line, Go 1 MB
			{"a path of 32 KB", httpGet("/" + strings.Repeat("a", 32<<10))},
			{"a query of 900 KB", httpGet("/?" + strings.Repeat("a", 900<<10))},
			{"a path of 2 MB", httpGet("/" + strings.Repeat("a", 2<<20))},
		}},
	}
}
