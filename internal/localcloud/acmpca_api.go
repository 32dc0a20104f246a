// ACM Private CA over the wire. Sources: AWS Private CA API reference, IssueCertificate,
// GetCertificate, GetCertificateAuthorityCertificate and DescribeCertificateAuthority.
package localcloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var _ = registerOperations("acm-pca", map[string]operation{
	"IssueCertificate":                   issueOverWire,
	"GetCertificate":                     getCertificate,
	"GetCertificateAuthorityCertificate": getAuthorityCertificate,
	"DescribeCertificateAuthority":       describeAuthority,
})

// issuedOverWire is what was issued over the wire.
type issuedOverWire struct {
	certificates map[string]*wireCertificate
	requests     map[string]issueOnce // certificates by authority and idempotency token
}

const issuedOverWireKey = "issued over the wire"

// overWire is what the authorities issued over the wire.
func (tx *Tx) overWire() *issuedOverWire {
	state, ok := tx.values[issuedOverWireKey].(*issuedOverWire)
	if !ok {
		state = &issuedOverWire{certificates: map[string]*wireCertificate{}, requests: map[string]issueOnce{}}
		tx.values[issuedOverWireKey] = state
	}
	return state
}

// wireCertificate is one that was issued over the wire.
type wireCertificate struct {
	issued
	authority string
	asked     bool // GetCertificate has been called once
}

// issueOnce is what an idempotency token has led to.
type issueOnce struct {
	arn   string
	until time.Time
}

// idempotencyTime is how long a token means the same certificate (IssueCertificate,
// IdempotencyToken).
const idempotencyTime = 5 * time.Minute

// issueInput is the request of IssueCertificate.
type issueInput struct {
	CertificateAuthorityArn, SigningAlgorithm, TemplateArn, IdempotencyToken string
	Csr                                                                      []byte
	Validity                                                                 struct {
		Type  string
		Value json.Number
	}
}

// authorityAccess is what every operation on a CA asks for.
func (in *wireRequest) authorityAccess(tx *Tx, action, arn string, context map[string]string) access {
	ask := access{action: "acm-pca:" + action, resource: arn, context: map[string]string{}}
	for key, value := range context {
		ask.context[key] = value
	}
	if policy := tx.find("aws:acmpca/policy:Policy", "", arn); policy != nil {
		ask.own = []string{policy.str("policy")}
	}
	if record := tx.find(authorityType, "", arn); record != nil {
		tagKeys(ask.context, "aws:resourcetag/", record)
	}
	return ask
}

// issueOverWire agrees in a transaction and signs outside of it.
func issueOverWire(in *wireRequest, w http.ResponseWriter) *apiError {
	var asked issueInput
	if fault := in.decode(&asked, "CertificateAuthorityArn", "Csr", "SigningAlgorithm", "Validity"); fault != nil {
		return fault
	}
	var agreed *signing
	var arn string
	var fault *apiError
	in.cloud.Update(func(tx *Tx) { agreed, arn, fault = in.agree(tx, asked) })
	if fault != nil {
		return fault
	}
	if agreed != nil {
		made, err := agreed.sign()
		if err != nil {
			return fromRow(err)
		}
		arn = in.cloud.keepCertificate(made, asked)
	}
	writeJSON(w, http.StatusOK, map[string]string{"CertificateArn": arn})
	return nil
}

// agree finds what is to be signed, or the certificate that the same token has led to already.
func (in *wireRequest) agree(tx *Tx, asked issueInput) (*signing, string, *apiError) {
	context := map[string]string{}
	if asked.TemplateArn != "" {
		context["acm-pca:templatearn"] = asked.TemplateArn
	}
	if fault := in.allow(
		tx,
		in.authorityAccess(tx, "IssueCertificate", asked.CertificateAuthorityArn, context),
	); fault != nil {
		return nil, "", fault
	}
	if before := tx.overWire().requests[tokenKey(asked)]; tx.wire().now().Before(before.until) {
		return nil, before.arn, nil
	}
	agreed, err := tx.agreeCertificate(issueRequest{
		Authority:        asked.CertificateAuthorityArn,
		Request:          string(asked.Csr),
		Template:         asked.TemplateArn,
		SigningAlgorithm: asked.SigningAlgorithm,
		ValidityType:     asked.Validity.Type,
		ValidityValue:    asked.Validity.Value.String(),
	})
	if err != nil {
		return nil, "", fromRow(err)
	}
	if signatureAlgorithms[asked.SigningAlgorithm] == 0 {
		return nil, "", &apiError{
			status: 400,
			code:   "ValidationException",
			message: fmt.Sprintf("the signing algorithm %q is not one of %s",
				asked.SigningAlgorithm, strings.Join(signingAlgorithms, ", ")),
		}
	}
	return agreed, "", nil
}

func tokenKey(asked issueInput) string {
	sum := sha256.Sum256(asked.Csr)
	return asked.CertificateAuthorityArn + " " + asked.IdempotencyToken + " " + hex.EncodeToString(sum[:])
}

func (c *Cloud) keepCertificate(made *issued, asked issueInput) string {
	return update(c, func(tx *Tx) string {
		state := tx.overWire()
		state.certificates[made.ARN] = &wireCertificate{issued: *made, authority: asked.CertificateAuthorityArn}
		if asked.IdempotencyToken != "" {
			state.requests[tokenKey(asked)] = issueOnce{made.ARN, tx.wire().now().Add(idempotencyTime)}
		}
		return made.ARN
	})
}

// getCertificate answers the first question for a certificate with "in progress": AWS issues in its
// own time, and who does not ask again fails there.
func getCertificate(in *wireRequest, w http.ResponseWriter) *apiError {
	var asked struct{ CertificateAuthorityArn, CertificateArn string }
	if fault := in.decode(&asked, "CertificateAuthorityArn", "CertificateArn"); fault != nil {
		return fault
	}
	found, fault := in.certificate(asked.CertificateAuthorityArn, asked.CertificateArn)
	if fault != nil {
		return fault
	}
	answer := map[string]string{"Certificate": strings.TrimSpace(found.Certificate)}
	if found.Chain != "" {
		answer["CertificateChain"] = strings.TrimSpace(found.Chain)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (in *wireRequest) certificate(authority, arn string) (issued, *apiError) {
	c := in.cloud
	return update2(c, func(tx *Tx) (issued, *apiError) {
		if fault := in.allow(tx, in.authorityAccess(tx, "GetCertificate", authority, nil)); fault != nil {
			return issued{}, fault
		}
		if _, fault := in.authorityRecord(tx, authority); fault != nil {
			return issued{}, fault
		}
		if made := tx.overWire().certificates[arn]; made != nil && made.authority == authority {
			if !made.asked {
				made.asked = true
				return issued{}, &apiError{
					status:  400,
					code:    "RequestInProgressException",
					message: "The request to issue the certificate " + arn + " is in progress.",
				}
			}
			return made.issued, nil
		}
		if own := tx.find(certificateType, "", arn); own != nil && own.str("certificateAuthorityArn") == authority {
			return issued{ARN: arn, Certificate: own.str("certificate"), Chain: own.str("certificateChain")}, nil
		}
		return issued{}, &apiError{
			status:  400,
			code:    "ResourceNotFoundException",
			message: "Could not find certificate " + arn,
		}
	})
}

// authorityRecord finds a CA.
func (in *wireRequest) authorityRecord(tx *Tx, arn string) (*Record, *apiError) {
	record := tx.find(authorityType, "", arn)
	if record == nil {
		return nil, &apiError{
			status:  400,
			code:    "ResourceNotFoundException",
			message: "Could not find Certificate Authority " + arn,
		}
	}
	return record, nil
}

// getAuthorityCertificate gives a CA's own certificate; a root has no chain above it.
func getAuthorityCertificate(in *wireRequest, w http.ResponseWriter) *apiError {
	record, fault := in.authorityFor("GetCertificateAuthorityCertificate")
	if fault != nil {
		return fault
	}
	if record.status == statusPending {
		return &apiError{
			status: 400,
			code:   "InvalidStateException",
			message: "The certificate authority " + record.ID + " has no certificate yet: its state is " +
				statusPending + ".",
		}
	}
	answer := map[string]string{"Certificate": strings.TrimSpace(record.str("certificate"))}
	if chain := strings.TrimSpace(record.str("certificateChain")); chain != "" {
		answer["CertificateChain"] = chain
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// heldAuthority is a copy of a CA's record with its state.
type heldAuthority struct {
	Record
	status string
}

// authorityFor reads the CA that a request names, if the caller may.
func (in *wireRequest) authorityFor(action string) (heldAuthority, *apiError) {
	var asked struct{ CertificateAuthorityArn string }
	if fault := in.decode(&asked, "CertificateAuthorityArn"); fault != nil {
		return heldAuthority{}, fault
	}
	c := in.cloud
	return update2(c, func(tx *Tx) (heldAuthority, *apiError) {
		if fault := in.allow(tx, in.authorityAccess(tx, action, asked.CertificateAuthorityArn, nil)); fault != nil {
			return heldAuthority{}, fault
		}
		record, fault := in.authorityRecord(tx, asked.CertificateAuthorityArn)
		if fault != nil {
			return heldAuthority{}, fault
		}
		copied := heldAuthority{Record: *record, status: tx.authorityOf(record.ID).status}
		copied.Inputs, copied.Outputs = record.Inputs.Copy(), record.Outputs.Copy()
		return copied, nil
	})
}

func describeAuthority(in *wireRequest, w http.ResponseWriter) *apiError {
	record, fault := in.authorityFor("DescribeCertificateAuthority")
	if fault != nil {
		return fault
	}
	subject := map[string]any{}
	given, _ := record.Get("certificateAuthorityConfiguration.subject").(map[string]any)
	for key, value := range given {
		subject[strings.ToUpper(key[:1])+key[1:]] = value
	}
	answer := map[string]any{
		"Arn": record.ID, "OwnerAccount": in.cloud.Account, "Type": record.str("type"), "Status": record.status,
		"UsageMode": record.str("usageMode"), "KeyStorageSecurityStandard": record.str("keyStorageSecurityStandard"),
		"CertificateAuthorityConfiguration": map[string]any{
			"KeyAlgorithm":     record.str("certificateAuthorityConfiguration.keyAlgorithm"),
			"SigningAlgorithm": record.str("certificateAuthorityConfiguration.signingAlgorithm"), "Subject": subject,
		},
	}
	if record.status != statusPending {
		answer["Serial"] = record.str("serial")
		for field, property := range map[string]string{"NotBefore": "notBefore", "NotAfter": "notAfter"} {
			if at, err := time.Parse(time.RFC3339, record.str(property)); err == nil {
				answer[field] = at.Unix()
			}
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"CertificateAuthority": answer})
	return nil
}
