// Which instances EC2 refuses, and what launching and terminating one changes in the network.
package ec2

import (
	"encoding/base64"
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// userDataLimit is EC2's limit, in bytes before encoding (EC2 user guide, "Run commands at
// launch").
const userDataLimit = 16384

// validateInstance is the provider's own check, at plan time.
func validateInstance(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	if !cloud.Present(c.Inputs, "launchTemplate") {
		for _, path := range []string{"ami", "instanceType"} {
			if !cloud.Present(c.Inputs, path) {
				faults = append(
					faults,
					cloud.Failure{
						Property: path,
						Reason:   fmt.Sprintf("%q: one of `%s,launchTemplate` must be specified", path, path),
					},
				)
			}
		}
	}
	// The text of user data may be secret, so no error repeats it.
	if n := len(c.Str("userData")); n > userDataLimit {
		faults = append(
			faults,
			cloud.Failure{
				Property: "userData",
				Reason: fmt.Sprintf(
					"expected length of userData to be in the range (0 - %d), got %d bytes",
					userDataLimit,
					n,
				),
			},
		)
	}
	if _, err := base64.StdEncoding.DecodeString(c.Str("userDataBase64")); err != nil {
		faults = append(
			faults,
			cloud.Failure{Property: "userDataBase64", Reason: "userDataBase64: must be base64-encoded"},
		)
	}
	return faults
}

// userDataReplaces reports whether changed user data replaces the instance, which the program
// chooses.
func userDataReplaces(c *cloud.Call) bool {
	return c.Bool("userDataReplaceOnChange") && (c.Changed("userData") || c.Changed("userDataBase64"))
}

// checkInstanceType compares the type's processor with the image's.
func checkInstanceType(c *cloud.Call) error {
	kind := c.Str("instanceType")
	if !instanceTypeName.MatchString(kind) {
		return cloud.Errorf("InvalidParameterValue: Invalid value '%s' for InstanceType.", kind)
	}
	image := c.Tx.Find(amiType, "", c.Str("ami"))
	if image == nil {
		return nil
	}
	own := map[bool]string{true: "arm64", false: "x86_64"}[gravitonType.MatchString(kind)]
	if theirs := image.Str("architecture"); theirs != "" && theirs != own {
		return cloud.Errorf(
			"InvalidParameterValue: The architecture '%s' of the specified instance type does not match the "+
				"architecture '%s' of the specified AMI. "+
				"Specify an instance type and an AMI that have matching architectures, and try again.",
			own,
			theirs,
		)
	}
	return nil
}

func checkUserData(c *cloud.Call) error {
	decoded, _ := base64.StdEncoding.DecodeString(c.Str("userDataBase64"))
	if len(decoded) > userDataLimit {
		return cloud.Errorf("InvalidParameterValue: User data is limited to %d bytes", userDataLimit)
	}
	return nil
}

// interfaceEntries returns the existing interfaces that an instance uses, by device index.
func interfaceEntries(get func(string) any) map[int]*interfaceEntry {
	entries := map[int]*interfaceEntry{}
	items, _ := get("networkInterfaces").([]any)
	for _, item := range items {
		fields, _ := item.(map[string]any)
		index, _ := fields["deviceIndex"].(float64)
		id, _ := fields["networkInterfaceId"].(string)
		drop, _ := fields["deleteOnTermination"].(bool)
		entries[int(index)] = &interfaceEntry{id, drop}
	}
	return entries
}

type interfaceEntry struct {
	id                  string
	deleteOnTermination bool
}

// checkNetworking requires either existing interfaces, free and all in one zone, or a subnet.
func checkNetworking(c *cloud.Call) error {
	entries, zone := interfaceEntries(c.Get), ""
	if len(entries) == 0 {
		return checkOwnInterface(c)
	}
	if entries[0] == nil {
		return cloud.Errorf("InvalidParameterValue: A primary network interface (device index 0) must be specified")
	}
	for _, entry := range entries {
		if holder := instanceWith(c.Tx, entry.id); holder != "" {
			return cloud.Errorf("InvalidNetworkInterface.InUse: Interface: [%s] in use.", entry.id)
		}
		subnet := c.Tx.Find(SubnetType, "", c.Tx.Find(NetworkInterfaceType, "", entry.id).Str("subnetId"))
		if subnet == nil {
			continue
		}
		if at := subnet.Str("availabilityZone"); zone != "" && zone != at {
			return cloud.Errorf(
				"InvalidParameterCombination: Network interfaces must be in the same availability zone: %s and %s",
				zone,
				at,
			)
		}
		zone = subnet.Str("availabilityZone")
	}
	if given := c.Str("availabilityZone"); given != "" && zone != "" && given != zone {
		return cloud.Errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnet is in the "+
				"availability zone %s",
			given,
			zone,
		)
	}
	return nil
}

func checkOwnInterface(c *cloud.Call) error {
	subnet := c.Tx.Find(SubnetType, "", c.Str("subnetId"))
	if subnet == nil {
		return cloud.Errorf(
			"VPCIdNotSpecified: No default VPC for this user. GroupName is only supported for EC2-Classic and " +
				"default VPC.",
		)
	}
	if given := c.Str("availabilityZone"); given != "" && given != subnet.Str("availabilityZone") {
		return cloud.Errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnet is in the "+
				"availability zone %s",
			given,
			subnet.Str("availabilityZone"),
		)
	}
	if given := c.Str("privateIp"); given != "" {
		if err := checkAddress(c.Tx, subnet, given, ""); err != nil {
			return err
		}
	}
	return CheckGroupsOfSubnet(c.Tx, subnet.ID, c.All("vpcSecurityGroupIds"))
}

// instanceWith returns the id of the instance that holds an interface; "" if none does.
func instanceWith(tx *cloud.Tx, networkInterface string) string {
	for _, instance := range tx.All(InstanceType) {
		for _, entry := range interfaceEntries(instance.Get) {
			if entry.id == networkInterface {
				return instance.ID
			}
		}
	}
	return ""
}

// checkProfile refuses an instance profile without a role.
func checkProfile(c *cloud.Call) error {
	profile := c.Tx.Find(InstanceProfileType, "name", c.Str("iamInstanceProfile"))
	if profile != nil && profile.Str("role") == "" {
		return cloud.Errorf(
			"InvalidParameterValue: IAM Instance Profile \"%s\" has no associated IAM Roles",
			profile.Str("arn"),
		)
	}
	return nil
}

// settleInstance gives the instance the subnet and address of its existing interface, or creates an
// interface for it.
func settleInstance(c *cloud.Call) error {
	primary := interfaceEntries(c.Get)[0]
	var own *cloud.Record
	if primary != nil {
		own = c.Tx.Find(NetworkInterfaceType, "", primary.id)
	} else {
		groups := c.All("vpcSecurityGroupIds")
		if len(groups) == 0 {
			groups = []string{DefaultGroup(c.Tx, VpcOf(c, c.Str("subnetId")))}
		}
		given := c.Str("privateIp")
		made, err := PlaceInterface(c.Tx, Placement{
			Owner:       c.ID,
			Description: "Primary interface of " + c.ID,
			Subnet:      c.Str("subnetId"),
			Groups:      groups,
			address:     given,
		})
		if err != nil {
			return err
		}
		own = made
	}
	subnet := c.Tx.Find(SubnetType, "", own.Str("subnetId"))
	c.Set("primaryNetworkInterfaceId", own.ID)
	c.Set("subnetId", own.Str("subnetId"))
	c.Set("availabilityZone", subnet.Str("availabilityZone"))
	c.Set("privateIp", own.Str("privateIp"))
	c.Set("privateDns", privateName(c.Cloud, own.Str("privateIp")))
	c.Set("vpcSecurityGroupIds", own.Get("securityGroups"))
	c.Set("publicIp", "")
	c.Set("publicDns", "")
	for index, entry := range interfaceEntries(c.Get) {
		if r := c.Tx.Find(NetworkInterfaceType, "", entry.id); r != nil {
			r.SetOutput(
				"attachments",
				[]any{
					map[string]any{
						"attachmentId": "eni-attach-" + cloud.RandomHex(17),
						"deviceIndex":  float64(index),
						"instance":     c.ID,
					},
				},
			)
		}
	}
	return nil
}

// restartsInstance reports whether an update stops and starts the instance.
func restartsInstance(c *cloud.Call) bool {
	return c.Changed("userData") || c.Changed("userDataBase64") || c.Changed("instanceType")
}

func checkStop(c *cloud.Call) error {
	before := c.Tx.Find(InstanceType, "", c.ID)
	if restartsInstance(c) && before.Get("disableApiStop") == true {
		return cloud.Errorf(
			"OperationNotPermitted: The instance '%s' may not be stopped. Modify its 'disableApiStop' instance "+
				"attribute and try again.",
			c.ID,
		)
	}
	return nil
}

// releaseInstance detaches the disks and interfaces of a terminated instance, and deletes those
// that end with it.
func releaseInstance(c *cloud.Call) error {
	RemoveWhere(c.Tx, AttachmentType, "instanceId", c.ID)
	RemoveInterfaces(c.Tx, c.ID)
	for _, entry := range interfaceEntries(c.Get) {
		r := c.Tx.Find(NetworkInterfaceType, "", entry.id)
		if r == nil {
			continue
		}
		r.SetOutput("attachments", []any{})
		if entry.deleteOnTermination {
			c.Tx.Remove(NetworkInterfaceType, entry.id)
		}
	}
	return nil
}
