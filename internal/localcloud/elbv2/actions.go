// What the default action of a listener does with a request: forward it, or redirect the client.
package elbv2

import (
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// listenerAction is the default action of a listener: weights to forward by, or a redirection.
type listenerAction struct {
	weights  map[string]int // by target group
	redirect *redirection
}

type redirection struct{ protocol, port, status string }

// actionOf reads a listener's default action.
func actionOf(listener cloud.Record) (listenerAction, error) {
	actions, _ := listener.Get("defaultActions").([]any)
	if len(actions) != 1 {
		return listenerAction{}, fmt.Errorf(
			"a listener with %d default actions: the embedded AWS supports one",
			len(actions),
		)
	}
	action, _ := actions[0].(map[string]any)
	switch kind := action["type"]; kind {
	case "redirect":
		to, _ := action["redirect"].(map[string]any)
		return listenerAction{
			redirect: &redirection{
				protocol: fmt.Sprint(to["protocol"]),
				port:     fmt.Sprint(to["port"]),
				status:   fmt.Sprint(to["statusCode"]),
			},
		}, nil
	case "forward":
		if arn, _ := action["targetGroupArn"].(string); arn != "" {
			return listenerAction{weights: map[string]int{arn: 1}}, nil
		}
		weights := map[string]int{}
		forward, _ := action["forward"].(map[string]any)
		groups, _ := forward["targetGroups"].([]any)
		for _, item := range groups {
			group, _ := item.(map[string]any)
			weights[fmt.Sprint(group["arn"])] = int(cloud.Number(group["weight"]))
		}
		return listenerAction{weights: weights}, nil
	default:
		return listenerAction{}, fmt.Errorf(
			"a listener's action %v: the embedded AWS supports forward and redirect",
			kind,
		)
	}
}

// refuseRule refuses a listener rule where load balancers run, because they would ignore it.
func refuseRule(c *cloud.Cloud, rule cloud.Record) error {
	if c.RunsTasks() {
		return fmt.Errorf("listener rule %s: the embedded AWS supports default actions of listeners only", rule.ID)
	}
	return nil
}
