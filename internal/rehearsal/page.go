// The page of a rehearsal, out/report.html: what ran, as a picture, and what was tested.

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/localcloud/elasticache"
	"github.com/bodybroker/platform/internal/localcloud/route53"
	"github.com/bodybroker/platform/internal/rehearsal/report"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/workload/verification"
)

// reportFile is the page, in the repository.
var reportFile = filepath.Join("out", "report.html")

// platformOnPage looks at the platform while it runs.
func platformOnPage(ctx context.Context, s *stage.Stage) (page report.Platform, err error) {
	table, gatewayRow, err := catalog.Services()
	if err != nil {
		return page, err
	}
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return page, err
	}
	cidr, err := s.Shipped("vpcCidr")
	if err != nil {
		return page, err
	}
	page = report.Platform{
		Environment: s.Options.Stack,
		Region:      s.Cloud.Region,
		Network:     fmt.Sprint(cidr),
		Gateway:     report.Gateway{Name: gatewayRow.Name, LoadBalancer: fmt.Sprint(outputs["gatewayUrl"].Value)},
		Resources:   byPart(s),
	}
	for _, f := range securitygroups.Flows(securitygroups.Surroundings{Endpoints: true}) {
		page.Flows = append(page.Flows, report.Flow{
			From: f.From,
			To:   f.To,
			Port: f.Port,
			Why:  f.Why,
		})
	}
	zones, err := zones(
		ctx,
		s,
		fmt.Sprint(outputs["natsUrl"].Value),
		append(stage.ServiceNames(table), gatewayRow.Name),
	)
	page.Zones = zones
	streams, streamErr := streams(ctx, s)
	page.Streams = streams
	page.Services = measuredServices(table, s.Verified)
	if s.Verified != nil {
		page.Latency = s.Verified.Latency
	}
	return page, errors.Join(err, streamErr)
}

// byPart counts what AWS holds by its own services.
func byPart(s *stage.Stage) map[string]int {
	counts := map[string]int{}
	for token, count := range s.Cloud.Inventory() {
		part, _, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
		counts[part] += count
	}
	return counts
}

// zones is what is in each availability zone.
func zones(ctx context.Context, s *stage.Stage, url string, services []string) (zones []report.Zone, err error) {
	c, err := stage.NewCluster(ctx, s)
	if err != nil {
		return nil, err
	}
	defer c.Detach()
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "tls://"), ":")
	for _, name := range s.Cloud.Zones() {
		zone := report.Zone{Name: name}
		if addresses, err := route53.Resolve(s.Cloud,
			host,
			name,
		); err == nil && len(addresses) > 0 &&
			ec2.ZoneOf(s.Cloud, addresses[0]) == name {
			zone.LoadBalancerAddress = addresses[0].String()
		}
		for _, n := range c.Nodes() {
			if n.Zone == name {
				zone.Nodes = append(zone.Nodes, nodeOnPage(ctx, c, n))
			}
		}
		for _, n := range elasticache.RedisNodes(s.Cloud, ctx) {
			if ec2.ZoneOf(s.Cloud, n.Address) == name {
				role := map[bool]string{true: "primary", false: "replica"}[n.Primary]
				short, _, _ := strings.Cut(n.Name, ".")
				zone.RedisNodes = append(zone.RedisNodes, report.RedisNode{Name: short, Shard: n.Shard, Role: role})
			}
		}
		for _, service := range services {
			for _, t := range ecs.Tasks(s.Cloud, service) {
				if ec2.ZoneOf(s.Cloud, t.Address) == name {
					zone.Tasks = append(
						zone.Tasks,
						report.Task{Service: service, Name: t.Name, Address: t.Address.String()},
					)
				}
			}
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

// nodeOnPage is a node as it speaks of itself; one that does not answer is not healthy.
func nodeOnPage(ctx context.Context, c *stage.Cluster, n stage.Node) report.Node {
	node := report.Node{Name: n.Name, Address: n.Address, Healthy: c.GetPage(ctx, n, "/healthz", nil) == nil}
	leader, err := c.MetaLeader(ctx, n)
	node.Leader = err == nil && leader == n.Name
	var held struct {
		Streams int `json:"streams"`
	}
	if c.GetPage(ctx, n, "/jsz", &held) == nil {
		node.Streams = held.Streams
	}
	return node
}

func streams(ctx context.Context, s *stage.Stage) (found []report.Stream, err error) {
	access, leave, err := s.Administrator(ctx, "page")
	if err != nil {
		return nil, err
	}
	defer leave()
	list := access.ListStreams(ctx)
	for info := range list.Info() {
		found = append(found, report.Stream{
			Name:     info.Config.Name,
			Replicas: info.Config.Replicas,
			Messages: info.State.Msgs,
			Leader:   info.Cluster.Leader,
		})
	}
	return found, list.Err()
}

// measuredServices is the table of services, with what the verification measured of them.
func measuredServices(table []catalog.Service, verified *verification.Report) (all []report.Service) {
	measured := map[string]verification.Latency{}
	if verified != nil {
		for _, service := range verified.Services {
			measured[service.Name] = service.Latency
		}
	}
	for _, service := range table {
		l := measured[service.Name]
		all = append(all, report.Service{
			Name:     service.Name,
			Queue:    service.Queue,
			Subjects: service.RPC,
			Events:   service.Events,
			Internet: service.Internet,
			Tasks:    2,
			P50:      time.Duration(l.P50) * time.Microsecond,
			P99:      time.Duration(l.P99) * time.Microsecond,
			Requests: int(l.Requests),
		})
	}
	return all
}

// resultsOnPage are results as the page shows them.
func resultsOnPage(results []stage.Result) (all []report.Result) {
	for _, r := range results {
		all = append(all, report.Result{
			ID:      r.ID,
			What:    r.Wanted,
			Seen:    r.Text(),
			Status:  report.Status(r.Status),
			Seconds: r.Seconds,
		})
	}
	return all
}
