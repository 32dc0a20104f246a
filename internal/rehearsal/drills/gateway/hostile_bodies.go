// Requests whose bodies are no JSON, not JSON of the schema, or too much of it.

package gateway

import "strings"

// hostileJSON is no JSON, or unusual JSON that is right.
var hostileJSON = []hostileGroup{
	{
		family: "no JSON",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "an object cut off", raw: quest("{")},
			{name: "a string cut off", raw: quest(`{"playerId": "p`)},
			{name: "an escape cut off", raw: quest(`{"playerId": "\u12`)},
			{name: "words", raw: quest("hello")},
			{name: "a form", raw: quest("playerId=p-1&seed=7", "Content-Type: application/x-www-form-urlencoded")},
			{
				name: "XML with an entity of the file system",
				raw: quest(
					`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`,
					"Content-Type: text/xml",
				),
			},
			{name: "gzip", raw: quest("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "Content-Encoding: gzip")},
			{name: "single quotes", raw: quest(`{'playerId': 'p'}`)},
			{name: "a comment", raw: quest(`{/* */}`)},
			{name: "a comma at the end", raw: quest(`{"playerId": "p",}`)},
			{name: "two values", raw: quest(`{} {}`)},
			{name: "a byte order mark", raw: quest("\xef\xbb\xbf{}")},
			{name: "a NUL", raw: quest("\x00")},
			{name: "a NUL in a string", raw: quest("{\"playerId\": \"a\x00b\"}")},
			{name: "a line end in a string", raw: quest("{\"playerId\": \"a\r\nb\"}")},
			{name: "bytes that are no UTF-8", raw: quest("\xff\xfe")},
			{name: "a string that is no UTF-8", raw: quest("{\"playerId\": \"\xff\"}")},
			{name: "overlong UTF-8", raw: quest("{\"playerId\": \"\xc0\xaf\"}")},
			{name: "half of a surrogate pair", raw: quest(`{"playerId": "\ud800"}`)},
			{name: "a surrogate pair the wrong way round", raw: quest(`{"playerId": "\udc00\ud800"}`)},
		},
	},
	{
		family: "unusual JSON",
		by:     byGateway,
		right:  []int{200},
		requests: []sent{
			{name: "no body", raw: quest("")},
			{name: "nothing but spaces", raw: quest(" \t\r\n")},
			{name: "1,000 lists", raw: quest(nested(1000))},
			{name: "an escaped NUL", raw: quest(`{"playerId": "a\u0000b"}`)},
			{name: "a number with an exponent", raw: quest(`{"seed": 1e3}`)},
			{name: "all is null", raw: quest(`{"playerId": null, "seed": null, "context": null, "meta": null}`)},
			{name: "a number that an enumeration lacks", raw: httpPost("/state/update", `{"op": 99}`)},
		},
	},
}

// hostileSchemas are bodies of another schema than the subject's.
var hostileSchemas = []hostileGroup{
	{
		family: "JSON of another schema",
		by:     byGateway,
		right:  []int{400},
		requests: []sent{
			{name: "a list", raw: quest("[]")},
			{name: "a string", raw: quest(`"{}"`)},
			{name: "a number", raw: quest("1")},
			{name: "null", raw: quest("null")},
			{name: "a field that nobody knows", raw: quest(`{"nobody": 1}`)},
			{name: "a field that every object has in JavaScript", raw: quest(`{"__proto__": {"admin": true}}`)},
			{name: "a field twice", raw: quest(`{"playerId": "a", "playerId": "b"}`)},
			{name: "a field under both of its names", raw: quest(`{"playerId": "a", "player_id": "b"}`)},
			{name: "a key of a map twice", raw: quest(`{"context": {"a": 1, "a": 2}}`)},
			{name: "a number for a string", raw: quest(`{"playerId": 7}`)},
			{name: "an object for a string", raw: quest(`{"playerId": {"$ne": ""}}`)},
			{name: "a list for a string", raw: quest(`{"playerId": ["a"]}`)},
			{name: "a string for an object", raw: quest(`{"context": "a"}`)},
			{name: "words for a number", raw: quest(`{"seed": "x"}`)},
			{name: "a negative number for one that is not", raw: quest(`{"seed": -1}`)},
			{name: "a fraction for a whole number", raw: quest(`{"seed": 1.5}`)},
			{name: "one more than 64 bits", raw: quest(`{"seed": 18446744073709551616}`)},
			{name: "a number of 10,000 digits", raw: quest(`{"seed": ` + strings.Repeat("9", 10000) + `}`)},
			{name: "a number beyond a float", raw: quest(`{"context": {"a": 1e400}}`)},
			{name: "an exponent of ten digits", raw: quest(`{"seed": 1e9999999999}`)},
			{name: "NaN", raw: quest(`{"context": {"a": NaN}}`)},
			{name: "an infinite number", raw: quest(`{"seed": Infinity}`)},
			{name: "a hexadecimal number", raw: quest(`{"seed": 0x10}`)},
			{name: "a number with a zero before it", raw: quest(`{"seed": 007}`)},
			{name: "a list for metadata", raw: quest(`{"meta": []}`)},
			{name: "a label that is none", raw: quest(`{"meta": {"labels": {"a": null}}}`)},
			{name: "a time that no calendar has", raw: quest(`{"meta": {"timestamp": "2026-02-30T25:61:61Z"}}`)},
			{name: "a time before all times", raw: quest(`{"meta": {"timestamp": "-0001-01-01T00:00:00Z"}}`)},
			{name: "two of what there is one of", raw: httpPost("/state/get", `{"playerId": "a", "entityId": "b"}`)},
			{name: "a word that an enumeration lacks", raw: httpPost("/state/update", `{"op": "DROP"}`)},
			{name: "bytes that are no base64", raw: httpPost("/v1/svc/events/v1/publish", `{"payload": "***"}`)},
		},
	},
}

// largeBodies are deeply nested or large.
func largeBodies() []hostileGroup {
	words := strings.Repeat("a", mostBody)
	return []hostileGroup{
		{
			family: "no JSON",
			by:     byGateway,
			right:  []int{400},
			requests: []sent{
				{name: "lists that the gateway reads and the service does not", raw: quest(nested(9000))},
			},
		},
		{
			family: "too large",
			by:     byGateway,
			right:  []int{413},
			requests: []sent{
				{name: "one byte more", raw: quest(`{"playerId": "` + words[:mostBody-15] + `"}`)},
				{name: "three times as much", raw: quest(words + words + words)},
				{name: "spaces", raw: quest(strings.Repeat(" ", mostBody+1))},
				{name: "in one chunk", raw: framed(chunk(words+"a"), chunkedHeader)},
				{
					name: "in many chunks",
					raw:  framed(strings.Repeat("400\r\n"+words[:1024]+"\r\n", 1100)+"0\r\n\r\n", chunkedHeader),
				},
				// A value takes two bytes as JSON, and some 450 when it has been read.
				{name: "200,000 values", raw: quest(`{"context": {"a": [` + strings.Repeat("0,", 200000) + `0]}}`)},
				{name: "20,000 lists", raw: quest(nested(20000))},
				{name: "20,000 lists cut off", raw: quest(strings.Repeat("[", 20000))},
				{name: "20,000 objects cut off", raw: quest(strings.Repeat(`{"context":`, 20000))},
			},
		},
	}
}
