// The use of KMS keys by other services: only callers that may use a key read or write what it
// encrypts. The service calls KMS in the caller's name. Sources: Amazon S3 user guide, "Using
// server-side encryption with AWS KMS keys" and "Reducing the cost of SSE-KMS with Amazon S3 Bucket
// Keys" (the context is then the bucket's ARN); Secrets Manager user guide, "Secret encryption and
// decryption".
package kms

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// UseKey refuses a caller that may not use a key for an action ("kms:Decrypt") through a service
// ("s3"). context is the encryption context. An AWS managed key (alias/aws/...) passes: it serves
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
	access := awsapi.Access{
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
		access.Context["kms:encryptioncontext:"+k] = v
	}
	awsapi.AddTagKeys(access.Context, "aws:resourcetag/", key)
	return in.Allow(tx, access)
}
