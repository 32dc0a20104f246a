// Why a caller is not believed, in the words of each protocol. Sources: the services' "Common
// errors" and Amazon S3 API reference, "List of error codes".
package localcloud

// authFault is why a caller is not believed, as each protocol says it.
type authFault map[protocol]apiError

const (
	invalidToken = "The security token included in the request is invalid."
	expiredToken = "The security token included in the request is expired"
	wrongSecret  = "The request signature we calculated does not match the signature you provided. Check your AWS " +
		"Secret Access Key and signing method. Consult the service documentation for details."
	wrongSecretS3 = "The request signature we calculated does not match the signature you provided. Check your key " +
		"and signing method."
)

var (
	unsigned = authFault{
		restXML: {status: 403, code: "AccessDenied", message: "Access Denied"},
		query:   {status: 403, code: "MissingAuthenticationToken", message: "Request is missing Authentication Token"},
		json11:  {status: 400, code: "MissingAuthenticationTokenException", message: "Missing Authentication Token"},
	}
	malformedHeader = authFault{
		restXML: {status: 400, code: "AuthorizationHeaderMalformed", message: "The authorization header is malformed"},
		query:   {status: 400, code: "IncompleteSignature", message: "The Authorization header is malformed"},
		json11:  {status: 400, code: "IncompleteSignatureException", message: "The Authorization header is malformed"},
	}
	unknownKey = authFault{
		restXML: {
			status:  403,
			code:    "InvalidAccessKeyId",
			message: "The AWS Access Key Id you provided does not exist in our records.",
		},
		query:  {status: 403, code: "InvalidClientTokenId", message: invalidToken},
		json11: {status: 400, code: "UnrecognizedClientException", message: invalidToken},
	}
	wrongToken = authFault{
		restXML: {status: 400, code: "InvalidToken", message: "The provided token is malformed or otherwise invalid."},
		query:   {status: 403, code: "InvalidClientTokenId", message: invalidToken},
		json11:  {status: 400, code: "UnrecognizedClientException", message: invalidToken},
	}
	expired = authFault{
		restXML: {status: 400, code: "ExpiredToken", message: "The provided token has expired."},
		query:   {status: 403, code: "ExpiredToken", message: expiredToken},
		json11:  {status: 400, code: "ExpiredTokenException", message: expiredToken},
	}
	wrongClock = authFault{
		restXML: {
			status:  403,
			code:    "RequestTimeTooSkewed",
			message: "The difference between the request time and the current time is too large.",
		},
		query: {
			status:  403,
			code:    "SignatureDoesNotMatch",
			message: "Signature expired: the request is more than 15 minutes off",
		},
		json11: {
			status:  400,
			code:    "InvalidSignatureException",
			message: "Signature expired: the request is more than 15 minutes off",
		},
	}
	wrongRegion = authFault{
		restXML: {
			status:  400,
			code:    "AuthorizationHeaderMalformed",
			message: "The authorization header is malformed; the region is wrong",
		},
		query: {
			status:  403,
			code:    "SignatureDoesNotMatch",
			message: "Credential should be scoped to a valid region.",
		},
		json11: {
			status:  400,
			code:    "InvalidSignatureException",
			message: "Credential should be scoped to a valid region.",
		},
	}
	wrongSignature = authFault{
		restXML: {status: 403, code: "SignatureDoesNotMatch", message: wrongSecretS3},
		query:   {status: 403, code: "SignatureDoesNotMatch", message: wrongSecret},
		json11:  {status: 400, code: "InvalidSignatureException", message: wrongSecret},
	}
)

// as is the fault in a protocol's words, with what is to be known beside them.
func (f authFault) as(p protocol, detail string) *apiError {
	fault := f[p]
	if detail != "" {
		fault.message += ": " + detail
	}
	return &fault
}
