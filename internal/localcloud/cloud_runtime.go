// What comes alive: instances boot, disks appear on them, the load balancer passes connections
// on, schedules fire. A cloud does none of it until ComeAlive; till then it only keeps records.
package localcloud

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// Life is what a cloud needs to come alive.
type Life struct {
	// Dir holds machines and disks; it is made, and whoever made the cloud removes it.
	Dir string
	// Tools is the folder of a machine's stand-ins (machine.InstallTools).
	Tools string
	// Scale divides the waiting times of AWS and of systemd's timers: health checks, propagation,
	// schedules. 1, the default, is real time.
	Scale float64
	// Images finds what a container image runs, by its full reference; false: nobody has pushed it.
	// nil: tasks are records.
	Images func(reference string) (Image, bool)
	// RedisServer is the program of Redis's server, for replication groups where tasks run; "": a
	// stand-in in this process.
	RedisServer string
}

// alive is the running side of a cloud.
type alive struct {
	Life
	api    *API
	public *publicAuthority

	// partition and dropped belong to the cloud's lock, as the records do that connections are
	// judged by.
	partition *partition // nil: the network is whole
	dropped   map[string]bool

	// starting counts the tasks that come up right now.
	starting atomic.Int64

	mu           sync.Mutex
	machines     map[string]*computer    // by instance id
	balancers    map[string]*balancer    // by listener ARN
	applications map[string]*application // by listener ARN
	schedules    map[string]*schedule    // by event target id
	sources      map[string]netip.Addr   // of functions in the VPC, by name
	fleets       map[string]*fleet       // by service ARN
	caches       map[string]*cache       // by replication group
	// nameServers are the VPC's, by zone.
	nameServers map[string]net.PacketConn
}

// animation is what happens with a resource of a type in a living cloud: begin after it was
// made, change after it was updated, end before it goes. All are called without the lock.
type animation struct {
	begin, change, end func(*Cloud, Record) error
}

var animations map[string]animation

func init() {
	animations = map[string]animation{
		instanceType:         {begin: bootInstance, end: stopInstance},
		attachmentType:       {begin: attachDisk, end: detachDisk},
		listenerType:         {begin: openBalancer, change: changeApplication, end: closeBalancerFronts},
		listenerRuleType:     {begin: refuseRule},
		targetsOfRule:        {begin: startSchedule, end: stopSchedule},
		functionType:         {end: forgetFunction},
		serviceType:          {begin: startService, change: changeService, end: stopService},
		replicationGroupType: {begin: startCache, change: changeCache, end: stopCache},
	}
}

// ComeAlive makes everything that is created from now on come alive. Call Rest at the end.
func (c *Cloud) ComeAlive(life Life) error {
	if life.Scale == 0 {
		life.Scale = 1
	}
	for _, folder := range []string{"machines", "disks"} {
		if err := os.MkdirAll(filepath.Join(life.Dir, folder), 0o755); err != nil {
			return fmt.Errorf("bringing the embedded AWS to life: %w", err)
		}
	}
	api, err := c.ServeAPI()
	if err != nil {
		return fmt.Errorf("bringing the embedded AWS to life: %w", err)
	}
	a := &alive{
		Life:         life,
		api:          api,
		machines:     map[string]*computer{},
		balancers:    map[string]*balancer{},
		applications: map[string]*application{},
		schedules:    map[string]*schedule{},
		dropped:      map[string]bool{},
		sources:      map[string]netip.Addr{},
		fleets:       map[string]*fleet{},
		caches:       map[string]*cache{},
		nameServers:  map[string]net.PacketConn{},
	}
	if err := a.openAuthority(); err != nil {
		return errors.Join(fmt.Errorf("bringing the embedded AWS to life: %w", err), api.Close())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive = a
	return nil
}

// Rest ends every process, listener and schedule of a living cloud: the tasks while all that they
// use still stands.
func (c *Cloud) Rest() error {
	a := c.life()
	if a == nil {
		return nil
	}
	errs := a.restTasks()
	c.mu.Lock()
	c.alive = nil
	c.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.schedules {
		s.stop()
	}
	for _, running := range a.caches {
		running.Close()
	}
	for _, server := range a.nameServers {
		errs = append(errs, server.Close())
	}
	for _, b := range a.balancers {
		errs = append(errs, b.close())
	}
	for _, m := range a.machines {
		errs = append(errs, m.destroy())
	}
	return errors.Join(append(errs, a.api.Close())...)
}

// restTasks ends the tasks and what passes requests on to them. Who starts or stops a task takes
// the lock.
func (a *alive) restTasks() (errs []error) {
	a.mu.Lock()
	applications, fleets := slices.Collect(maps.Values(a.applications)), slices.Collect(maps.Values(a.fleets))
	clear(a.applications)
	clear(a.fleets)
	a.mu.Unlock()
	for _, b := range applications {
		errs = append(errs, b.close())
	}
	for _, f := range fleets {
		errs = append(errs, f.stop())
	}
	return errs
}

// animate runs a hook of a type, with the lock given back meanwhile.
func (c *Cloud) animate(r *Record, pick func(animation) func(*Cloud, Record) error) error {
	hook := pick(animations[r.Type])
	if c.alive == nil || hook == nil {
		return nil
	}
	copied := *r
	copied.Inputs, copied.Outputs = r.Inputs.Copy(), r.Outputs.Copy()
	c.mu.Unlock()
	defer c.mu.Lock()
	return hook(c, copied)
}

func begin(a animation) func(*Cloud, Record) error { return a.begin }

func change(a animation) func(*Cloud, Record) error { return a.change }

func end(a animation) func(*Cloud, Record) error { return a.end }

// life is the running side; nil in a cloud that only keeps records.
func (c *Cloud) life() *alive {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alive
}

// Machine is a running instance's machine; nil if there is none.
func (c *Cloud) Machine(instance string) *machine.Machine {
	a := c.life()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if found := a.machines[instance]; found != nil {
		return found.Machine
	}
	return nil
}

// runsTasks says whether tasks run here, and with them what they need and what stands before them.
func (c *Cloud) runsTasks() bool { return c.life().Images != nil && flowguard.Supported() == nil }

// APIURL is where the living cloud answers AWS's own protocol.
func (c *Cloud) APIURL() string { return c.life().api.URL }

func scaled(d time.Duration, scale float64) time.Duration { return time.Duration(float64(d) / scale) }
