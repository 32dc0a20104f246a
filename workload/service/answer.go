// What a stand-in answers: fields of the request under the same name and type, and something of
// each other field's type, so that the answer is as large as a real one and a caller finds every
// field.
package service

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/bodybroker/platform/workload/contract"
)

// depth ends what contains itself (google.protobuf.Struct).
const depth = 3

// streamParts is how many parts a streamed answer has.
const streamParts = 3

// answer makes a response, or sends parts where the request asks for a stream.
func (h handler) answer(request proto.Message, send func(proto.Message) error) (proto.Message, error) {
	if h.method.Part != nil && contract.WantsStream(request) {
		for i := range streamParts {
			part := dynamicpb.NewMessage(h.method.Part)
			fill(part, request.ProtoReflect(), depth)
			fields := h.method.Part.Fields()
			part.Set(fields.ByName("index"), protoreflect.ValueOfUint32(uint32(i)))
			part.Set(fields.ByName("is_final"), protoreflect.ValueOfBool(i == streamParts-1))
			if err := send(part); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	response := dynamicpb.NewMessage(h.method.Response)
	fill(response, request.ProtoReflect(), depth)
	return response, nil
}

// sign says in the answer's metadata which task gave it.
func (h handler) sign(response proto.Message) proto.Message {
	meta := response.ProtoReflect().Mutable(h.method.Response.Fields().ByName("meta")).Message()
	labels := meta.Mutable(meta.Descriptor().Fields().ByName("labels")).Map()
	for key, value := range map[string]string{"service": h.settings.Messaging.Name, "task": h.task} {
		labels.Set(protoreflect.ValueOfString(key).MapKey(), protoreflect.ValueOfString(value))
	}
	return response
}

func fill(into, request protoreflect.Message, depth int) {
	fields := into.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		// The metadata is the client package's; an error is none.
		if f.Name() == "meta" || f.Name() == "error" ||
			f.ContainingOneof() != nil && into.WhichOneof(f.ContainingOneof()) != nil {
			continue
		}
		if same := request.Descriptor().
			Fields().
			ByName(f.Name()); same != nil && sameType(f, same) &&
			request.Has(same) {
			into.Set(f, request.Get(same))
			continue
		}
		fillField(into, f, request, depth)
	}
}

func sameType(a, b protoreflect.FieldDescriptor) bool {
	return a.Kind() == b.Kind() && a.Cardinality() == b.Cardinality() && !a.IsList() && !a.IsMap() && !b.IsMap() &&
		(a.Kind() != protoreflect.MessageKind || a.Message() == b.Message()) &&
		(a.Kind() != protoreflect.EnumKind || a.Enum() == b.Enum())
}

func fillField(into protoreflect.Message, f protoreflect.FieldDescriptor, request protoreflect.Message, depth int) {
	switch {
	case f.IsMap():
		if f.MapValue().Kind() != protoreflect.MessageKind && f.MapKey().Kind() == protoreflect.StringKind {
			into.Mutable(f).Map().Set(protoreflect.ValueOfString("key").MapKey(), scalar(f.MapValue()))
		}
	case f.Kind() == protoreflect.MessageKind && depth == 0:
	case f.IsList() && f.Kind() == protoreflect.MessageKind:
		list := into.Mutable(f).List()
		element := list.NewElement()
		fill(element.Message(), request, depth-1)
		list.Append(element)
	case f.IsList():
		into.Mutable(f).List().Append(scalar(f))
	case f.Kind() == protoreflect.MessageKind:
		fill(into.Mutable(f).Message(), request, depth-1)
	default:
		into.Set(f, scalar(f))
	}
}

// scalar is something of a field's type.
func scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(fmt.Sprintf("%s of a stand-in", f.Name()))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(f.Name()))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		values := f.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(values.Len() - 1).Number())
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(0.5)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(0.5)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(1)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(1)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(1)
	}
	return protoreflect.ValueOfInt32(1)
}
