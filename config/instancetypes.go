// The EC2 instance types that a NATS node may be, with what their connection to the data disk
// sustains: a disk that is faster than its instance is money burnt.

package config

import (
	"slices"
	"strings"
)

// instanceType is what one type sustains towards EBS for as long as one likes: its baseline,
// not the maximum that smaller sizes reach for 30 minutes a day.
type instanceType struct {
	iops       int
	throughput int // MB/s, rounded down
}

// instanceTypes are x86_64 only: the server binary is built for amd64. The numbers are the
// baselines in "Amazon EBS specifications" of Amazon EC2 Instance Types
// (docs.aws.amazon.com/ec2/latest/instancetypes: gp.html, co.html, mo.html), 2024 edition.
var instanceTypes = withFamilies(map[string]instanceType{
	"t3.small":   {iops: 1000, throughput: 21},
	"t3.medium":  {iops: 2000, throughput: 43},
	"t3.large":   {iops: 4000, throughput: 86},
	"t3.xlarge":  {iops: 4000, throughput: 86},
	"t3.2xlarge": {iops: 4000, throughput: 86},
}, "c6i", "m6i", "m7i", "r6i")

// sizeBaselines hold for every size of c6i, m6i, m7i and r6i: AWS gives the four the same
// connection to EBS.
var sizeBaselines = map[string]instanceType{
	"large":    {iops: 3600, throughput: 81},
	"xlarge":   {iops: 6000, throughput: 156},
	"2xlarge":  {iops: 12000, throughput: 312},
	"4xlarge":  {iops: 20000, throughput: 625},
	"8xlarge":  {iops: 40000, throughput: 1250},
	"12xlarge": {iops: 60000, throughput: 1875},
	"16xlarge": {iops: 80000, throughput: 2500},
	"24xlarge": {iops: 120000, throughput: 3750},
}

// instanceFamilies are the families of the table.
func instanceFamilies() []string {
	var families []string
	for name := range instanceTypes {
		family, _, _ := strings.Cut(name, ".")
		families = append(families, family)
	}
	slices.Sort(families)
	return slices.Compact(families)
}

func withFamilies(types map[string]instanceType, families ...string) map[string]instanceType {
	for _, family := range families {
		for size, baseline := range sizeBaselines {
			types[family+"."+size] = baseline
		}
	}
	return types
}
