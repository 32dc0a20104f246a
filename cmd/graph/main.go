// Command graph prints the longest chains through a stack's resource graph with AWS's
// creation times (make graph STACK=prod).
package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

// printed is how many chains are printed.
const printed = 5

func main() { cli.Main(run) }

func run(_ context.Context, root string, args []string) error {
	graph, err := resourcegraph.Named(root, args)
	if err != nil {
		return err
	}
	chains := graph.Chains()
	fmt.Printf(
		"%s: %d resources. The longest chains, with AWS's creation times; everything else is made\n"+
			"at the same time. The last one is the row of NATS nodes; what a node takes to boot is not in it, for "+
			"gates "+
			"count 1 s.\n",
		args[0],
		len(graph.Resources),
	)
	for _, chain := range append(
		slices.Clone(chains[:min(printed, len(chains))]),
		graph.ChainTo("aws:lambda/invocation:Invocation", "-gate"),
	) {
		show(chain)
	}
	return nil
}

func show(chain resourcegraph.Chain) {
	if len(chain.Links) == 0 {
		return
	}
	fmt.Printf("\n%4.1f min  to %s\n", chain.Seconds/60, chain.End().Name)
	var links []string
	for _, link := range chain.Links {
		if link.Seconds > 0 {
			links = append(links, fmt.Sprintf("%s %.0f s", link.Resource.Name, link.Seconds))
		}
	}
	fmt.Printf("          %s\n", strings.Join(links, " → "))
}
