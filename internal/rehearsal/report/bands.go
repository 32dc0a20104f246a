// The rows of the picture, top to bottom: each is a part of the platform, the ends of flows that
// belong to it, and what is in it.

package report

import (
	"fmt"
	"slices"
	"strings"
)

// place is where a band lies, seen from the VPC.
type place int

const (
	above place = iota
	within
	below
)

// band is one row across the picture.
type band struct {
	title, detail string
	ends          []string // security groups, as flows name them
	place         place
	// cells are the cards in each zone; nil: the part is not of a zone.
	cells [][]card
	// leastWidth of a card, and the height of each, in pixels.
	leastWidth, cardHeight int
	// words are shown where there is no card.
	words string

	y, height int // laid out
}

func (b band) empty() bool {
	return !slices.ContainsFunc(b.cells, func(cards []card) bool { return len(cards) > 0 })
}

// parts are the bands that are known, in their order: a flow's ends should be neighbours where they
// can.
var parts = []struct {
	title string
	ends  []string
	place place
	fill  func(*band, Platform) // with what was seen of it; nil: there is nothing to see
}{
	{
		title: "Internet",
		ends:  []string{"internet"},
		place: above,
		fill:  nil,
	},
	{
		title: "Any address of the VPC",
		ends:  []string{"vpc"},
		place: within,
		fill:  nil,
	},
	{
		title: "Gateway load balancer",
		ends:  []string{"gateway-lb"},
		place: within,
		fill:  fillGatewayLoadBalancer,
	},
	{
		title: "Gateway",
		ends:  []string{"gateway"},
		place: within,
		fill:  fillGateway,
	},
	{
		title: "NATS load balancer",
		ends:  []string{"nats-lb"},
		place: within,
		fill:  fillLoadBalancer,
	},
	{
		title: "NATS nodes",
		ends:  []string{"nats"},
		place: within,
		fill:  fillNodes,
	},
	{
		title: "Controller",
		ends:  []string{"controller"},
		place: within,
		fill:  nil,
	},
	{
		title: "Services",
		ends:  []string{"service", "service-outbound"},
		place: within,
		fill:  fillServices,
	},
	{
		title: "Redis",
		ends:  []string{"redis"},
		place: within,
		fill:  fillRedis,
	},
	{
		title: "Interface endpoints",
		ends:  []string{"endpoint"},
		place: within,
		fill:  nil,
	},
	{
		title: "S3",
		ends:  []string{"s3"},
		place: below,
		fill:  nil,
	},
}

// details say of a part what no record does.
var details = map[string]string{
	"Controller":          "AWS Lambda",
	"Interface endpoints": "AWS's services by private addresses",
	"S3":                  "by the gateway endpoint",
}

// endTitles are the ends whose name differs from that of their band.
var endTitles = map[string]string{"service-outbound": "Services with internet access"}

// endTitle is what a person calls an end; one that is not known keeps its name.
func endTitle(end string) string {
	if title := endTitles[end]; title != "" {
		return title
	}
	for _, part := range parts {
		if slices.Contains(part.ends, end) {
			return part.title
		}
	}
	return end
}

// bandsOf are the bands that are of the zones, where one that is empty says so, and those that a
// flow names. An end that is not known here gets a band of its own, so that no flow is left out.
func bandsOf(p Platform) []*band {
	named := map[string]bool{}
	var unknown []string
	for _, f := range p.Flows {
		for _, end := range []string{f.From, f.To} {
			if !named[end] && endTitle(end) == end {
				unknown = append(unknown, end)
			}
			named[end] = true
		}
	}
	var found []*band
	for _, part := range parts {
		b := &band{
			title:  part.title,
			detail: details[part.title],
			ends:   part.ends,
			place:  part.place,
		}
		if part.fill != nil {
			part.fill(b, p)
		}
		if part.place == below {
			for _, end := range unknown {
				found = append(found, &band{title: end, ends: []string{end}, place: within})
			}
			unknown = nil
		}
		if b.cells != nil || b.detail != details[part.title] ||
			slices.ContainsFunc(b.ends, func(end string) bool { return named[end] }) {
			found = append(found, b)
		}
	}
	return found
}

func fillGatewayLoadBalancer(b *band, p Platform) { b.detail = p.Gateway.LoadBalancer }

func fillGateway(b *band, p Platform) {
	count := 0
	for _, z := range p.Zones {
		var cards []card
		for _, t := range z.Tasks {
			if t.Service == p.Gateway.Name {
				cards = append(cards, card{
					class: "task",
					lines: []string{t.Address},
					dots:  1,
					tip:   t.Name + " at " + t.Address,
				})
			}
		}
		count += len(cards)
		b.cells = append(b.cells, cards)
	}
	b.leastWidth, b.cardHeight = 140, 28
	if b.words = "No task of the gateway was seen."; count > 0 {
		b.detail = p.Gateway.Name + ", " + plural(count, "task") + " on Fargate"
	}
}

func fillLoadBalancer(b *band, p Platform) {
	for _, z := range p.Zones {
		var cards []card
		if z.LoadBalancerAddress != "" {
			cards = append(cards, card{class: "balancer", lines: []string{z.LoadBalancerAddress}})
		}
		b.cells = append(b.cells, cards)
	}
	b.leastWidth, b.cardHeight, b.words = 140, 28, "No address of the load balancer was seen."
}

func fillNodes(b *band, p Platform) {
	for _, z := range p.Zones {
		var cards []card
		for _, n := range z.Nodes {
			c := card{
				class: "nats",
				lines: []string{n.Name, n.Address, plural(n.Streams, "stream")},
				tip:   n.Name + " at " + n.Address,
			}
			if n.Leader {
				c.badge = "leader"
			}
			if !n.Healthy {
				c.class, c.lines[2] = "nats unhealthy", "✕ not healthy"
			}
			cards = append(cards, c)
		}
		b.cells = append(b.cells, cards)
	}
	b.leastWidth, b.cardHeight, b.words = 150, 60, "No NATS node was seen."
	if total, healthy, leaders := nodeCounts(p); total > 0 {
		b.detail = fmt.Sprintf("%d of %d healthy, %s", healthy, total, leaderText(leaders))
	}
}

func leaderText(leaders []string) string {
	if len(leaders) == 0 {
		return "no meta leader"
	}
	return "meta leader " + strings.Join(leaders, " and ")
}

func fillRedis(b *band, p Platform) {
	shards, count := map[int]bool{}, 0
	for _, z := range p.Zones {
		var cards []card
		for _, n := range z.RedisNodes {
			class := "redis"
			if n.Role != "primary" {
				class += " replica"
			}
			cards = append(
				cards,
				card{class: class, lines: []string{fmt.Sprintf("shard %d %s", n.Shard, n.Role), n.Name}, tip: n.Name},
			)
			shards[n.Shard] = true
		}
		count += len(cards)
		b.cells = append(b.cells, cards)
	}
	b.leastWidth, b.cardHeight, b.words = 150, 44, "No Redis node was seen."
	if count > 0 {
		b.detail = plural(len(shards), "shard") + ", " + plural(count, "node")
	}
}
