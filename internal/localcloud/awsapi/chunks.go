// S3's own form of a body: chunks with a trailer of checksums, as SDKs send it by default. Sources:
// Amazon S3 API reference, "Signature calculations for trailing headers"; Amazon S3 user guide,
// "Checking object integrity".
package awsapi

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// unchunk decodes a body in aws-chunked coding, which has the form of HTTP's chunks with trailers.
func (in *Request) unchunk() *Error {
	broken := &Error{Status: 400, Code: "IncompleteBody", Message: "The request body terminated unexpectedly"}
	reader := bufio.NewReader(bytes.NewReader(in.Body))
	content, err := io.ReadAll(httputil.NewChunkedReader(reader))
	if err != nil {
		return broken
	}
	// What is left is the trailer: header lines and an empty one, which some clients leave out.
	rest, _ := io.ReadAll(reader) // a bytes.Reader cannot fail
	trailer, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.TrimSpace(rest), "\r\n\r\n"...)))).
		ReadMIMEHeader()
	if err != nil && len(bytes.TrimSpace(rest)) > 0 {
		return broken
	}
	declared := in.HTTP.Header.Get("X-Amz-Decoded-Content-Length")
	if length, err := strconv.Atoi(declared); err != nil || length != len(content) {
		return broken
	}
	announced := strings.Split(strings.ToLower(in.HTTP.Header.Get("X-Amz-Trailer")), ",")
	for name := range trailer {
		if !slices.Contains(announced, strings.ToLower(name)) {
			return &Error{
				Status: 400,
				Code:   "MalformedTrailerError",
				Message: "The request contained trailing data that was not well-formed or did not conform to our " +
					"published schema.",
			}
		}
	}
	in.Body, in.Trailer = content, http.Header(trailer)
	return nil
}
