// Command graph prints the longest chains through a stack's resource graph with AWS's
// creation times (make graph STACK=prod).
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/rehearsal"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

// shown is how many chains are printed.
const shown = 5

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("graph: name one stack, for example prod")
	}
	root, err := rehearsal.Root()
	if err != nil {
		return err
	}
	graph, err := resourcegraph.Shipped(root, args[0])
	if err != nil {
		return err
	}
	chains := graph.Chains()
	fmt.Printf("%s: %d resources. The longest chains, with AWS's creation times; everything else is made\nbeside them. The last one is the row of NATS nodes.\n",
		args[0], len(graph.Resources))
	for _, chain := range append(slices.Clone(chains[:min(shown, len(chains))]), graph.ChainTo("aws:lambda/invocation:Invocation")) {
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
