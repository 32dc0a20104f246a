// Package cost works out what a stack costs a month, from a dated price table over the
// resources that the program really makes. A type that is neither priced nor known to be free
// is an error: nothing is left out silently, as the old sheet left out a third (incident 25).
package cost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

// Line is the cost of one part of the platform.
type Line struct {
	Part    string
	What    string  // how it comes about
	Dollars float64 // per month
	Read    string  // when its prices were read; the oldest
}

// item is what one resource adds.
type item struct {
	part, what string
	charges    []charge
}

// charge is so much of one price.
type charge struct {
	price
	quantity float64
}

func (i item) dollars() (sum float64) {
	for _, c := range i.charges {
		sum += c.dollars * c.hours * c.quantity
	}
	return sum
}

// priced are the types that cost something just by existing.
var priced = map[string]func(resourcegraph.Graph, resourcegraph.Resource) (item, error){
	"aws:elasticache/replicationGroup:ReplicationGroup":    redis,
	"aws:ec2/instance:Instance":                            instance,
	"aws:ebs/volume:Volume":                                volume,
	"aws:ecs/service:Service":                              fargate,
	"aws:lb/loadBalancer:LoadBalancer":                     each("Load balancers", "load balancer", loadBalancer, 1),
	"aws:ec2/vpcEndpoint:VpcEndpoint":                      endpoint,
	"awsx:ec2:Vpc":                                         nat,
	"aws:acmpca/certificateAuthority:CertificateAuthority": certificateAuthority,
	"aws:kms/key:Key":                                      each("Keys and secrets", "key", encryptionKey, 1),
	"aws:secretsmanager/secret:Secret":                     each("Keys and secrets", "secret", storedSecret, 1),
	"aws:cloudwatch/metricAlarm:MetricAlarm":               each("Alarms", "alarm", metricAlarm, 1),
	// Target tracking makes two alarms of its own for each policy (Application Auto Scaling user
	// guide).
	"aws:appautoscaling/policy:Policy": each("Alarms", "scaling policy with 2 alarms", metricAlarm, 2),
	"aws:route53/zone:Zone":            each("Network", "private zone", privateZone, 1),
}

// Of returns the monthly cost by part, dearest first.
func Of(g resourcegraph.Graph) ([]Line, error) {
	var faults []error
	parts, counts := map[string]*Line{}, map[string]map[string]int{}
	for _, r := range g.Resources {
		price, known := priced[r.Type]
		if !known {
			if !slices.Contains(free, r.Type) && !strings.HasPrefix(r.Type, "nats-platform:") {
				faults = append(
					faults,
					fmt.Errorf(
						"%s %s has no price: add it to internal/cost/prices.go, or to the free types there",
						r.Type,
						r.Name,
					),
				)
			}
			continue
		}
		i, err := price(g, r)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if parts[i.part] == nil {
			parts[i.part], counts[i.part] = &Line{Part: i.part}, map[string]int{}
		}
		parts[i.part].add(i)
		counts[i.part][i.what]++
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("working out the cost: %w", err)
	}
	var lines []Line
	for part, line := range parts {
		line.What = list(counts[part])
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Dollars, a.Dollars), cmp.Compare(a.Part, b.Part))
	})
	return lines, nil
}

func (l *Line) add(i item) {
	l.Dollars += i.dollars()
	for _, c := range i.charges {
		if l.Read == "" || c.read < l.Read {
			l.Read = c.read
		}
	}
}

func list(counts map[string]int) string {
	var texts []string
	for what, n := range counts {
		texts = append(texts, fmt.Sprintf("%d × %s", n, what))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func each(
	part, what string,
	p price,
	quantity float64,
) func(resourcegraph.Graph, resourcegraph.Resource) (item, error) {
	return func(resourcegraph.Graph, resourcegraph.Resource) (item, error) {
		return item{part: part, what: what, charges: []charge{{price: p, quantity: quantity}}}, nil
	}
}

func number(r resourcegraph.Resource, path string) float64 {
	n, _ := r.Get(path).(float64)
	return n
}

func unknown(r resourcegraph.Resource, value string) error {
	return fmt.Errorf("%s %s: there is no price for %q in internal/cost/prices.go", r.Type, r.Name, value)
}

func redis(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	kind := r.Text("engine") + " " + r.Text("nodeType")
	p, known := redisNodes[kind]
	if !known {
		return item{}, unknown(r, kind)
	}
	nodes := number(r, "numNodeGroups") * (1 + number(r, "replicasPerNodeGroup"))
	return item{
		part:    "Redis",
		what:    fmt.Sprintf("group of %.0f nodes, %s", nodes, kind),
		charges: []charge{{price: p, quantity: nodes}},
	}, nil
}

func instance(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	p, known := instances[r.Text("instanceType")]
	if !known {
		return item{}, unknown(r, r.Text("instanceType"))
	}
	return item{
		part:    "NATS",
		what:    r.Text("instanceType"),
		charges: []charge{{price: p, quantity: 1}, {price: gp3GiB, quantity: number(r, "rootBlockDevice.volumeSize")}},
	}, nil
}

func volume(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	return item{part: "NATS", what: fmt.Sprintf("disk of %.0f GiB", number(r, "size")), charges: []charge{
		{price: gp3GiB, quantity: number(r, "size")},
		{price: gp3IOPS, quantity: max(0, number(r, "iops")-freeIOPS)},
		{price: gp3Throughput, quantity: max(0, number(r, "throughput")-freeThroughput)},
	}}, nil
}

// fargate prices a service's tasks by the task definition registered next to it.
func fargate(g resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	for _, definition := range g.Of("aws:ecs/taskDefinition:TaskDefinition") {
		if definition.Parent != r.Parent {
			continue
		}
		var cpu, memory float64
		if _, err := fmt.Sscanf(
			definition.Text("cpu")+" "+definition.Text("memory"),
			"%g %g",
			&cpu,
			&memory,
		); err != nil {
			return item{}, fmt.Errorf("reading the size of %s: %w", definition.Name, err)
		}
		tasks := number(r, "desiredCount")
		return item{
			part: "ECS",
			what: fmt.Sprintf("service of %.0f tasks, %g/%g", tasks, cpu, memory),
			charges: []charge{
				{price: taskCPU, quantity: tasks * cpu / fargateUnit},
				{price: taskMemory, quantity: tasks * memory / fargateUnit},
			},
		}, nil
	}
	return item{}, fmt.Errorf("%s has no task definition next to it", r.Name)
}

func endpoint(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	if r.Text("vpcEndpointType") == "Gateway" {
		return item{part: "Network", what: "gateway endpoint, free", charges: nil}, nil
	}
	zones, _ := r.Get("subnetIds").([]any)
	return item{
		part: "Network", what: fmt.Sprintf("interface endpoint in %d zones", len(zones)),
		charges: []charge{{price: endpointInZone, quantity: float64(len(zones))}},
	}, nil
}

// nat prices awsx's network, which without an engine is one resource: its NAT gateways and
// their addresses.
func nat(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	zones, _ := r.Get("availabilityZoneNames").([]any)
	gateways, known := map[string]int{"OnePerAz": len(zones), "Single": 1, "None": 0}[r.Text("natGateways.strategy")]
	if !known {
		return item{}, unknown(r, r.Text("natGateways.strategy"))
	}
	return item{
		part: "Network",
		what: fmt.Sprintf("VPC with %d NAT gateways", gateways),
		charges: []charge{
			{price: natGateway, quantity: float64(gateways)},
			{price: publicAddress, quantity: float64(gateways)},
		},
	}, nil
}

func certificateAuthority(_ resourcegraph.Graph, r resourcegraph.Resource) (item, error) {
	if r.Text("usageMode") == "SHORT_LIVED_CERTIFICATE" {
		return item{
			part:    "Private CA",
			what:    "short-lived CA",
			charges: []charge{{price: authorityShort, quantity: 1}},
		}, nil
	}
	return item{part: "Private CA", what: "general-purpose CA", charges: []charge{{price: authority, quantity: 1}}}, nil
}
