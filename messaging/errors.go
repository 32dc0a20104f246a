// Errors: one type for what a service says in its response and for what happened on the way.
package messaging

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Code says what kind of failure it is: the numbers of common.v1.Error.Code.
type Code int32

// The codes.
const (
	Unknown Code = iota
	InvalidArgument
	NotFound
	PermissionDenied
	Unauthenticated
	Conflict
	ResourceExhausted
	FailedPrecondition
	Aborted
	OutOfRange
	Unimplemented
	Internal
	Unavailable
	DeadlineExceeded
)

var codeNames = map[Code]string{
	Unknown:            "unknown",
	InvalidArgument:    "invalid argument",
	NotFound:           "not found",
	PermissionDenied:   "permission denied",
	Unauthenticated:    "unauthenticated",
	Conflict:           "conflict",
	ResourceExhausted:  "resource exhausted",
	FailedPrecondition: "failed precondition",
	Aborted:            "aborted",
	OutOfRange:         "out of range",
	Unimplemented:      "unimplemented",
	Internal:           "internal",
	Unavailable:        "unavailable",
	DeadlineExceeded:   "deadline exceeded",
}

func (c Code) String() string {
	if name, known := codeNames[c]; known {
		return name
	}
	return fmt.Sprintf("code %d", int32(c))
}

// Error is a failure: a service's own, or one of the way to it.
type Error struct {
	Code    Code
	Message string
	Details map[string]string
	cause   error
}

func (e *Error) Error() string { return e.Code.String() + ": " + e.Message }

// Unwrap is what caused it on this side, for example nats.ErrNoResponders.
func (e *Error) Unwrap() error { return e.cause }

// AsError is any error as one of this package. What a handler returns without a code is Internal,
// and its text stays on this side: it is not the caller's.
func AsError(err error) *Error {
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return &Error{Code: DeadlineExceeded, Message: "no answer in time", cause: err}
	}
	return &Error{Code: Internal, Message: "internal error", cause: err}
}

// transportError says what kind of failure the client library met.
func transportError(subject string, err error) *Error {
	code := Unavailable
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		code = DeadlineExceeded
	case errors.Is(err, context.Canceled):
		code = Aborted
	case errors.Is(err, nats.ErrMaxPayload):
		code = ResourceExhausted
	case errors.Is(err, nats.ErrPermissionViolation):
		code = PermissionDenied
	case errors.Is(err, nats.ErrBadSubject):
		code = InvalidArgument
	}
	return &Error{Code: code, Message: fmt.Sprintf("%s: %v", subject, err), cause: err}
}

// field finds a singular message field of the contract by its name; nil if the message has none.
func field(message proto.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	found := message.ProtoReflect().Descriptor().Fields().ByName(name)
	if found == nil || found.Kind() != protoreflect.MessageKind || found.IsList() || found.IsMap() {
		return nil
	}
	return found
}

// errorIn is the failure that a response reports; nil if it reports none.
func errorIn(response proto.Message) *Error {
	at := field(response, "error")
	if at == nil || !response.ProtoReflect().Has(at) {
		return nil
	}
	reported, e := response.ProtoReflect().Get(at).Message(), &Error{}
	fields := reported.Descriptor().Fields()
	if code := fields.ByName("code"); code != nil && code.Kind() == protoreflect.EnumKind {
		e.Code = Code(reported.Get(code).Enum())
	}
	if text := fields.ByName("message"); text != nil && text.Kind() == protoreflect.StringKind {
		e.Message = reported.Get(text).String()
	}
	if details := fields.ByName("details"); details != nil && details.IsMap() {
		e.Details = map[string]string{}
		reported.Get(details).Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			e.Details[key.String()] = value.String()
			return true
		})
	}
	return e
}

// setError puts a failure into a response. A response without the field cannot report it, which is
// an error in the contract.
func setError(response proto.Message, e *Error) error {
	at := field(response, "error")
	if at == nil {
		return fmt.Errorf("%s has no field error", response.ProtoReflect().Descriptor().FullName())
	}
	failure := response.ProtoReflect().Mutable(at).Message()
	fields := failure.Descriptor().Fields()
	failure.Set(fields.ByName("code"), protoreflect.ValueOfEnum(protoreflect.EnumNumber(e.Code)))
	failure.Set(fields.ByName("message"), protoreflect.ValueOfString(e.Message))
	for key, value := range e.Details {
		failure.Mutable(fields.ByName("details")).
			Map().
			Set(protoreflect.ValueOfString(key).MapKey(), protoreflect.ValueOfString(value))
	}
	return nil
}
