// What the instance metadata service knows. Sources: EC2 user guide, "Instance metadata
// categories", "Instance identity documents for Amazon EC2 instances" and "Troubleshoot IAM roles"
// (IAM user guide, the codes of iam/security-credentials).
package localcloud

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

const credentialsPath = "meta-data/iam/security-credentials"

// metadataAnswers are all paths below /latest/, but for the credentials of a role; an answer may be
// "there is none".
var metadataAnswers = map[string]func(*Metadata, *Record) (string, bool){
	"meta-data/instance-id": func(m *Metadata, _ *Record) (string, bool) { return m.instance, true },
	"meta-data/placement/region": func(m *Metadata, _ *Record) (string, bool) {
		return m.cloud.Region, true
	},
	"meta-data/placement/availability-zone": property("availabilityZone"),
	"meta-data/local-ipv4":                  property("privateIp"),
	credentialsPath: func(m *Metadata, instance *Record) (string, bool) {
		return m.profileRole(instance)
	},
	"dynamic/instance-identity/document": identityDocument,
	"user-data":                          userData,
}

func property(path string) func(*Metadata, *Record) (string, bool) {
	return func(_ *Metadata, instance *Record) (string, bool) {
		value := instance.str(path)
		return value, value != ""
	}
}

// userData is what the instance was started with, decoded.
func userData(_ *Metadata, instance *Record) (string, bool) {
	text := instance.str("userData")
	if encoded := instance.str("userDataBase64"); encoded != "" {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return "", false
		}
		text = string(raw)
	}
	return text, text != ""
}

// identityDocument is not signed here: the signatures beside it do not exist.
func identityDocument(m *Metadata, instance *Record) (string, bool) {
	architecture := "x86_64"
	if image := m.cloud.copyOf("aws:ec2/ami:Ami", "", instance.str("ami")); image != nil {
		architecture = image.str("architecture")
	}
	return document(map[string]any{
		"accountId":          m.cloud.Account,
		"architecture":       architecture,
		"availabilityZone":   instance.str("availabilityZone"),
		"billingProducts":    nil,
		"devpayProductCodes": nil,
		"imageId":            instance.str("ami"),
		"instanceId":         m.instance,
		"instanceType": instance.str(
			"instanceType",
		),
		"kernelId":                nil,
		"marketplaceProductCodes": nil,
		"privateIp":               instance.str("privateIp"),
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

// profileRole is the name of the role in the instance's profile; false where there is no profile or
// it is empty.
func (m *Metadata) profileRole(instance *Record) (string, bool) {
	return view2(m.cloud, func(tx *Tx) (string, bool) {
		profile := tx.find("aws:iam/instanceProfile:InstanceProfile", "name", instance.str("iamInstanceProfile"))
		if profile == nil || profile.str("role") == "" {
			return "", false
		}
		return profile.str("role"), true
	})
}

// credentials are those of the profile's role, the same ones until an hour before their end. A role
// that EC2 may not assume has none, and the document says so.
func (m *Metadata) credentials(name string, instance *Record, now time.Time) (string, bool) {
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

// roleCredentials gives what is held, or asks for new ones; fault says why there are none. Call it
// with the service's own lock held.
func (m *Metadata) roleCredentials(name string, now time.Time) (held Credentials, fault string) {
	return update2(m.cloud, func(tx *Tx) (held Credentials, fault string) {
		role := tx.find("aws:iam/role:Role", "", name)
		allowed := false
		if role != nil {
			var err error
			if allowed, err = m.cloud.mayAssume(role.str("assumeRolePolicy"), "ec2.amazonaws.com"); err != nil {
				return held, err.Error()
			}
		}
		if !allowed {
			return held, "EC2 cannot assume the role " + name +
				". The role's trust policy must allow ec2.amazonaws.com sts:AssumeRole."
		}
		owner := role.str("uniqueId")
		if m.givenTo == owner && now.Add(credentialsEarly).Before(m.given.Expires) {
			return m.given, ""
		}
		made, err := tx.newSession(role.str("arn"), m.instance)
		if err != nil {
			return held, err.Error()
		}
		m.given, m.givenTo = made, owner
		return made, ""
	})
}
