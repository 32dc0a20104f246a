// What is encrypted with a customer's key is read or written only by who may use that key: the
// service asks KMS in the caller's name. Sources: Amazon S3 user guide, "Using server-side
// encryption with AWS KMS keys" and "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys" (the
// context is then the bucket's ARN); Secrets Manager user guide, "Secret encryption and
// decryption".
package kms

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// UseKey asks whether the caller may use a key for an action ("kms:Decrypt") through a service
// ("s3"); context is the encryption context. An AWS managed key (alias/aws/...) passes: it serves
// everyone in the account.
func UseKey(
	in *awsapi.Request,
	tx *cloud.Tx,
	name, action, service string,
	context map[string]string,
) *awsapi.Error {
	if name == "" || strings.Contains(name, "alias/aws/") {
		return nil
	}
	c := in.Cloud
	key := Key(tx, name)
	if key == nil {
		if pending := tx.Find(pendingKeyType, "", cloud.AfterLast(name, "/")); pending != nil {
			return &awsapi.Error{
				Status:  400,
				Code:    "KMS.KMSInvalidStateException",
				Message: pending.Str("arn") + " is pending deletion.",
			}
		}
		return &awsapi.Error{
			Status:  400,
			Code:    "KMS.NotFoundException",
			Message: fmt.Sprintf("Key '%s' does not exist", name),
		}
	}
	if enabled, given := key.Get("isEnabled").(bool); given && !enabled {
		return &awsapi.Error{Status: 400, Code: "KMS.DisabledException", Message: key.Str("arn") + " is disabled."}
	}
	ask := awsapi.Access{
		Action:            action,
		Resource:          key.Str("arn"),
		ResourcePolicies:  []string{key.Str("policy")},
		ResourceMustAllow: true,
		Context: map[string]string{
			"kms:calleraccount": c.Account,
			"kms:viaservice":    service + "." + c.Region + ".amazonaws.com",
			"aws:viaawsservice": "true",
		},
	}
	for k, v := range context {
		ask.Context["kms:encryptioncontext:"+k] = v
	}
	awsapi.AddTagKeys(ask.Context, "aws:resourcetag/", key)
	return in.Allow(tx, ask)
}
