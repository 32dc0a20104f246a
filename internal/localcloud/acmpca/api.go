// ACM Private CA over the wire: nodes and tasks fetch their certificates with it. Sources: AWS
// Private CA API reference, IssueCertificate, GetCertificate, GetCertificateAuthorityCertificate
// and DescribeCertificateAuthority.
package acmpca

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = awsapi.RegisterOperations("acm-pca", map[string]awsapi.Operation{
	"IssueCertificate":                   issueOverWire,
	"GetCertificate":                     getCertificate,
	"GetCertificateAuthorityCertificate": getAuthorityCertificate,
	"DescribeCertificateAuthority":       describeAuthority,
})

// issuedOverWire are the certificates that were issued over the wire; no record has them.
type issuedOverWire struct {
	certificates map[string]*wireCertificate
	requests     map[string]issueOnce // certificates by authority and idempotency token
}

// issuedOverWireKey is the key of an issuedOverWire in Tx.Values.
const issuedOverWireKey = "issued over the wire"

// overWire returns the certificates that were issued over the wire.
func overWire(tx *cloud.Tx) *issuedOverWire {
	state, ok := tx.Values[issuedOverWireKey].(*issuedOverWire)
	if !ok {
		state = &issuedOverWire{certificates: map[string]*wireCertificate{}, requests: map[string]issueOnce{}}
		tx.Values[issuedOverWireKey] = state
	}
	return state
}

// wireCertificate is one certificate that was issued over the wire.
type wireCertificate struct {
	issued
	authority string
	polled    bool // GetCertificate was called before
}

// issueOnce is the certificate of an idempotency token.
type issueOnce struct {
	arn   string
	until time.Time
}

// IdempotencyTime is how long a token means the same certificate (IssueCertificate,
// IdempotencyToken).
const IdempotencyTime = 5 * time.Minute

// issueInput is the request of IssueCertificate.
type issueInput struct {
	CertificateAuthorityArn, SigningAlgorithm, TemplateArn, IdempotencyToken string
	Csr                                                                      []byte
	Validity                                                                 struct {
		Type  string
		Value json.Number
	}
}

// authorityAccess is the access that an operation on a CA needs.
func authorityAccess(
	in *awsapi.Request,
	tx *cloud.Tx,
	action, arn string,
	context map[string]string,
) awsapi.Access {
	access := awsapi.Access{Action: "acm-pca:" + action, Resource: arn, Context: map[string]string{}}
	for key, value := range context {
		access.Context[key] = value
	}
	if policy := tx.Find("aws:acmpca/policy:Policy", "", arn); policy != nil {
		access.ResourcePolicies = []string{policy.Str("policy")}
	}
	if record := tx.Find(AuthorityType, "", arn); record != nil {
		awsapi.AddTagKeys(access.Context, "aws:resourcetag/", record)
	}
	return access
}

// issueOverWire checks the request in a transaction and signs outside of it: signing takes time.
func issueOverWire(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	var input issueInput
	if fault := in.Decode(&input, "CertificateAuthorityArn", "Csr", "SigningAlgorithm", "Validity"); fault != nil {
		return fault
	}
	var agreed *signing
	var arn string
	var fault *awsapi.Error
	in.Cloud.Update(func(tx *cloud.Tx) { agreed, arn, fault = agree(in, tx, input) })
	if fault != nil {
		return fault
	}
	if agreed != nil {
		made, err := agreed.sign()
		if err != nil {
			return awsapi.RowError(err)
		}
		arn = keepCertificate(in.Cloud, made, input)
	}
	awsapi.WriteJSON(w, http.StatusOK, map[string]string{"CertificateArn": arn})
	return nil
}

// agree returns what is to be signed, or the ARN of the certificate that the same token got before.
func agree(in *awsapi.Request, tx *cloud.Tx, input issueInput) (*signing, string, *awsapi.Error) {
	context := map[string]string{}
	if input.TemplateArn != "" {
		context["acm-pca:templatearn"] = input.TemplateArn
	}
	if fault := in.Allow(
		tx,
		authorityAccess(in, tx, "IssueCertificate", input.CertificateAuthorityArn, context),
	); fault != nil {
		return nil, "", fault
	}
	if before := overWire(tx).requests[tokenKey(input)]; awsapi.Wire(tx).Now().Before(before.until) {
		return nil, before.arn, nil
	}
	agreed, err := agreeCertificate(tx, issueRequest{
		Authority:        input.CertificateAuthorityArn,
		Request:          string(input.Csr),
		Template:         input.TemplateArn,
		SigningAlgorithm: input.SigningAlgorithm,
		ValidityType:     input.Validity.Type,
		ValidityValue:    input.Validity.Value.String(),
	})
	if err != nil {
		return nil, "", awsapi.RowError(err)
	}
	if signatureAlgorithms[input.SigningAlgorithm] == 0 {
		return nil, "", &awsapi.Error{
			Status: 400,
			Code:   "ValidationException",
			Message: fmt.Sprintf("the signing algorithm %q is not one of %s",
				input.SigningAlgorithm, strings.Join(signingAlgorithms, ", ")),
		}
	}
	return agreed, "", nil
}

func tokenKey(input issueInput) string {
	sum := sha256.Sum256(input.Csr)
	return input.CertificateAuthorityArn + " " + input.IdempotencyToken + " " + hex.EncodeToString(sum[:])
}

func keepCertificate(c *cloud.Cloud, made *issued, input issueInput) string {
	return cloud.Update(c, func(tx *cloud.Tx) string {
		state := overWire(tx)
		state.certificates[made.ARN] = &wireCertificate{issued: *made, authority: input.CertificateAuthorityArn}
		if input.IdempotencyToken != "" {
			state.requests[tokenKey(input)] = issueOnce{made.ARN, awsapi.Wire(tx).Now().Add(IdempotencyTime)}
		}
		return made.ARN
	})
}

// getCertificate answers the first call for a certificate with "in progress": AWS takes its time to
// issue, and a client that does not repeat the call fails there.
func getCertificate(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	var input struct{ CertificateAuthorityArn, CertificateArn string }
	if fault := in.Decode(&input, "CertificateAuthorityArn", "CertificateArn"); fault != nil {
		return fault
	}
	found, fault := certificate(in, input.CertificateAuthorityArn, input.CertificateArn)
	if fault != nil {
		return fault
	}
	answer := map[string]string{"Certificate": strings.TrimSpace(found.Certificate)}
	if found.Chain != "" {
		answer["CertificateChain"] = strings.TrimSpace(found.Chain)
	}
	awsapi.WriteJSON(w, http.StatusOK, answer)
	return nil
}

func certificate(in *awsapi.Request, authority, arn string) (issued, *awsapi.Error) {
	c := in.Cloud
	return cloud.Update2(c, func(tx *cloud.Tx) (issued, *awsapi.Error) {
		if fault := in.Allow(tx, authorityAccess(in, tx, "GetCertificate", authority, nil)); fault != nil {
			return issued{}, fault
		}
		if _, fault := authorityRecord(in, tx, authority); fault != nil {
			return issued{}, fault
		}
		if made := overWire(tx).certificates[arn]; made != nil && made.authority == authority {
			if !made.polled {
				made.polled = true
				return issued{}, &awsapi.Error{
					Status:  400,
					Code:    "RequestInProgressException",
					Message: "The request to issue the certificate " + arn + " is in progress.",
				}
			}
			return made.issued, nil
		}
		if own := tx.Find(CertificateType, "", arn); own != nil && own.Str("certificateAuthorityArn") == authority {
			return issued{ARN: arn, Certificate: own.Str("certificate"), Chain: own.Str("certificateChain")}, nil
		}
		return issued{}, &awsapi.Error{
			Status:  400,
			Code:    "ResourceNotFoundException",
			Message: "Could not find certificate " + arn,
		}
	})
}

// authorityRecord returns the record of a CA, or AWS's error.
func authorityRecord(in *awsapi.Request, tx *cloud.Tx, arn string) (*cloud.Record, *awsapi.Error) {
	record := tx.Find(AuthorityType, "", arn)
	if record == nil {
		return nil, &awsapi.Error{
			Status:  400,
			Code:    "ResourceNotFoundException",
			Message: "Could not find Certificate Authority " + arn,
		}
	}
	return record, nil
}

// getAuthorityCertificate answers with a CA's own certificate; a root has no chain.
func getAuthorityCertificate(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	record, fault := authorityFor(in, "GetCertificateAuthorityCertificate")
	if fault != nil {
		return fault
	}
	if record.status == statusPending {
		return &awsapi.Error{
			Status: 400,
			Code:   "InvalidStateException",
			Message: "The certificate authority " + record.ID + " has no certificate yet: its state is " +
				statusPending + ".",
		}
	}
	answer := map[string]string{"Certificate": strings.TrimSpace(record.Str("certificate"))}
	if chain := strings.TrimSpace(record.Str("certificateChain")); chain != "" {
		answer["CertificateChain"] = chain
	}
	awsapi.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// heldAuthority is a copy of a CA's record with its state.
type heldAuthority struct {
	cloud.Record
	status string
}

// authorityFor returns the CA that a request names, if the caller may read it.
func authorityFor(in *awsapi.Request, action string) (heldAuthority, *awsapi.Error) {
	var input struct{ CertificateAuthorityArn string }
	if fault := in.Decode(&input, "CertificateAuthorityArn"); fault != nil {
		return heldAuthority{}, fault
	}
	c := in.Cloud
	return cloud.Update2(c, func(tx *cloud.Tx) (heldAuthority, *awsapi.Error) {
		if fault := in.Allow(tx, authorityAccess(in, tx, action, input.CertificateAuthorityArn, nil)); fault != nil {
			return heldAuthority{}, fault
		}
		record, fault := authorityRecord(in, tx, input.CertificateAuthorityArn)
		if fault != nil {
			return heldAuthority{}, fault
		}
		copied := heldAuthority{Record: *record, status: AuthorityOf(tx, record.ID).status}
		copied.Inputs, copied.Outputs = record.Inputs.Copy(), record.Outputs.Copy()
		return copied, nil
	})
}

func describeAuthority(in *awsapi.Request, w http.ResponseWriter) *awsapi.Error {
	record, fault := authorityFor(in, "DescribeCertificateAuthority")
	if fault != nil {
		return fault
	}
	subject := map[string]any{}
	given, _ := record.Get("certificateAuthorityConfiguration.subject").(map[string]any)
	for key, value := range given {
		subject[strings.ToUpper(key[:1])+key[1:]] = value
	}
	answer := map[string]any{
		"Arn": record.ID, "OwnerAccount": in.Cloud.Account, "Type": record.Str("type"), "Status": record.status,
		"UsageMode": record.Str("usageMode"), "KeyStorageSecurityStandard": record.Str("keyStorageSecurityStandard"),
		"CertificateAuthorityConfiguration": map[string]any{
			"KeyAlgorithm":     record.Str("certificateAuthorityConfiguration.keyAlgorithm"),
			"SigningAlgorithm": record.Str("certificateAuthorityConfiguration.signingAlgorithm"), "Subject": subject,
		},
	}
	if record.status != statusPending {
		answer["Serial"] = record.Str("serial")
		for field, property := range map[string]string{"NotBefore": "notBefore", "NotAfter": "notAfter"} {
			if at, err := time.Parse(time.RFC3339, record.Str(property)); err == nil {
				answer[field] = at.Unix()
			}
		}
	}
	awsapi.WriteJSON(w, http.StatusOK, map[string]any{"CertificateAuthority": answer})
	return nil
}
