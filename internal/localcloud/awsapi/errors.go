// The errors of services, in the shapes of three protocols: SDKs recognise an error only in the
// shape of its service. Sources: Amazon S3 API reference, "Error responses"; Smithy 2.0, "AWS JSON
// 1.1 protocol" and "AWS query protocol". The status is 400 for nearly all errors of JSON services,
// AccessDeniedException too, as their SDKs report it.
package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Error is a service's answer where a call fails. It never contains a secret.
type Error struct {
	Status        int
	Code, Message string
}

// Error is the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Protocol is one of the forms of requests and answers that AWS's services use.
type Protocol int

const (
	restXML Protocol = iota // S3
	// JSON11 is AWS JSON 1.1: ACM PCA, Secrets Manager and most others.
	JSON11
	query // STS
)

// protocolOf finds the protocol by the service, or by the request where the service is not served.
func protocolOf(r *http.Request, service string) Protocol {
	switch {
	case service == "s3":
		return restXML
	case service == "sts":
		return query
	case r.Header.Get("X-Amz-Target") != "":
		return JSON11
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return query
	case service == "":
		return restXML
	}
	return JSON11
}

// refuse writes an error in the shape of the protocol.
func (p Protocol) refuse(w http.ResponseWriter, in *Request, fault *Error) {
	switch p {
	case restXML:
		WriteXML(w, fault.Status, in.HTTP.Method, struct {
			XMLName                              xml.Name `xml:"Error"`
			Code, Message, RequestId, HostId     string
			BucketName, Key, Resource, Condition string `xml:",omitempty"`
		}{
			Code:      fault.Code,
			Message:   fault.Message,
			RequestId: in.id,
			HostId:    in.id,
			Resource:  in.HTTP.URL.Path,
		})
	case query:
		type body struct{ Type, Code, Message string }
		WriteXML(w, fault.Status, in.HTTP.Method, struct {
			XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
			Error     body
			RequestId string
		}{Error: body{Type: "Sender", Code: fault.Code, Message: fault.Message}, RequestId: in.id})
	default:
		w.Header().Set("x-amzn-ErrorType", fault.Code)
		WriteJSON(w, fault.Status, map[string]string{"__type": fault.Code, "message": fault.Message})
	}
}

// unknown is the answer to an operation that is not served.
func (p Protocol) unknown(in *Request) *Error {
	message := fmt.Sprintf(
		"The embedded AWS has no operation %s of service %q; README.md of internal/localcloud lists what it serves "+
			"over the wire.",
		orUnnamed(in.Operation),
		in.Service,
	)
	switch p {
	case restXML:
		return NotImplemented("%s", message)
	case query:
		return &Error{Status: http.StatusBadRequest, Code: "InvalidAction", Message: message}
	}
	return &Error{Status: http.StatusBadRequest, Code: "UnknownOperationException", Message: message}
}

func orUnnamed(operation string) string {
	if operation == "" {
		return "(unnamed)"
	}
	return operation
}

// NotImplemented is the answer where AWS does something that the embedded AWS cannot do: it never
// pretends. The code and status are S3's; SDKs do not retry it.
func NotImplemented(format string, values ...any) *Error {
	return &Error{Status: http.StatusNotImplemented, Code: "NotImplemented", Message: fmt.Sprintf(format, values...)}
}

// denied is the error of a call that policies refuse.
func (p Protocol) denied(message string) *Error {
	switch p {
	case restXML, query:
		return &Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: message}
	}
	return &Error{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: message}
}

var awsErrorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9.]+$`)

// RowError turns the error of a row ("Code: text") into an Error. An error without a code is a
// limit of the embedded AWS.
func RowError(err error) *Error {
	code, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || !awsErrorCode.MatchString(code) {
		return NotImplemented("%s", err)
	}
	return &Error{Status: http.StatusBadRequest, Code: code, Message: message}
}

// WriteXML writes an answer as XML; the answer to the method HEAD has no body.
func WriteXML(w http.ResponseWriter, status int, method string, v any) {
	content, err := xml.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("localcloud: encoding an answer of type %T: %v", v, err))
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if method != http.MethodHead {
		_, _ = w.Write(append([]byte(xml.Header), content...)) // fails where the client is gone
	}
}

// WriteJSON writes an answer as JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	content, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("localcloud: encoding an answer of type %T: %v", v, err))
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(content) // fails where the client is gone
}

// Decode reads a JSON request. Fields that the embedded AWS does not know are refused, not ignored.
// required are the names of fields, as in the service's reference, without which the request fails.
func (in *Request) Decode(into any, required ...string) *Error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(in.Body, &given); err != nil {
		return &Error{
			Status:  http.StatusBadRequest,
			Code:    "SerializationException",
			Message: "the request is not a JSON object",
		}
	}
	for _, name := range required {
		if _, ok := given[name]; !ok {
			return &Error{
				Status: http.StatusBadRequest,
				Code:   "ValidationException",
				Message: "1 validation error detected: Value at '" + name +
					"' failed to satisfy constraint: Member must not be null",
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(in.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return NotImplemented("the embedded AWS cannot read the request of %s: %s", in.Operation, err)
	}
	return nil
}
