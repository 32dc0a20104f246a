// The programs that are measured: the platform with more services, and the engine's floor.

package bench

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// extraServices adds services to the 22 of the table until there are so many.
func extraServices(total int) map[string]any {
	if total <= 22 {
		return nil
	}
	var added []any
	images := map[string]any{}
	for i := 22; i < total; i++ {
		name := fmt.Sprintf("extra-%d", i)
		images[name] = "1.0.0"
		added = append(added, map[string]any{
			"name": name, "queue": "q." + name,
			"rpc": []any{fmt.Sprintf("svc.extra%d.v1.get", i)}, "events": []any{},
		})
	}
	return map[string]any{"additionalServices": added, "serviceImages": images}
}

// plain is the floor: so many resources of the simplest kind, each for itself. The stack and
// its provider are two of the steps that are counted for the platform.
func plain(count int) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for i := range count - 2 {
			if _, err := sns.NewTopic(ctx, fmt.Sprintf("plain-%d", i), &sns.TopicArgs{}); err != nil {
				return err
			}
		}
		return nil
	}
}
