// Order between resources that no input expresses: a value that waits.

package platform

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// After is the value, known only once the resources exist: what is made from it depends on them.
func After(value pulumi.StringInput, resources ...pulumi.CustomResource) pulumi.StringOutput {
	awaited := []any{value}
	for _, resource := range resources {
		awaited = append(awaited, resource.ID())
	}
	return pulumi.All(awaited...).ApplyT(func(known []any) string { return known[0].(string) }).(pulumi.StringOutput)
}
