// Requests whose bodies are no JSON, not JSON of the schema, or too much of it.
package rehearsal

import "strings"

// hostileJSON is no JSON, or unusual JSON that is right.
var hostileJSON = []hostileGroup{
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
}

// hostileSchemas are bodies of another schema than the subject's.
var hostileSchemas = []hostileGroup{
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
}

// largeBodies are deeply nested or large.
func largeBodies() []hostileGroup {
	words := strings.Repeat("a", mostBody)
	return []hostileGroup{
		{"no JSON", byGateway, []int{400}, []sent{
			{"lists that the gateway reads and the service does not", quest(nested(9000))},
		}},
		{"too large", byGateway, []int{413}, []sent{
			{"one byte more", quest(`{"playerId": "` + words[:mostBody-15] + `"}`)},
			{"three times as much", quest(words + words + words)},
			{"spaces", quest(strings.Repeat(" ", mostBody+1))},
			{"in one chunk", framed(chunk(words+"a"), chunkedHeader)},
			{"in many chunks", framed(strings.Repeat("400\r\n"+words[:1024]+"\r\n", 1100)+"0\r\n\r\n", chunkedHeader)},
			// A value takes two bytes as JSON, and some 450 when it has been read.
			{"200,000 values", quest(`{"context": {"a": [` + strings.Repeat("0,", 200000) + `0]}}`)},
			{"20,000 lists", quest(nested(20000))},
			{"20,000 lists cut off", quest(strings.Repeat("[", 20000))},
			{"20,000 objects cut off", quest(strings.Repeat(`{"context":`, 20000))},
		}},
	}
}
