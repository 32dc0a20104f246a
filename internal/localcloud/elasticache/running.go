// What runs behind a replication group: a Redis server for each node. Each has an address in the
// group's subnets, its security groups, and the host name that ElastiCache gives it.
package elasticache

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/redisnodes"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

// cache is the running side of a replication group.
type cache struct {
	cacheNodes
	endpoint string
	members  int
}

type cacheNodes interface {
	Nodes(context.Context) []redisnodes.Node
	Places() []redisnodes.Place
	SetTokens(context.Context, []string) error
	Close()
}

// caches are the running replication groups by their ids.
var caches = cloud.NewState(cloud.StopServers, nil, func(held *cloud.ByID[*cache]) error {
	for _, one := range held.TakeAll() {
		one.Close()
	}
	return nil
})

// startCache starts the servers. Without running tasks there are no clients, and it does nothing.
func startCache(c *cloud.Cloud, r cloud.Record) error {
	if !c.RunsTasks() {
		return nil
	}
	runtime, authority := c.Runtime(), acm.Authority.Of(c)
	endpoint := r.Str("configurationEndpointAddress")
	if endpoint == "" || r.Get("transitEncryptionEnabled") != true || r.Str("authToken") == "" {
		return errors.New(
			"running a replication group without shards, TLS or AUTH: the embedded AWS requires all three",
		)
	}
	o := redisnodes.Options{
		Program:    runtime.RedisServer,
		Dir:        filepath.Join(runtime.Dir, "redis-"+r.ID),
		Tokens:     tokensOf(c, r),
		Authority:  []byte(authority.PEM),
		Attributes: cloud.DieWithParent(),
	}
	_, domain, _ := strings.Cut(endpoint, ".") // after "clustercfg."
	certificate, key, err := authority.Issue("*." + domain)
	if err != nil {
		return err
	}
	o.Certificate, o.Key = []byte(certificate), []byte(key)
	if o.Places, err = placeCache(c, r, domain); err != nil {
		return err
	}
	running := &cache{endpoint: endpoint, members: len(o.Places)}
	if o.Program == "" {
		running.cacheNodes, err = redisnodes.StartInProcess(o)
	} else {
		running.cacheNodes, err = redisnodes.Start(context.Background(), o)
	}
	if err != nil {
		return err
	}
	caches.Of(c).Set(r.ID, running)
	return nil
}

// placeCache gives every node an address. Nodes of a shard are in different zones (ElastiCache user
// guide, "Minimizing downtime by using Multi-AZ").
func placeCache(c *cloud.Cloud, r cloud.Record, domain string) (places []redisnodes.Place, err error) {
	return cloud.Update2(c, func(tx *cloud.Tx) (places []redisnodes.Place, err error) {
		group := tx.Find(subnetGroupType, "", r.Str("subnetGroupName"))
		if group == nil {
			return nil, fmt.Errorf("running %s: it has no subnet group", r.ID)
		}
		subnets, _ := group.Get("subnetIds").([]any)
		groups, _ := r.Get("securityGroupIds").([]any)
		members, _ := r.Get("memberClusters").([]any)
		for _, name := range cloud.Strings(members) {
			// Members are called <group>-<shard>-<node>, both counted from 1.
			parts := strings.Split(name, "-")
			shard, _ := strconv.Atoi(parts[len(parts)-2])
			node, _ := strconv.Atoi(parts[len(parts)-1])
			placed, err := ec2.PlaceInterface(tx, ec2.Placement{
				Owner:       r.ID,
				Description: "ElastiCache " + name,
				Subnet:      cloud.Strings(subnets)[(shard+node)%len(subnets)],
				Groups:      cloud.Strings(groups),
			})
			if err != nil {
				return nil, fmt.Errorf("placing %s: %w", name, err)
			}
			address, err := netip.ParseAddr(placed.Str("privateIp"))
			if err != nil {
				return nil, err
			}
			places = append(places, redisnodes.Place{Name: name + "." + domain, Address: address, Shard: shard})
		}
		return places, nil
	})
}

// tokensOf returns the tokens that the group accepts now, the newest last.
func tokensOf(c *cloud.Cloud, r cloud.Record) []string {
	return cloud.View(c, func(tx *cloud.Tx) []string {
		access, _ := tx.Values[ReplicationGroupType+" "+r.ID].(LoginTokens)
		return slices.Clone(access.Tokens)
	})
}

func changeCache(c *cloud.Cloud, r cloud.Record) error {
	running := caches.Of(c).Get(r.ID)
	if running == nil {
		return nil
	}
	if members, _ := r.Get("memberClusters").([]any); len(members) != running.members {
		return fmt.Errorf(
			"changing %s from %d to %d nodes: the embedded AWS cannot change the number of nodes",
			r.ID,
			running.members,
			len(members),
		)
	}
	return running.SetTokens(context.Background(), tokensOf(c, r))
}

func stopCache(c *cloud.Cloud, r cloud.Record) error {
	running := caches.Of(c).Take(r.ID)
	if running == nil {
		return nil
	}
	running.Close()
	ec2.Detach(c, r.ID)
	return nil
}

// RedisNodes returns the nodes of the running replication groups.
func RedisNodes(c *cloud.Cloud, ctx context.Context) (found []redisnodes.Node) {
	for _, one := range caches.Of(c).All() {
		found = append(found, one.Nodes(ctx)...)
	}
	return found
}

var _ = route53.RegisterRunningNames(cacheAddresses)

// cacheAddresses resolves the names of ElastiCache: the configuration endpoint to all nodes, the
// name of a node to its address.
func cacheAddresses(c *cloud.Cloud, name, _ string) (found []netip.Addr) {
	for _, running := range caches.Of(c).All() {
		for _, place := range running.Places() {
			if name == running.endpoint || name == place.Name {
				found = append(found, place.Address)
			}
		}
	}
	return found
}
