// S3's own form of a body: chunks with a trailer, and checksums. Sources: Amazon S3 API reference,
// "Signature calculations for trailing headers"; Amazon S3 user guide, "Checking object integrity".
package localcloud

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// unchunk takes the body out of aws-chunked coding, whose form is that of HTTP's chunks with
// trailers.
func (in *wireRequest) unchunk() *apiError {
	broken := &apiError{status: 400, code: "IncompleteBody", message: "The request body terminated unexpectedly"}
	reader := bufio.NewReader(bytes.NewReader(in.body))
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
	said := in.http.Header.Get("X-Amz-Decoded-Content-Length")
	if length, err := strconv.Atoi(said); err != nil || length != len(content) {
		return broken
	}
	announced := strings.Split(strings.ToLower(in.http.Header.Get("X-Amz-Trailer")), ",")
	for name := range trailer {
		if !slices.Contains(announced, strings.ToLower(name)) {
			return &apiError{
				status: 400,
				code:   "MalformedTrailerError",
				message: "The request contained trailing data that was not well-formed or did not conform to our " +
					"published schema.",
			}
		}
	}
	in.body, in.trailer = content, http.Header(trailer)
	return nil
}

// crc64NVME is the polynomial of CRC64/NVME, reflected (NVM Express Base Specification, "64b CRC").
const crc64NVME = 0x9a6c9329ac4bc9b5

// checksums are S3's by the end of their header; others are refused, not passed over.
var checksums = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(crc64NVME)) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

const checksumHeader = "X-Amz-Checksum-"

// checkIntegrity compares the body with every checksum that came with it, and returns those.
func (in *wireRequest) checkIntegrity() (map[string]string, *apiError) {
	given := map[string]string{}
	for _, headers := range []http.Header{in.http.Header, in.trailer} {
		for name, values := range headers {
			algorithm, ok := strings.CutPrefix(name, checksumHeader)
			algorithm = strings.ToLower(algorithm)
			if !ok || slices.Contains([]string{"algorithm", "mode", "type"}, algorithm) {
				continue
			}
			begin, known := checksums[algorithm]
			if !known {
				return nil, notImplemented(
					"the embedded S3 does not know the checksum %s; use crc32, crc32c, crc64nvme, sha1 or sha256",
					algorithm,
				)
			}
			sum := begin()
			sum.Write(in.body)
			if values[0] != base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
				return nil, &apiError{
					status: 400,
					code:   "BadDigest",
					message: "The " + strings.ToUpper(
						algorithm,
					) + " you specified did not match the calculated checksum.",
				}
			}
			given[algorithm] = values[0]
		}
	}
	sum := md5.Sum(in.body)
	if said := in.http.Header.Get("Content-Md5"); said != "" && said != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, &apiError{
			status:  400,
			code:    "BadDigest",
			message: "The Content-MD5 you specified did not match what we received.",
		}
	}
	return given, nil
}
