// Dashboards. Nothing draws them here: the rows check what CloudWatch refuses of their bodies.
package cloudwatch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    "aws:cloudwatch/dashboard:Dashboard",
		Source:   "pulumi-aws SDK doc; AWS CloudWatch user guide, \"Dashboard body structure\"",
		Required: []string{"dashboardBody", "dashboardName"},
		Replace:  []string{"dashboardName"},
		Name: &cloud.NameRule{
			Property: "dashboardName",
			Max:      255,
			Pattern:  regexp.MustCompile(`^[0-9A-Za-z_-]+$`),
		},
		Computed: map[string]cloud.Value{
			"dashboardArn": cloud.Text("arn:aws:cloudwatch::{account}:dashboard/{dashboardName}"),
		},
		Check:        cloud.ValidJSON("dashboardBody"),
		BeforeCreate: checkDashboard,
		BeforeUpdate: checkDashboard,
	},
)

// checkDashboard is what CloudWatch refuses of a dashboard's body.
func checkDashboard(c *cloud.Call) error {
	var body struct {
		Widgets []struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal([]byte(c.Str("dashboardBody")), &body); err != nil || body.Widgets == nil {
		return fmt.Errorf(
			"InvalidParameterInput: The dashboard body is invalid, there are 1 validation errors: [ { \"message\": " +
				"\"Should have required property 'widgets'\" } ]",
		)
	}
	kinds := []string{"metric", "text", "log", "alarm", "explorer", "custom"}
	for i, w := range body.Widgets {
		if !slices.Contains(kinds, w.Type) || w.Properties == nil {
			return fmt.Errorf(
				"InvalidParameterInput: The dashboard body is invalid: /widgets/%d needs a type of %s, and properties",
				i,
				strings.Join(kinds, ", "),
			)
		}
		if w.Type == "metric" && !drawsSomething(w.Properties) {
			return fmt.Errorf("InvalidParameterInput: The dashboard body is invalid, there are 1 validation errors: "+
				"[ { \"dataPath\": \"/widgets/%d/properties/metrics\", \"message\": \"Should NOT have less than 1 "+
				"items\" } ]", i)
		}
	}
	if len(body.Widgets) > 500 {
		return fmt.Errorf("InvalidParameterInput: The dashboard has %d widgets, the most is 500", len(body.Widgets))
	}
	return nil
}

// drawsSomething says whether a metric widget has something to draw: metrics, or the metrics of
// alarms (CloudWatch API reference, "Dashboard body structure and syntax": metrics is required
// unless annotations.alarms is given).
func drawsSomething(properties map[string]any) bool {
	metrics, _ := properties["metrics"].([]any)
	annotations, _ := properties["annotations"].(map[string]any)
	alarms, _ := annotations["alarms"].([]any)
	return len(metrics)+len(alarms) > 0
}
