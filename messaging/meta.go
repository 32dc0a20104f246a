// The metadata that every request and response carries (common.v1.Meta).
package messaging

import (
	"crypto/rand"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Meta is the part of common.v1.Meta that this package reads and writes; all of it is optional.
type Meta struct {
	RequestID      string
	TraceID        string
	IdempotencyKey string
}

func (m Meta) fields() map[protoreflect.Name]string {
	return map[protoreflect.Name]string{
		"request_id":      m.RequestID,
		"trace_id":        m.TraceID,
		"idempotency_key": m.IdempotencyKey,
	}
}

// MetaOf reads a message's metadata.
func MetaOf(message proto.Message) (m Meta) {
	at := field(message, "meta")
	if at == nil || !message.ProtoReflect().Has(at) {
		return m
	}
	held := message.ProtoReflect().Get(at).Message()
	text := func(name protoreflect.Name) string {
		if f := held.Descriptor().Fields().ByName(name); f != nil && f.Kind() == protoreflect.StringKind {
			return held.Get(f).String()
		}
		return ""
	}
	return Meta{RequestID: text("request_id"), TraceID: text("trace_id"), IdempotencyKey: text("idempotency_key")}
}

// complete fills in what a message's metadata lacks, and its time. What is there stays.
func complete(message proto.Message, m Meta) {
	at := field(message, "meta")
	if at == nil {
		return
	}
	if m.RequestID == "" {
		m.RequestID = rand.Text()
	}
	held := message.ProtoReflect().Mutable(at).Message()
	fields := held.Descriptor().Fields()
	for name, value := range m.fields() {
		if f := fields.ByName(name); f != nil && value != "" && held.Get(f).String() == "" {
			held.Set(f, protoreflect.ValueOfString(value))
		}
	}
	stamp := fields.ByName("timestamp")
	if stamp == nil || held.Has(stamp) {
		return
	}
	now, written := time.Now(), held.Mutable(stamp).Message()
	written.Set(written.Descriptor().Fields().ByName("seconds"), protoreflect.ValueOfInt64(now.Unix()))
	written.Set(written.Descriptor().Fields().ByName("nanos"), protoreflect.ValueOfInt32(int32(now.Nanosecond())))
}
