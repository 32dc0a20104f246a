// The condition keys that are known. An unknown key must not pass as an absent one.
package iam

import (
	"slices"
	"strings"
)

// conditionKeys are the condition keys that are known, in lower case. One that ends in "/" or ":"
// is a family, whose members have a name after it.
//
// Sources: IAM user guide, "AWS global condition context keys"; service authorization reference,
// the pages of S3, Private CA, Secrets Manager and KMS.
var conditionKeys = []string{
	"aws:principalarn",
	"aws:principalaccount",
	"aws:principaltype",
	"aws:principaltag/",
	"aws:principalisawsservice",
	"aws:userid",
	"aws:username",
	"aws:securetransport",
	"aws:requestedregion",
	"aws:resourceaccount",
	"aws:resourcetag/",
	"aws:requesttag/",
	"aws:viaawsservice",
	"aws:sourceaccount", // only AWS services that act for themselves have this and aws:sourcearn
	"aws:sourcearn",
	"s3:prefix",
	"s3:delimiter",
	"s3:max-keys",
	"s3:resourceaccount",
	"s3:authtype",
	"s3:signatureversion",
	"s3:x-amz-server-side-encryption",
	"s3:x-amz-server-side-encryption-aws-kms-key-id",
	"acm-pca:templatearn",
	"secretsmanager:secretid",
	"secretsmanager:versionid",
	"secretsmanager:versionstage",
	"kms:calleraccount",
	"kms:grantisforawsresource",
	"kms:viaservice",
	"kms:encryptioncontext:",
}

// knownKey says whether a condition key, in lower case, is known.
func knownKey(key string) bool {
	return slices.ContainsFunc(conditionKeys, func(known string) bool {
		family := strings.HasSuffix(known, "/") || strings.HasSuffix(known, ":")
		return key == known || family && strings.HasPrefix(key, known)
	})
}
