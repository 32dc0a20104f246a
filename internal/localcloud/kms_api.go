// What is encrypted with a customer's key is read or written only by who may use that key: the
// service asks KMS in the caller's name. Sources: Amazon S3 user guide, "Using server-side
// encryption with AWS KMS keys" and "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys" (the
// context is then the bucket's ARN); Secrets Manager user guide, "Secret encryption and
// decryption".
package localcloud

import (
	"fmt"
	"strings"
)

// useKey asks whether the caller may use a key for an action ("kms:Decrypt") through a service
// ("s3"); context is the encryption context. An AWS managed key (alias/aws/...) passes: it serves
// everyone in the account.
func (in *wireRequest) useKey(tx *Tx, name, action, service string, context map[string]string) *apiError {
	if name == "" || strings.Contains(name, "alias/aws/") {
		return nil
	}
	c := in.cloud
	key := tx.key(name)
	if key == nil {
		if pending := tx.find(pendingKeyType, "", lastOf(name, "/")); pending != nil {
			return &apiError{
				status:  400,
				code:    "KMS.KMSInvalidStateException",
				message: pending.str("arn") + " is pending deletion.",
			}
		}
		return &apiError{
			status:  400,
			code:    "KMS.NotFoundException",
			message: fmt.Sprintf("Key '%s' does not exist", name),
		}
	}
	if enabled, given := key.Get("isEnabled").(bool); given && !enabled {
		return &apiError{status: 400, code: "KMS.DisabledException", message: key.str("arn") + " is disabled."}
	}
	ask := access{
		action:   action,
		resource: key.str("arn"),
		own:      []string{key.str("policy")},
		mustOwn:  true,
		context: map[string]string{
			"kms:calleraccount": c.Account,
			"kms:viaservice":    service + "." + c.Region + ".amazonaws.com",
			"aws:viaawsservice": "true",
		},
	}
	for k, v := range context {
		ask.context["kms:encryptioncontext:"+k] = v
	}
	tagKeys(ask.context, "aws:resourcetag/", key)
	return in.allow(tx, ask)
}
