// Package image renders what a NATS node boots and runs with, from the templates of assets/nats:
// the server's configuration and the user-data. The same values give the same bytes, because other
// bytes replace a machine or reload a server.
package image

import (
	"fmt"
	"strings"
	"text/template"
)

func render(name, source string, values any) (string, error) {
	parsed, err := template.New(name).Funcs(functions).Option("missingkey=error").Parse(source)
	if err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, values); err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	return b.String(), nil
}
