// The two answers that the shadow port compares: how each is kept, and what makes them differ.
package gateway

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
)

// legacyAnswer passes an answer on and keeps it.
type legacyAnswer struct {
	recorded
	most     int64 // bytes that are kept
	kept     bytes.Buffer
	unusable bool
}

func (a *legacyAnswer) Write(part []byte) (int, error) {
	if int64(a.kept.Len()+len(part)) > a.most {
		a.unusable = true
	}
	if !a.unusable {
		a.kept.Write(part)
	}
	return a.ResponseWriter.Write(part)
}

// text is the answer as it was before it was compressed; false if it cannot be had.
func (a *legacyAnswer) text() ([]byte, bool) {
	if a.unusable {
		return nil, false
	}
	switch a.Header().Get("Content-Encoding") {
	case "":
		return a.kept.Bytes(), true
	case "gzip":
		packed, err := gzip.NewReader(&a.kept)
		if err != nil {
			return nil, false
		}
		text, err := io.ReadAll(io.LimitReader(packed, a.most+1))
		return text, err == nil && int64(len(text)) <= a.most
	}
	return nil, false
}

// natsAnswer keeps what a client of the main port would get, or why it would get none.
type natsAnswer struct {
	bytes.Buffer
	header http.Header
	err    error
	// command says that it was not asked.
	command bool
}

func (a *natsAnswer) Header() http.Header { return a.header }

func (a *natsAnswer) WriteHeader(int) {}

// wholeBody is reported where an answer has no fields.
const wholeBody = "(the answer is no JSON object)"

// differing are the names of the top-level fields that are not the same in two JSON objects,
// sorted. The metadata may differ: it holds the request's id and which task answered.
func differing(one, other []byte) []string {
	var a, b map[string]any
	if json.Unmarshal(one, &a) != nil || json.Unmarshal(other, &b) != nil {
		return []string{wholeBody}
	}
	names := map[string]bool{}
	for _, pair := range [][2]map[string]any{{a, b}, {b, a}} {
		for name, value := range pair[0] {
			if there, has := pair[1][name]; name != "meta" && (!has || !reflect.DeepEqual(value, there)) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
