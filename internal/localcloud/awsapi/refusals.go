// Why a request is not authenticated, in the words of each protocol. Sources: the services' "Common
// errors" and Amazon S3 API reference, "List of error codes".
package awsapi

// authFault is one reason why a request is not authenticated, as an error of each protocol.
type authFault map[Protocol]Error

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
		restXML: {Status: 403, Code: "AccessDenied", Message: "Access Denied"},
		query:   {Status: 403, Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token"},
		JSON11:  {Status: 400, Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"},
	}
	malformedHeader = authFault{
		restXML: {Status: 400, Code: "AuthorizationHeaderMalformed", Message: "The authorization header is malformed"},
		query:   {Status: 400, Code: "IncompleteSignature", Message: "The Authorization header is malformed"},
		JSON11:  {Status: 400, Code: "IncompleteSignatureException", Message: "The Authorization header is malformed"},
	}
	unknownKey = authFault{
		restXML: {
			Status:  403,
			Code:    "InvalidAccessKeyId",
			Message: "The AWS Access Key Id you provided does not exist in our records.",
		},
		query:  {Status: 403, Code: "InvalidClientTokenId", Message: invalidToken},
		JSON11: {Status: 400, Code: "UnrecognizedClientException", Message: invalidToken},
	}
	wrongToken = authFault{
		restXML: {Status: 400, Code: "InvalidToken", Message: "The provided token is malformed or otherwise invalid."},
		query:   {Status: 403, Code: "InvalidClientTokenId", Message: invalidToken},
		JSON11:  {Status: 400, Code: "UnrecognizedClientException", Message: invalidToken},
	}
	expired = authFault{
		restXML: {Status: 400, Code: "ExpiredToken", Message: "The provided token has expired."},
		query:   {Status: 403, Code: "ExpiredToken", Message: expiredToken},
		JSON11:  {Status: 400, Code: "ExpiredTokenException", Message: expiredToken},
	}
	wrongClock = authFault{
		restXML: {
			Status:  403,
			Code:    "RequestTimeTooSkewed",
			Message: "The difference between the request time and the current time is too large.",
		},
		query: {
			Status:  403,
			Code:    "SignatureDoesNotMatch",
			Message: "Signature expired: the request is more than 15 minutes off",
		},
		JSON11: {
			Status:  400,
			Code:    "InvalidSignatureException",
			Message: "Signature expired: the request is more than 15 minutes off",
		},
	}
	wrongRegion = authFault{
		restXML: {
			Status:  400,
			Code:    "AuthorizationHeaderMalformed",
			Message: "The authorization header is malformed; the region is wrong",
		},
		query: {
			Status:  403,
			Code:    "SignatureDoesNotMatch",
			Message: "Credential should be scoped to a valid region.",
		},
		JSON11: {
			Status:  400,
			Code:    "InvalidSignatureException",
			Message: "Credential should be scoped to a valid region.",
		},
	}
	wrongSignature = authFault{
		restXML: {Status: 403, Code: "SignatureDoesNotMatch", Message: wrongSecretS3},
		query:   {Status: 403, Code: "SignatureDoesNotMatch", Message: wrongSecret},
		JSON11:  {Status: 400, Code: "InvalidSignatureException", Message: wrongSecret},
	}
)

// as returns the error of a protocol, with a detail behind its text.
func (f authFault) as(p Protocol, detail string) *Error {
	fault := f[p]
	if detail != "" {
		fault.Message += ": " + detail
	}
	return &fault
}
