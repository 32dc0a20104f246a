// The graph of a stack as it is shipped, for tests and for the commands that read it.

package resourcegraph

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bodybroker/platform/config"
	"github.com/bodybroker/platform/stacks"
)

// Account is the account of the embedded AWS, the one of AWS's own documentation.
const Account = "123456789012"

// Shipped is the graph of Pulumi.<stack>.yaml in the project's folder root, with what the
// operator adds to that file (the account) and what the build makes (the artifacts, here
// files of a few bytes in a folder that is removed again).
func Shipped(root, stack string) (Graph, error) {
	folder, err := os.MkdirTemp("", "artifacts")
	if err != nil {
		return Graph{}, fmt.Errorf("recording stack %s: making a folder for artifacts: %w", stack, err)
	}
	var graph Graph
	raw, err := ShippedConfig(root, stack, folder)
	if err == nil {
		graph, err = Record(stacks.Deploy, Options{Config: raw})
	}
	if err = errors.Join(err, os.RemoveAll(folder)); err != nil {
		return Graph{}, fmt.Errorf("recording stack %s: %w", stack, err)
	}
	return graph, nil
}

// Named is the graph of the stack that a command's arguments name, one of those that are shipped.
func Named(root string, args []string) (Graph, error) {
	if len(args) != 1 {
		return Graph{}, fmt.Errorf("naming a stack: expected one, for example prod, got %q", args)
	}
	return Shipped(root, args[0])
}

// ShippedConfig is the configuration that Shipped runs with; the artifacts are written into folder.
func ShippedConfig(root, stack, folder string) (map[string]string, error) {
	raw, err := config.LoadShipped(filepath.Join(root, "Pulumi."+stack+".yaml"))
	if err != nil {
		return nil, err
	}
	raw[config.Project+":allowedAccounts"] = `["` + Account + `"]`
	for key, file := range map[string]string{
		"natsServerBinary":  "nats-server",
		"natsNodeProgram":   "nats-node",
		"controllerArchive": "controller.zip",
	} {
		file = filepath.Join(folder, file)
		if err := os.WriteFile(file, emptyArchive, 0o600); err != nil {
			return nil, fmt.Errorf("writing an artifact: %w", err)
		}
		raw[config.Project+":"+key] = file
	}
	return raw, nil
}

// emptyArchive is a zip without files: its end of central directory alone (PKWARE APPNOTE 4.3.16).
var emptyArchive = append([]byte("PK\x05\x06"), make([]byte, 18)...)
