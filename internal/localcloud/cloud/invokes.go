// The data sources (Pulumi invokes) that programs read. Each service registers its own; here are
// those of no service.
package cloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Invoke answers one data source with the properties that programs read, under the names that the
// pulumi-aws SDK gives them.
type Invoke func(tx *Tx, args resource.PropertyMap) (map[string]any, error)

// Invokes are all data sources by token.
var Invokes = map[string]Invoke{}

// RegisterInvokes adds a service's data sources when its package loads. A second one for a token is
// a mistake in this project and panics.
func RegisterInvokes(added map[string]Invoke) struct{} {
	for token, answer := range added {
		if _, exists := Invokes[token]; exists {
			panic(fmt.Sprintf("localcloud: two functions for %s", token))
		}
		Invokes[token] = answer
	}
	return struct{}{}
}

var _ = RegisterInvokes(map[string]Invoke{
	"aws:index/getRegion:getRegion": func(tx *Tx, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": tx.Cloud.Region, "name": tx.Cloud.Region, "region": tx.Cloud.Region, "description": tx.Cloud.Region,
			"endpoint": "ec2." + tx.Cloud.Region + ".amazonaws.com",
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
