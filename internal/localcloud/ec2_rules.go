// What EC2 refuses of instances and interfaces, and what launching and ending one does.
package localcloud

import (
	"encoding/base64"
	"fmt"
)

// userDataLimit is EC2's limit, in bytes before encoding (EC2 user guide, "Run commands at
// launch").
const userDataLimit = 16384

// checkInstance is what the provider judges at plan time.
func checkInstance(c *call) []failure {
	var faults []failure
	if !present(c.inputs, "launchTemplate") {
		for _, path := range []string{"ami", "instanceType"} {
			if !present(c.inputs, path) {
				faults = append(
					faults,
					failure{path, fmt.Sprintf("%q: one of `%s,launchTemplate` must be specified", path, path)},
				)
			}
		}
	}
	// The text of user data may be secret and never stands in an error.
	if n := len(c.str("userData")); n > userDataLimit {
		faults = append(
			faults,
			failure{
				"userData",
				fmt.Sprintf("expected length of userData to be in the range (0 - %d), got %d bytes", userDataLimit, n),
			},
		)
	}
	if _, err := base64.StdEncoding.DecodeString(c.str("userDataBase64")); err != nil {
		faults = append(faults, failure{"userDataBase64", "userDataBase64: must be base64-encoded"})
	}
	return faults
}

// userDataReplaces: changed user data makes a new instance only where the program says so.
func userDataReplaces(c *call) bool {
	return c.yes("userDataReplaceOnChange") && (c.changed("userData") || c.changed("userDataBase64"))
}

// judgeInstanceType compares the type's processor with the image's.
func judgeInstanceType(c *call) error {
	kind := c.str("instanceType")
	if !instanceTypeName.MatchString(kind) {
		return errorf("InvalidParameterValue: Invalid value '%s' for InstanceType.", kind)
	}
	image := c.tx.find(amiType, "", c.str("ami"))
	if image == nil {
		return nil
	}
	own := map[bool]string{true: "arm64", false: "x86_64"}[gravitonType.MatchString(kind)]
	if theirs := image.str("architecture"); theirs != "" && theirs != own {
		return errorf(
			"InvalidParameterValue: The architecture '%s' of the specified instance type does not match the "+
				"architecture '%s' of the specified AMI. "+
				"Specify an instance type and an AMI that have matching architectures, and try again.",
			own,
			theirs,
		)
	}
	return nil
}

func judgeUserData(c *call) error {
	decoded, _ := base64.StdEncoding.DecodeString(c.str("userDataBase64"))
	if len(decoded) > userDataLimit {
		return errorf("InvalidParameterValue: User data is limited to %d bytes", userDataLimit)
	}
	return nil
}

// interfaceEntries are the ready-made interfaces of an instance, by device index.
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

// judgeNetworking: either ready-made interfaces, free and all in one zone, or a subnet.
func judgeNetworking(c *call) error {
	entries, zone := interfaceEntries(c.get), ""
	if len(entries) == 0 {
		return judgeOwnInterface(c)
	}
	if entries[0] == nil {
		return errorf("InvalidParameterValue: A primary network interface (device index 0) must be specified")
	}
	for _, entry := range entries {
		if holder := c.tx.instanceWith(entry.id); holder != "" {
			return errorf("InvalidNetworkInterface.InUse: Interface: [%s] in use.", entry.id)
		}
		subnet := c.tx.find(subnetType, "", c.tx.find(networkInterfaceType, "", entry.id).str("subnetId"))
		if subnet == nil {
			continue
		}
		if at := subnet.str("availabilityZone"); zone != "" && zone != at {
			return errorf(
				"InvalidParameterCombination: Network interfaces must be in the same availability zone: %s and %s",
				zone,
				at,
			)
		}
		zone = subnet.str("availabilityZone")
	}
	if asked := c.str("availabilityZone"); asked != "" && zone != "" && asked != zone {
		return errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnet is in the "+
				"availability zone %s",
			asked,
			zone,
		)
	}
	return nil
}

func judgeOwnInterface(c *call) error {
	subnet := c.tx.find(subnetType, "", c.str("subnetId"))
	if subnet == nil {
		return errorf(
			"VPCIdNotSpecified: No default VPC for this user. GroupName is only supported for EC2-Classic and " +
				"default VPC.",
		)
	}
	if asked := c.str("availabilityZone"); asked != "" && asked != subnet.str("availabilityZone") {
		return errorf(
			"InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid. Subnet is in the "+
				"availability zone %s",
			asked,
			subnet.str("availabilityZone"),
		)
	}
	if asked := c.str("privateIp"); asked != "" {
		if err := c.tx.judgeAddress(subnet, asked, ""); err != nil {
			return err
		}
	}
	return c.tx.sameNetwork(subnet.ID, c.all("vpcSecurityGroupIds"))
}

// instanceWith is the instance that holds an interface, "" if none does.
func (tx *Tx) instanceWith(networkInterface string) string {
	for _, instance := range tx.all(instanceType) {
		for _, entry := range interfaceEntries(instance.Get) {
			if entry.id == networkInterface {
				return instance.ID
			}
		}
	}
	return ""
}

// judgeProfile: a profile without a role is refused.
func judgeProfile(c *call) error {
	profile := c.tx.find(instanceProfileType, "name", c.str("iamInstanceProfile"))
	if profile != nil && profile.str("role") == "" {
		return errorf(
			"InvalidParameterValue: IAM Instance Profile \"%s\" has no associated IAM Roles",
			profile.str("arn"),
		)
	}
	return nil
}

// settleInstance gives the instance its place: what its interface says, or an interface of its own.
func settleInstance(c *call) error {
	primary := interfaceEntries(c.get)[0]
	var own *Record
	if primary != nil {
		own = c.tx.find(networkInterfaceType, "", primary.id)
	} else {
		groups := c.all("vpcSecurityGroupIds")
		if len(groups) == 0 {
			groups = []string{c.tx.defaultGroup(c.vpcOf(c.str("subnetId")))}
		}
		asked := c.str("privateIp")
		made, err := c.tx.placeInterface(placement{
			owner:       c.id,
			description: "Primary interface of " + c.id,
			subnet:      c.str("subnetId"),
			groups:      groups,
			address:     asked,
		})
		if err != nil {
			return err
		}
		own = made
	}
	subnet := c.tx.find(subnetType, "", own.str("subnetId"))
	c.set("primaryNetworkInterfaceId", own.ID)
	c.set("subnetId", own.str("subnetId"))
	c.set("availabilityZone", subnet.str("availabilityZone"))
	c.set("privateIp", own.str("privateIp"))
	c.set("privateDns", c.cloud.privateName(own.str("privateIp")))
	c.set("vpcSecurityGroupIds", own.Get("securityGroups"))
	c.set("publicIp", "")
	c.set("publicDns", "")
	for index, entry := range interfaceEntries(c.get) {
		if r := c.tx.find(networkInterfaceType, "", entry.id); r != nil {
			r.setOutput(
				"attachments",
				[]any{
					map[string]any{
						"attachmentId": "eni-attach-" + randomHex(17),
						"deviceIndex":  float64(index),
						"instance":     c.id,
					},
				},
			)
		}
	}
	return nil
}

// restarts says whether an update stops and starts the instance.
func restarts(c *call) bool {
	return c.changed("userData") || c.changed("userDataBase64") || c.changed("instanceType")
}

func judgeStop(c *call) error {
	before := c.tx.find(instanceType, "", c.id)
	if restarts(c) && before.Get("disableApiStop") == true {
		return errorf(
			"OperationNotPermitted: The instance '%s' may not be stopped. Modify its 'disableApiStop' instance "+
				"attribute and try again.",
			c.id,
		)
	}
	return nil
}

// releaseInstance: AWS detaches disks and interfaces, and deletes those that go with the instance.
func releaseInstance(c *call) error {
	c.tx.dropWhere(attachmentType, "instanceId", c.id)
	c.tx.dropInterfaces(c.id)
	for _, entry := range interfaceEntries(c.get) {
		r := c.tx.find(networkInterfaceType, "", entry.id)
		if r == nil {
			continue
		}
		r.setOutput("attachments", []any{})
		if entry.deleteOnTermination {
			c.tx.remove(networkInterfaceType, entry.id)
		}
	}
	return nil
}
