// The figures at the top of the page, and what they are counted from.

package report

import "fmt"

func nodeCounts(p Platform) (total, healthy int, leaders []string) {
	for _, z := range p.Zones {
		total += len(z.Nodes)
		for _, n := range z.Nodes {
			if n.Healthy {
				healthy++
			}
			if n.Leader {
				leaders = append(leaders, n.Name)
			}
		}
	}
	return total, healthy, leaders
}

func tasksByService(p Platform) map[string]int {
	running := map[string]int{}
	for _, z := range p.Zones {
		for _, t := range z.Tasks {
			running[t.Service]++
		}
	}
	return running
}

// figures leaves out what there is nothing of: sections of the page say so in words.
func figures(p Platform) (found []figure) {
	add := func(n int, number, what string, wrong bool) {
		if n > 0 {
			found = append(found, figure{Number: number, What: what, Wrong: wrong})
		}
	}
	add(len(p.Zones), grouped(len(p.Zones)), "availability zones", false)
	total, healthy, _ := nodeCounts(p)
	add(total, fmt.Sprintf("%d of %d", healthy, total), "NATS nodes healthy", healthy < total)
	names, _ := serviceNames(p)
	add(len(names), grouped(len(names)), "services", false)
	byService, wanted, running := tasksByService(p), 0, 0
	for _, s := range p.Services {
		wanted += s.Tasks
		running += byService[s.Name]
	}
	add(wanted, fmt.Sprintf("%d of %d", running, wanted), "service tasks running", running < wanted)
	redisNodes := 0
	for _, z := range p.Zones {
		redisNodes += len(z.RedisNodes)
	}
	add(redisNodes, grouped(redisNodes), "Redis nodes", false)
	add(len(p.Streams), grouped(len(p.Streams)), "streams", false)
	resources := 0
	for _, n := range p.Resources {
		resources += n
	}
	add(resources, grouped(resources), "resources", false)
	add(int(p.Latency.Requests), grouped(int(p.Latency.Requests)), "requests timed", false)
	return found
}
