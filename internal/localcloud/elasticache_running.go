// Replication groups that run: each node at an address in the group's subnets and behind its
// security groups, under the names that ElastiCache gives.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/redisnodes"
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
var caches = newState(stopServers, nil, func(held *byID[*cache]) error {
	for _, one := range held.takeAll() {
		one.Close()
	}
	return nil
})

// startCache runs where tasks run: nobody else may reach it.
func startCache(c *Cloud, r Record) error {
	if !c.runsTasks() {
		return nil
	}
	runtime, authority := c.runtime(), authorities.of(c)
	endpoint := r.str("configurationEndpointAddress")
	if endpoint == "" || r.Get("transitEncryptionEnabled") != true || r.str("authToken") == "" {
		return errors.New(
			"running a replication group without shards, TLS or AUTH: the embedded AWS runs those with all three",
		)
	}
	o := redisnodes.Options{
		Program:    runtime.RedisServer,
		Dir:        filepath.Join(runtime.Dir, "redis-"+r.ID),
		Tokens:     c.tokensOf(r),
		Authority:  []byte(authority.pem),
		Attributes: dieWithParent(),
	}
	_, domain, _ := strings.Cut(endpoint, ".") // after "clustercfg."
	certificate, key, err := authority.issue("*." + domain)
	if err != nil {
		return err
	}
	o.Certificate, o.Key = []byte(certificate), []byte(key)
	if o.Places, err = c.placeCache(r, domain); err != nil {
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
	caches.of(c).set(r.ID, running)
	return nil
}

// placeCache gives every member an address. Nodes of a shard stand in different zones (ElastiCache
// user guide, "Minimizing downtime by using Multi-AZ").
func (c *Cloud) placeCache(r Record, domain string) (places []redisnodes.Place, err error) {
	return update2(c, func(tx *Tx) (places []redisnodes.Place, err error) {
		group := tx.find(subnetGroupType, "", r.str("subnetGroupName"))
		if group == nil {
			return nil, fmt.Errorf("running %s: it has no subnet group", r.ID)
		}
		subnets, _ := group.Get("subnetIds").([]any)
		groups, _ := r.Get("securityGroupIds").([]any)
		members, _ := r.Get("memberClusters").([]any)
		for _, name := range texts(members) {
			// Members are called <group>-<shard>-<node>, both counted from 1.
			parts := strings.Split(name, "-")
			shard, _ := strconv.Atoi(parts[len(parts)-2])
			node, _ := strconv.Atoi(parts[len(parts)-1])
			placed, err := tx.placeInterface(placement{
				owner:       r.ID,
				description: "ElastiCache " + name,
				subnet:      texts(subnets)[(shard+node)%len(subnets)],
				groups:      texts(groups),
			})
			if err != nil {
				return nil, fmt.Errorf("placing %s: %w", name, err)
			}
			address, err := netip.ParseAddr(placed.str("privateIp"))
			if err != nil {
				return nil, err
			}
			places = append(places, redisnodes.Place{Name: name + "." + domain, Address: address, Shard: shard})
		}
		return places, nil
	})
}

// tokensOf are what the group takes now, the newest last.
func (c *Cloud) tokensOf(r Record) []string {
	return view(c, func(tx *Tx) []string {
		access, _ := tx.values[replicationGroupType+" "+r.ID].(redisAccess)
		return slices.Clone(access.Tokens)
	})
}

func changeCache(c *Cloud, r Record) error {
	running := caches.of(c).get(r.ID)
	if running == nil {
		return nil
	}
	if members, _ := r.Get("memberClusters").([]any); len(members) != running.members {
		return fmt.Errorf(
			"changing %s from %d to %d nodes: the embedded AWS moves no slots",
			r.ID,
			running.members,
			len(members),
		)
	}
	return running.SetTokens(context.Background(), c.tokensOf(r))
}

func stopCache(c *Cloud, r Record) error {
	running := caches.of(c).take(r.ID)
	if running == nil {
		return nil
	}
	running.Close()
	c.Detach(r.ID)
	return nil
}

// RedisNodes are the nodes of the running replication groups.
func (c *Cloud) RedisNodes(ctx context.Context) (found []redisnodes.Node) {
	for _, one := range caches.of(c).all() {
		found = append(found, one.Nodes(ctx)...)
	}
	return found
}

var _ = registerRunningNames(cacheAddresses)

// cacheAddresses are what ElastiCache's own names answer: the configuration endpoint all nodes, a
// node's name its address.
func cacheAddresses(c *Cloud, name, _ string) (found []netip.Addr) {
	for _, running := range caches.of(c).all() {
		for _, place := range running.Places() {
			if name == running.endpoint || name == place.Name {
				found = append(found, place.Address)
			}
		}
	}
	return found
}
