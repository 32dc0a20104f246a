// What production is made of, as the embedded AWS's own records must show it.

package stage

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/acmpca"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// expectation is one fact of the platform, read from the cloud and not from the program.
type expectation struct {
	what string
	want string
	read func(*cloud.Cloud) string
}

// production holds the counts that a person would check first.
var production = []expectation{
	{what: "Redis", want: "3 shards × 2 nodes of cache.r7g.large, TLS required, AUTH, Multi-AZ", read: redisShape},
	{what: "NATS instances", want: "5 × m6i.large over 3 zones as 2-2-1", read: instanceShape},
	{what: "NATS disks", want: "5 × 500 GiB gp3 encrypted, each attached to its own instance", read: diskShape},
	{what: "load balancer", want: "internal network load balancer, TCP 4222, healthz checked", read: loadBalancerShape},
	{what: "controller", want: "5 nodes gated, the streams made, the services seen to answer", read: controllerShape},
	{what: "private CA", want: "SHORT_LIVED_CERTIFICATE, ACTIVE", read: authorityShape},
	{what: "repositories", want: "23, all IMMUTABLE", read: repositoryShape},
	{what: "services", want: "22 of 256/512 with 44 tasks, and a gateway of 512/1024 with 2", read: serviceShape},
	{what: "public addresses", want: "none on any task or node", read: publicShape},
}

// Fact is one fact of the platform, as it is.
type Fact struct{ What, Wanted, Seen string }

// Production reads from the cloud's own records what production is made of.
func Production(c *cloud.Cloud) (facts []Fact) {
	for _, e := range production {
		facts = append(facts, Fact{What: e.what, Wanted: e.want, Seen: e.read(c)})
	}
	return facts
}

// CompareWithProduction names the facts that are as in production, a line each, and those that are
// not.
func CompareWithProduction(c *cloud.Cloud) (seen string, wrong []string) {
	var good []string
	for _, f := range Production(c) {
		if f.Seen != f.Wanted {
			wrong = append(wrong, fmt.Sprintf("%s: expected %q, the cloud has %q", f.What, f.Wanted, f.Seen))
		} else {
			good = append(good, fmt.Sprintf("%-16s %s", f.What, f.Seen))
		}
	}
	return strings.Join(good, "\n"), wrong
}

func redisShape(c *cloud.Cloud) string {
	groups := c.Records("aws:elasticache/replicationGroup:ReplicationGroup")
	if len(groups) != 1 {
		return fmt.Sprintf("%d replication groups", len(groups))
	}
	g := groups[0]
	shards, _ := g.Get("numNodeGroups").(float64)
	replicas, _ := g.Get("replicasPerNodeGroup").(float64)
	text := fmt.Sprintf("%.0f shards × %.0f nodes of %v", shards, replicas+1, g.Get("nodeType"))
	if g.Get("transitEncryptionEnabled") == true && g.Get("transitEncryptionMode") != "preferred" {
		text += ", TLS required"
	}
	if token, _ := g.Get("authToken").(string); token != "" {
		text += ", AUTH"
	}
	if g.Get("multiAzEnabled") == true && g.Get("automaticFailoverEnabled") == true {
		text += ", Multi-AZ"
	}
	return text
}

func instanceShape(c *cloud.Cloud) string {
	zones, kinds := map[string]int{}, map[string]int{}
	instances := c.Records("aws:ec2/instance:Instance")
	for _, i := range instances {
		zones[fmt.Sprint(i.Get("availabilityZone"))]++
		kinds[fmt.Sprint(i.Get("instanceType"))]++
	}
	return fmt.Sprintf("%d × %s over %d zones as %s", len(instances), JoinKeys(kinds), len(zones), spread(zones))
}

// spread says how many are in each zone, most first: "2-2-1".
func spread(zones map[string]int) string {
	counts := slices.Sorted(maps.Values(zones))
	slices.Reverse(counts)
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(counts), " ", "-"), "[]")
}

func diskShape(c *cloud.Cloud) string {
	volumes := c.Records("aws:ebs/volume:Volume")
	kinds, instances := map[string]int{}, map[string]int{}
	for _, v := range volumes {
		kind := fmt.Sprintf("%v GiB %v", v.Get("size"), v.Get("type"))
		if v.Get("encrypted") == true {
			kind += " encrypted"
		}
		kinds[kind]++
	}
	for _, a := range c.Records("aws:ec2/volumeAttachment:VolumeAttachment") {
		instances[fmt.Sprint(a.Get("instanceId"))]++
	}
	text := fmt.Sprintf("%d × %s", len(volumes), JoinKeys(kinds))
	if len(instances) == len(volumes) {
		text += ", each attached to its own instance"
	}
	return text
}

func loadBalancerShape(c *cloud.Cloud) string {
	for _, b := range c.Records("aws:lb/loadBalancer:LoadBalancer") {
		if b.Get("loadBalancerType") != "network" {
			continue
		}
		text := "internet-facing"
		if b.Get("internal") == true {
			text = "internal"
		}
		text += " network load balancer"
		for _, l := range c.Records("aws:lb/listener:Listener") {
			if l.Get("loadBalancerArn") == b.Get("arn") {
				text += fmt.Sprintf(", %v %v", l.Get("protocol"), l.Get("port"))
			}
		}
		for _, t := range c.Records("aws:lb/targetGroup:TargetGroup") {
			if t.Get("protocol") == "TCP" && t.Get("healthCheck.path") == "/healthz?js-server-only=true" {
				text += ", healthz checked"
			}
		}
		return text
	}
	return "none"
}

func authorityShape(c *cloud.Cloud) string {
	var seen []string
	for _, a := range c.Records("aws:acmpca/certificateAuthority:CertificateAuthority") {
		seen = append(seen, fmt.Sprintf("%v, %s", a.Get("usageMode"), acmpca.AuthorityStatus(c, a.ID)))
	}
	return strings.Join(seen, " and ")
}

func repositoryShape(c *cloud.Cloud) string {
	kinds := map[string]int{}
	repositories := c.Records("aws:ecr/repository:Repository")
	for _, r := range repositories {
		kinds[fmt.Sprint(r.Get("imageTagMutability"))]++
	}
	return fmt.Sprintf("%d, all %s", len(repositories), JoinKeys(kinds))
}

// serviceShape reads sizes from the task definitions that the services run.
func serviceShape(c *cloud.Cloud) string {
	sizes := map[string]string{}
	for _, d := range c.Records("aws:ecs/taskDefinition:TaskDefinition") {
		sizes[fmt.Sprint(d.Get("arn"))] = fmt.Sprintf("%v/%v", d.Get("cpu"), d.Get("memory"))
	}
	services, tasks := map[string]int{}, map[string]float64{}
	for _, s := range c.Records(ServiceType) {
		size := sizes[fmt.Sprint(s.Get("taskDefinition"))]
		services[size]++
		wanted, _ := s.Get("desiredCount").(float64)
		tasks[size] += wanted
	}
	text := fmt.Sprintf("%d of 256/512 with %.0f tasks", services["256/512"], tasks["256/512"])
	if services["512/1024"] == 1 {
		text += fmt.Sprintf(", and a gateway of 512/1024 with %.0f", tasks["512/1024"])
	}
	return text
}

func publicShape(c *cloud.Cloud) string {
	var public []string
	for _, i := range c.Records("aws:ec2/instance:Instance") {
		if address, _ := i.Get("publicIp").(string); address != "" || i.Get("associatePublicIpAddress") == true {
			public = append(public, i.ID)
		}
	}
	for _, s := range c.Records(ServiceType) {
		if s.Get("networkConfiguration.assignPublicIp") == true {
			public = append(public, fmt.Sprint(s.Get("name")))
		}
	}
	if len(public) == 0 {
		return "none on any task or node"
	}
	return strings.Join(public, ", ")
}

// controllerShape counts the controller's invocations and what it did: an invocation that failed
// leaves no record.
func controllerShape(c *cloud.Cloud) string {
	gates, streams, services := 0, "no", "no"
	for _, r := range c.Records(InvocationType) {
		var request struct {
			Action string `json:"action"`
		}
		text, _ := r.Get("input").(string)
		if err := json.Unmarshal([]byte(text), &request); err != nil {
			return fmt.Sprintf("an invocation's input is no JSON: %v", err)
		}
		switch request.Action {
		case "gate":
			gates++
		case "streams":
			streams = "the"
		case "serving":
			services = "the"
		}
	}
	return fmt.Sprintf("%d nodes gated, %s streams made, %s services seen to answer", gates, streams, services)
}
