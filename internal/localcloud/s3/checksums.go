// The checksums that clients send with a body: one that does not match must fail here as in AWS.
// Source: Amazon S3 user guide, "Checking object integrity".
package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
)

// crc64NVME is the polynomial of CRC64/NVME, reflected (NVM Express Base Specification, "64b CRC").
const crc64NVME = 0x9a6c9329ac4bc9b5

// checksums are S3's algorithms by the end of their header. Others are refused, not ignored.
var checksums = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(crc64NVME)) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

const checksumHeader = "X-Amz-Checksum-"

// checkIntegrity compares the body with every checksum that came with it, and returns the
// checksums.
func checkIntegrity(in *awsapi.Request) (map[string]string, *awsapi.Error) {
	given := map[string]string{}
	for _, headers := range []http.Header{in.HTTP.Header, in.Trailer} {
		for name, values := range headers {
			algorithm, ok := strings.CutPrefix(name, checksumHeader)
			algorithm = strings.ToLower(algorithm)
			if !ok || slices.Contains([]string{"algorithm", "mode", "type"}, algorithm) {
				continue
			}
			newHash, known := checksums[algorithm]
			if !known {
				return nil, awsapi.NotImplemented(
					"the embedded S3 does not know the checksum %s; use crc32, crc32c, crc64nvme, sha1 or sha256",
					algorithm,
				)
			}
			sum := newHash()
			sum.Write(in.Body)
			if values[0] != base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
				return nil, &awsapi.Error{
					Status: 400,
					Code:   "BadDigest",
					Message: "The " + strings.ToUpper(
						algorithm,
					) + " you specified did not match the calculated checksum.",
				}
			}
			given[algorithm] = values[0]
		}
	}
	sum := md5.Sum(in.Body)
	if said := in.HTTP.Header.Get("Content-Md5"); said != "" && said != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, &awsapi.Error{
			Status:  400,
			Code:    "BadDigest",
			Message: "The Content-MD5 you specified did not match what we received.",
		}
	}
	return given, nil
}
