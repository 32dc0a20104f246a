// Realistic contents of every subject's request and response: what is asked, and whose sizes are
// compared.
package verification

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/workload/contract"
)

// messages is the table of contents: by subject a request and the response to it, in protobuf's
// JSON. The identifiers are made up.
//
//go:embed messages.json
var messages []byte

// content is one subject's.
type content struct {
	request, response proto.Message
}

// realistic reads the table. Every subject of the contract is in it, and nothing that the contract
// does not have.
func realistic(methods map[string]contract.Method) (map[string]content, error) {
	var table map[string]struct{ Request, Response json.RawMessage }
	if err := json.Unmarshal(messages, &table); err != nil {
		return nil, fmt.Errorf("reading messages.json: %w", err)
	}
	contents := map[string]content{}
	for subject, method := range methods {
		made := content{method.Messaging().Request(), method.Messaging().Response()}
		row, found := table[subject]
		if !found {
			return nil, fmt.Errorf("reading messages.json: it has no %s: add a realistic request and response", subject)
		}
		if err := protojson.Unmarshal(row.Request, made.request); err != nil {
			return nil, fmt.Errorf("reading messages.json: the request to %s: %w", subject, err)
		}
		if err := protojson.Unmarshal(row.Response, made.response); err != nil {
			return nil, fmt.Errorf("reading messages.json: the response of %s: %w", subject, err)
		}
		contents[subject] = made
	}
	for subject := range table {
		if _, known := methods[subject]; !known {
			return nil, fmt.Errorf("reading messages.json: the wire contract has no subject %s", subject)
		}
	}
	return contents, nil
}

// toSend is a new request with the contents: the client gives it an id and a time of its own, and
// only a key makes it a command.
func (c content) toSend(key string) proto.Message {
	request := proto.Clone(c.request)
	meta := request.ProtoReflect().Mutable(request.ProtoReflect().Descriptor().Fields().ByName("meta")).Message()
	fields := meta.Descriptor().Fields()
	for _, name := range []protoreflect.Name{"request_id", "trace_id", "timestamp", "idempotency_key"} {
		meta.Clear(fields.ByName(name))
	}
	if key != "" {
		meta.Set(fields.ByName("idempotency_key"), protoreflect.ValueOfString(key))
	}
	return request
}
