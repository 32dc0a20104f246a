// Package units holds the systemd units of a NATS node: the server, and the two timers that keep
// its configuration and its certificate current.
package units

import (
	"embed"
	"fmt"
)

//go:embed *.service *.timer
var files embed.FS

// Enabled are the units that a node starts, in this order.
var Enabled = []string{"nats.service", "nats-configuration.timer", "nats-certificate.timer"}

// Files are all units, by name.
var Files = read()

func read() map[string]string {
	entries, err := files.ReadDir(".")
	if err != nil { // the files are compiled in
		panic(fmt.Sprintf("reading the embedded units: %v", err))
	}
	found := map[string]string{}
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			panic(fmt.Sprintf("reading the embedded unit %s: %v", entry.Name(), err))
		}
		found[entry.Name()] = string(content)
	}
	return found
}
