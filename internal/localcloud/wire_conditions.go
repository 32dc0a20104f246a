// Conditions of policies: which operators and keys are known, and what they compare with. One that
// is not known is an error, never a guess. Sources: IAM user guide, "IAM JSON policy elements:
// Condition operators" and "AWS global condition context keys"; service authorization reference,
// the pages of S3, Private CA, Secrets Manager and KMS.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
)

// operators are those that are known, without "IfExists" and "Not".
var conditionOperators = map[string]func(pattern, value string) bool{
	"StringEquals":           func(pattern, value string) bool { return pattern == value },
	"StringEqualsIgnoreCase": strings.EqualFold,
	"StringLike":             glob,
	"ArnEquals":              arnLike, // the two behave alike
	"ArnLike":                arnLike,
	"Bool":                   strings.EqualFold,
}

// conditionKeys are those that are known, lower case; one that ends in / or : is a family. A known
// key that a request does not have is absent, as in AWS.
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
	"aws:sourceaccount",
	"aws:sourcearn", // only AWS services that act for themselves have these two
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

func knownKey(key string) bool {
	return slices.ContainsFunc(conditionKeys, func(known string) bool {
		family := strings.HasSuffix(known, "/") || strings.HasSuffix(known, ":")
		return key == known || family && strings.HasPrefix(key, known) && len(key) > len(known)
	})
}

// requestContext are the values of all condition keys that a request has.
func (c *Cloud) requestContext(caller *session, role *Record, ask access) map[string]string {
	context := map[string]string{
		"aws:principalarn":          caller.roleARN,
		"aws:principalaccount":      c.Account,
		"aws:principaltype":         "AssumedRole",
		"aws:principalisawsservice": "false",
		"aws:userid":                caller.unique + ":" + caller.name,
		"aws:requestedregion":       c.Region,
		"aws:resourceaccount":       c.Account,
		"aws:securetransport":       "true", // see ServeAPI
		"aws:viaawsservice":         "false",
	}
	tagKeys(context, "aws:principaltag/", role)
	for key, value := range ask.context {
		context[strings.ToLower(key)] = value
	}
	return context
}

// tagKeys adds the tags of a record under a family of condition keys.
func tagKeys(context map[string]string, family string, r *Record) {
	for _, property := range []string{"tagsAll", "tags"} {
		tags, _ := r.Get(property).(map[string]any)
		for key, value := range tags {
			context[strings.ToLower(family+key)] = fmt.Sprint(value)
		}
	}
}

// holds says whether all conditions of a statement hold.
func (e evaluation) holds(s policyStatement, document string) (bool, error) {
	for _, text := range slices.Concat(s.Resources, e.values(s)) {
		if strings.Contains(text, "${") {
			return false, fmt.Errorf("policy variables are not evaluated here, and a statement has %q", text)
		}
	}
	for _, condition := range s.Conditions {
		holds, err := e.test(condition)
		if err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}

func (e evaluation) values(s policyStatement) []string {
	var all []string
	for _, condition := range s.Conditions {
		all = append(all, condition.Values...)
	}
	return all
}

// test is one operator on one key. An absent key fails a test, passes one that negates, and passes
// one that ends in IfExists.
func (e evaluation) test(condition policyCondition) (bool, error) {
	key := strings.ToLower(condition.Key)
	if !knownKey(key) {
		return false, fmt.Errorf("the condition key %q is not known here", condition.Key)
	}
	value, present := e.context[key]
	if condition.Operator == "Null" {
		return slices.ContainsFunc(
			condition.Values,
			func(absent string) bool { return strings.EqualFold(absent, fmt.Sprint(!present)) },
		), nil
	}
	name, ifExists := strings.CutSuffix(condition.Operator, "IfExists")
	negated := false
	for _, kind := range []string{"String", "Arn"} {
		if rest, not := strings.CutPrefix(name, kind+"Not"); not {
			name, negated = kind+rest, true
		}
	}
	compare, known := conditionOperators[name]
	if !known {
		return false, fmt.Errorf("the condition operator %q is not known here", condition.Operator)
	}
	if !present {
		return negated || ifExists, nil
	}
	found := slices.ContainsFunc(condition.Values, func(pattern string) bool { return compare(pattern, value) })
	return found != negated, nil
}

// arnLike compares ARNs part by part; a wildcard does not reach over a colon but in the last part.
func arnLike(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != len(parts) {
		return pattern == "*"
	}
	for i := range parts {
		if !glob(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}
