// Command cost prints the monthly cost of a stack by part (make cost STACK=prod).
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/cost"
	"github.com/bodybroker/platform/internal/resourcegraph"
)

func main() { cli.Main(run) }

func run(_ context.Context, root string, args []string) error {
	graph, err := resourcegraph.Named(root, args)
	if err != nil {
		return err
	}
	lines, err := cost.Of(graph)
	if err != nil {
		return err
	}
	show(args[0], lines)
	return nil
}

func show(stack string, lines []cost.Line) {
	old := map[string]float64{}
	var oldTotal, total float64
	for _, line := range cost.Old {
		old[line.Part] = line.Dollars
		oldTotal += line.Dollars
	}
	fmt.Printf(
		"%s, US dollars a month: on-demand prices of us-east-1, whatever the stack's region; each with its\n"+
			"source in internal/cost/prices.go.\n\n",
		stack,
	)
	const row = "%10s %10s  %-10s  %s\n"
	fmt.Printf(row, "now", "old sheet", "price of", "part")
	for _, line := range lines {
		total += line.Dollars
		was := "-"
		if old[line.Part] > 0 {
			was = fmt.Sprintf("%.0f", old[line.Part])
		}
		fmt.Printf(row, fmt.Sprintf("%.2f", line.Dollars), was, line.Read, line.Part+": "+line.What)
	}
	fmt.Printf(row, fmt.Sprintf("%.2f", total), fmt.Sprintf("%.0f", oldTotal), "", "in all")
	fmt.Printf("\nNot counted, for it depends on traffic: %s.\n", strings.Join(cost.Usage, "; "))
}
