// Requests that are well formed and mean harm to who stores, shows or repeats them, and clients that go away.
package rehearsal

import "strings"

// hostileTexts would do something where text is run, looked up or shown.
var hostileTexts = []hostileGroup{
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
}

// keyed is a command's body with its key.
func keyed(key string) string { return `{"meta": {"idempotencyKey": "` + key + `"}}` }

// hostileKeys are what commands are remembered and told apart by.
var hostileKeys = []hostileGroup{
	{"keys of commands", byGateway, []int{400}, []sent{
		{"a long key", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 257))},
		{"a key of 60 KB", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 60<<10))},
		{"a key that is no UTF-8", quest("{}", "Idempotency-Key: \xff")},
		{"a long key in the body", quest(keyed(strings.Repeat("k", 257)))},
		{"a line end in the key", quest(keyed(`a\r\nNats-Msg-Id: b`))},
		{"a NUL in the key", quest(keyed(`a\u0000b`))},
		{"an escape in the key", quest(keyed(`\u001b[2J`))},
		{"a line end in the request id", quest(`{"meta": {"requestId": "a\r\nSet-Cookie: b"}}`)},
	}},
	{"keys of commands", byGateway, []int{200}, []sent{
		{"a key of the most bytes", quest("{}", "Idempotency-Key: "+strings.Repeat("k", 256))},
		{"a key with a subject's wildcards", quest("{}", "Idempotency-Key: *.> ")},
		{"a key with a slot of Redis", quest("{}", "Idempotency-Key: {a}:b*?[c]")},
		{"a key with escaped line ends, which are text", quest("{}", "Idempotency-Key: a%0d%0aDEL%20b")},
		{"a key with a script of Redis", quest("{}", `Idempotency-Key: "return redis.call('FLUSHALL')"`)},
		{"an empty key", quest("{}", "Idempotency-Key:")},
	}},
}

// hostileStreams ask for answers in parts, rightly and wrongly.
var hostileStreams = []hostileGroup{
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

// hostileClients go away before they have an answer, or before they have asked.
var hostileClients = []hostileGroup{
	{"clients that go", byNobody, nil, []sent{
		{"before a request", ""},
		{"in the first line", "POST /qu"},
		{"in the headers", "POST " + questRoute + " HTTP/1.1\r\nHost: gate"},
		{"before the body", framed("", "Content-Length: 100")},
		{"in the body", framed(`{"playerId": "`, "Content-Length: 100")},
		{"in a chunk", framed("64\r\n{", chunkedHeader)},
		{"in a chunk's size, with carriage returns alone", framed("2\r{}\r0\r\r", chunkedHeader)},
		{"between two chunks", framed("2\r\n{}\r\n", chunkedHeader)},
		{"before the answer", quest("{}")},
		{"before the answer to a command", quest("{}", "Idempotency-Key: gone")},
		{"before a stream", httpPost("/ai/llm/infer", `{"prompt": "gone", "params": {"stream": true}}`)},
	}},
}

// largeMeanings are keys and a body of which the size is the harm.
func largeMeanings() []hostileGroup {
	return []hostileGroup{
		{"keys of commands", byGateway, []int{400}, []sent{
			{"a key of 900 KB in the body", quest(keyed(strings.Repeat("k", 900<<10)))},
			{"a request id of 900 KB in the body", quest(`{"meta": {"requestId": "` + strings.Repeat("r", 900<<10) + `"}}`)},
			{"a trace of 900 KB in the body", quest(`{"meta": {"traceId": "` + strings.Repeat("t", 900<<10) + `"}}`)},
		}},
		{"clients that go", byNobody, nil, []sent{{"in a large body", framed(strings.Repeat("a", 500<<10), "Content-Length: 900000")}}},
	}
}
