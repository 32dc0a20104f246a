// Command node is nats-node: what runs on a NATS node next to the server.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bodybroker/platform/node"
)

func main() {
	ctx := context.Background()
	n, err := node.New(ctx, os.Stdout)
	if err == nil {
		err = n.Run(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
