// Checksums that come with a body. Source: Amazon S3 user guide, "Checking object integrity".
package localcloud

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
)

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
