// The data sources (Pulumi invokes) that programs read.
package localcloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// invoke answers one data source with the properties that programs read, under the names that the
// pulumi-aws SDK gives them.
type invoke func(tx *Tx, args resource.PropertyMap) (map[string]any, error)

// invokes by token.
var invokes = map[string]invoke{}

// registerInvokes adds a service's data sources when the package loads.
func registerInvokes(added map[string]invoke) struct{} {
	for token, answer := range added {
		if _, exists := invokes[token]; exists {
			panic(fmt.Sprintf("localcloud: two functions for %s", token))
		}
		invokes[token] = answer
	}
	return struct{}{}
}

var _ = registerInvokes(map[string]invoke{
	"aws:index/getRegion:getRegion": func(tx *Tx, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": tx.cloud.Region, "name": tx.cloud.Region, "region": tx.cloud.Region, "description": tx.cloud.Region,
			"endpoint": "ec2." + tx.cloud.Region + ".amazonaws.com",
		}, nil
	},
	"aws:index/getPartition:getPartition": func(*Tx, resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id":               "aws",
			"partition":        "aws",
			"dnsSuffix":        "amazonaws.com",
			"reverseDnsPrefix": "com.amazonaws",
		}, nil
	},
})
