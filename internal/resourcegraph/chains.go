// The longest chains through a graph: how long AWS takes to make the platform, and what
// everything else runs at the same time.

package resourcegraph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// Link is one resource of a chain.
type Link struct {
	Resource Resource
	Seconds  float64 // AWS's time to create it
}

// Chain is a row of resources of which each waits for the one before.
type Chain struct {
	Links   []Link
	Seconds float64 // from the start until the last one exists
}

// End is the last resource.
func (c Chain) End() Resource { return c.Links[len(c.Links)-1].Resource }

// Chains returns the longest chain to each resource for which nothing waits, longest first,
// and of several that end in the same type only the longest. Resources are taken to be made as
// soon as what they wait for exists: the engine's limit on parallel work is left out.
func (g Graph) Chains() []Chain {
	return g.chains(func(r Resource, waitedFor bool) bool { return !waitedFor && r.Custom })
}

// ChainTo is the longest chain to a resource of a type whose name ends so, whatever waits for it;
// an empty one if there is none.
func (g Graph) ChainTo(token, suffix string) Chain {
	for _, chain := range g.chains(func(r Resource, _ bool) bool {
		return r.Type == token && strings.HasSuffix(r.Name, suffix)
	}) {
		return chain
	}
	return Chain{}
}

func (g Graph) chains(wanted func(r Resource, waitedFor bool) bool) []Chain {
	finished := map[string]float64{}
	longest := map[string]string{} // URN → the URN that it waited for longest
	byURN := map[string]Resource{}
	waitedFor := map[string]bool{}
	for _, r := range g.Resources { // what something depends on comes before it
		byURN[r.URN] = r
		start := 0.0
		for _, before := range r.waitsFor() {
			waitedFor[before] = true
			if finished[before] > start {
				start, longest[r.URN] = finished[before], before
			}
		}
		finished[r.URN] = start + seconds(r)
	}
	var chains []Chain
	for urn, total := range finished {
		if wanted(byURN[urn], waitedFor[urn]) {
			chains = append(chains, Chain{Links: links(urn, byURN, longest), Seconds: total})
		}
	}
	slices.SortFunc(chains, func(a, b Chain) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.End().URN, b.End().URN))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(chains, func(c Chain) bool {
		again := seen[c.End().Type]
		seen[c.End().Type] = true
		return again
	})
}

func links(urn string, byURN map[string]Resource, longest map[string]string) []Link {
	var chain []Link
	for ; urn != ""; urn = longest[urn] {
		chain = append(chain, Link{byURN[urn], seconds(byURN[urn])})
	}
	slices.Reverse(chain)
	return chain
}

// seconds is AWS's time for a resource (facts behind localcloud's table). awsx's network is
// one resource without an engine; its longest chain inside is VPC → subnet → NAT gateway → route.
func seconds(r Resource) float64 {
	if r.Type == "awsx:ec2:Vpc" {
		total := 0.0
		for _, token := range []string{
			"aws:ec2/vpc:Vpc",
			"aws:ec2/subnet:Subnet",
			"aws:ec2/natGateway:NatGateway",
			"aws:ec2/route:Route",
		} {
			total += cloud.Seconds(token)
		}
		return total
	}
	return cloud.Seconds(r.Type)
}
