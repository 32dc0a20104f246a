// The answers of the instance metadata service, by path. Sources: EC2 user guide, "Instance
// metadata categories", "Instance identity documents for Amazon EC2 instances" and "Troubleshoot
// IAM roles" (IAM user guide, the codes of iam/security-credentials).
package imds

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

const credentialsPath = "meta-data/iam/security-credentials"

// metadataAnswers are all paths below /latest/ except for the credentials of a role. An answer is
// false where the instance has no such value.
var metadataAnswers = map[string]func(*Metadata, *cloud.Record) (string, bool){
	"meta-data/instance-id": func(m *Metadata, _ *cloud.Record) (string, bool) { return m.instance, true },
	"meta-data/placement/region": func(m *Metadata, _ *cloud.Record) (string, bool) {
		return m.cloud.Region, true
	},
	"meta-data/placement/availability-zone": property("availabilityZone"),
	"meta-data/local-ipv4":                  property("privateIp"),
	credentialsPath: func(m *Metadata, instance *cloud.Record) (string, bool) {
		return m.profileRole(instance)
	},
	"dynamic/instance-identity/document": identityDocument,
	"user-data":                          userData,
}

func property(path string) func(*Metadata, *cloud.Record) (string, bool) {
	return func(_ *Metadata, instance *cloud.Record) (string, bool) {
		value := instance.Str(path)
		return value, value != ""
	}
}

// userData returns the decoded user data of the instance.
func userData(_ *Metadata, instance *cloud.Record) (string, bool) {
	text := instance.Str("userData")
	if encoded := instance.Str("userDataBase64"); encoded != "" {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return "", false
		}
		text = string(raw)
	}
	return text, text != ""
}

// identityDocument is not signed here: the paths of its signatures do not exist.
func identityDocument(m *Metadata, instance *cloud.Record) (string, bool) {
	architecture := "x86_64"
	if image := m.cloud.CopyOf("aws:ec2/ami:Ami", "", instance.Str("ami")); image != nil {
		architecture = image.Str("architecture")
	}
	return document(map[string]any{
		"accountId":          m.cloud.Account,
		"architecture":       architecture,
		"availabilityZone":   instance.Str("availabilityZone"),
		"billingProducts":    nil,
		"devpayProductCodes": nil,
		"imageId":            instance.Str("ami"),
		"instanceId":         m.instance,
		"instanceType": instance.Str(
			"instanceType",
		),
		"kernelId":                nil,
		"marketplaceProductCodes": nil,
		"privateIp":               instance.Str("privateIp"),
		"ramdiskId":               nil,
		"region":                  m.cloud.Region,
		"version":                 "2017-09-30",
	}), true
}

func document(fields map[string]any) string {
	text, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("localcloud: encoding metadata: %v", err))
	}
	return string(text)
}

// profileRole returns the name of the role in the instance's profile; false where there is no
// profile or it has no role.
func (m *Metadata) profileRole(instance *cloud.Record) (string, bool) {
	return cloud.View2(m.cloud, func(tx *cloud.Tx) (string, bool) {
		profile := tx.Find("aws:iam/instanceProfile:InstanceProfile", "name", instance.Str("iamInstanceProfile"))
		if profile == nil || profile.Str("role") == "" {
			return "", false
		}
		return profile.Str("role"), true
	})
}

// credentials returns those of the profile's role, the same ones until an hour before their end.
// For a role that EC2 may not assume, the document says so.
func (m *Metadata) credentials(name string, instance *cloud.Record, now time.Time) (string, bool) {
	role, found := m.profileRole(instance)
	if !found || role != name {
		return "", false
	}
	updated := now.UTC().Format(time.RFC3339)
	m.mu.Lock()
	defer m.mu.Unlock()
	held, fault := m.roleCredentials(role, now)
	if fault != "" {
		return document(
			map[string]any{"Code": "AssumeRoleUnauthorizedAccess", "Message": fault, "LastUpdated": updated},
		), true
	}
	return document(map[string]any{
		"Code": "Success", "LastUpdated": updated, "Type": "AWS-HMAC", "AccessKeyId": held.AccessKeyID,
		"SecretAccessKey": held.SecretAccessKey, "Token": held.Token, "Expiration": held.Expires.Format(time.RFC3339),
	}), true
}

// roleCredentials returns the credentials that were given last, or new ones; fault says why there
// are none. Call it with Metadata.mu locked.
func (m *Metadata) roleCredentials(name string, now time.Time) (held awsapi.Credentials, fault string) {
	return cloud.Update2(m.cloud, func(tx *cloud.Tx) (held awsapi.Credentials, fault string) {
		role := tx.Find("aws:iam/role:Role", "", name)
		allowed := false
		if role != nil {
			var err error
			if allowed, err = roles.MayAssume(m.cloud, role.Str("assumeRolePolicy"), "ec2.amazonaws.com"); err != nil {
				return held, err.Error()
			}
		}
		if !allowed {
			return held, "EC2 cannot assume the role " + name +
				". The role's trust policy must allow ec2.amazonaws.com sts:AssumeRole."
		}
		owner := role.Str("uniqueId")
		if m.givenTo == owner && now.Add(credentialsEarly).Before(m.given.Expires) {
			return m.given, ""
		}
		made, err := awsapi.NewSession(tx, role.Str("arn"), m.instance)
		if err != nil {
			return held, err.Error()
		}
		m.given, m.givenTo = made, owner
		return made, ""
	})
}
