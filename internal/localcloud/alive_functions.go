// Functions in the VPC and what calls them by the clock.
package localcloud

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FunctionEnvironment is what a function's code has when it runs.
type FunctionEnvironment struct {
	Variables   map[string]string
	Credentials Credentials // of its role
	Region      string
	// Dial connects from the function's place in the VPC, as its security groups let it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// FunctionEnvironment prepares what the code of a function runs with.
func (c *Cloud) FunctionEnvironment(name string) (FunctionEnvironment, error) {
	c.mu.Lock()
	r := c.find(functionType, "", name)
	c.mu.Unlock()
	if r == nil {
		return FunctionEnvironment{}, fmt.Errorf("running function %s: it does not exist", name)
	}
	credentials, err := c.functionSession(r.str("role"), name)
	if err != nil {
		return FunctionEnvironment{}, fmt.Errorf("running function %s: %w", name, err)
	}
	source, err := c.functionAddress(r)
	if err != nil {
		return FunctionEnvironment{}, fmt.Errorf("running function %s: %w", name, err)
	}
	variables := map[string]string{}
	set, _ := r.Get("environment.variables").(map[string]any)
	for key, v := range set {
		variables[key] = fmt.Sprint(v)
	}
	return FunctionEnvironment{
		Variables:   variables,
		Credentials: credentials,
		Region:      c.Region,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return c.dialFrom(ctx, source, network, address)
		},
	}, nil
}

// functionSession is what Lambda gets when it assumes the function's role, if the role lets it.
func (c *Cloud) functionSession(role, name string) (Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.roleByARN(role); held != nil {
		allowed, err := c.mayAssume(held.str("assumeRolePolicy"), "lambda.amazonaws.com")
		if err != nil {
			return Credentials{}, err
		}
		if !allowed {
			return Credentials{}, fmt.Errorf(
				"AccessDeniedException: The role defined for the function cannot be assumed by Lambda.",
			)
		}
	}
	return c.session(role, name)
}

// functionAddress places the function in the first of its subnets once.
func (c *Cloud) functionAddress(r *Record) (netip.Addr, error) {
	subnets, _ := r.Get("vpcConfig.subnetIds").([]any)
	groups, _ := r.Get("vpcConfig.securityGroupIds").([]any)
	a := c.life()
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.sources[r.ID]; ok {
		return known, nil
	}
	if len(subnets) == 0 {
		return netip.Addr{}, fmt.Errorf("it is in no VPC")
	}
	address, err := c.Visit("AWS Lambda VPC ENI-"+r.ID, fmt.Sprint(subnets[0]), texts(groups))
	if err == nil {
		a.sources[r.ID] = address
	}
	return address, err
}

func forgetFunction(c *Cloud, r Record) error {
	a := c.life()
	a.mu.Lock()
	delete(a.sources, r.ID)
	a.mu.Unlock()
	c.Leave("AWS Lambda VPC ENI-" + r.ID)
	return nil
}

// dialFrom connects from an address of the VPC. A name is looked up in the private zones; an
// address outside the VPC, such as the embedded AWS's own API, is reached as it is.
func (c *Cloud) dialFrom(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	destination, err := netip.ParseAddr(host)
	if err != nil {
		c.mu.Lock()
		end, _ := c.flowEnd(source)
		c.mu.Unlock()
		found, err := c.Resolve(host, end.zone)
		if err != nil {
			return nil, err
		}
		destination = found[0]
	}
	if strings.HasSuffix(c.APIURL(), address) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err := c.Allowed(source, destination, port); err != nil {
		// Security groups drop silently: what a caller sees is that nobody answers.
		<-ctx.Done()
		return nil, fmt.Errorf("connecting to %s: %w (%w)", address, ctx.Err(), err)
	}
	if balancer, front := c.front(destination, port); front != nil {
		return balancer.open(ctx, front)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	return dialer.DialContext(ctx, network, netip.AddrPortFrom(destination, uint16(port)).String())
}

// DialFrom connects from a visitor's address (Visit).
func (c *Cloud) DialFrom(source netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return c.dialFrom(ctx, source, network, address)
	}
}

// schedule is a rule's target that is called at a rate.
type schedule struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func (s *schedule) stop() {
	s.cancel()
	s.running.Wait()
}

var everyMinutes = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// startSchedule calls a function at the rule's rate, on the scaled clock. Rules with a cron
// expression or a pattern do not fire.
func startSchedule(c *Cloud, r Record) error {
	c.mu.Lock()
	rule := c.find(eventRuleType, "", r.str("rule"))
	c.mu.Unlock()
	if rule == nil {
		return nil
	}
	parts := everyMinutes.FindStringSubmatch(rule.str("scheduleExpression"))
	if parts == nil {
		return nil
	}
	count, _ := strconv.Atoi(parts[1]) // digits, by the expression
	every := time.Duration(
		count,
	) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]]
	name := lastOf(r.str("arn"), ":function:")
	ctx, cancel := context.WithCancel(context.Background())
	s := &schedule{cancel: cancel}
	a := c.life()
	s.running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(scaled(every, a.Scale)):
			}
			if err := c.mayInvoke(name, rule.str("arn")); err != nil {
				c.refuseScheduled(name, err)
				continue
			}
			// The next call waits for this one, as the function's own time is not scaled; a
			// repetition does not keep it.
			if again := c.invokeByEvent(name, r.str("input")); again != nil {
				s.running.Go(func() { again(ctx) })
			}
		}
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.schedules[r.ID] = s
	return nil
}

// invokeByEvent invokes a function asynchronously. again repeats what failed: twice, after one
// minute and after two, unless the function's event invoke configuration says otherwise (Lambda
// developer guide, "How Lambda handles errors and retries with asynchronous invocation").
func (c *Cloud) invokeByEvent(name, input string) (again func(context.Context)) {
	invoke := func() bool {
		if c.Function == nil {
			return true
		}
		_, err := c.Function(name, input)
		if err != nil {
			c.refuseScheduled(name, err)
		}
		return err == nil
	}
	if invoke() {
		return nil
	}
	return func(ctx context.Context) {
		for attempt := 1; attempt <= c.retryAttempts(name); attempt++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(scaled(time.Duration(attempt)*time.Minute, c.life().Scale)):
			}
			if invoke() {
				return
			}
		}
	}
}

func (c *Cloud) retryAttempts(function string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, settings := range c.all(eventInvokeType) {
		if functionName(settings.str("functionName")) == function {
			if attempts, set := settings.Get("maximumRetryAttempts").(float64); set {
				return int(attempts)
			}
		}
	}
	return 2
}

func (c *Cloud) refuseScheduled(function string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("refuse", functionType, function, "scheduled: "+err.Error())
}

// mayInvoke says whether the function's own policy lets a rule call it (EventBridge user guide,
// "Using resource-based policies": without lambda:InvokeFunction for events.amazonaws.com the
// target is not invoked).
func (c *Cloud) mayInvoke(function, rule string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, permission := range c.all(permissionType) {
		source := permission.str("sourceArn")
		if functionName(permission.str("function")) == function &&
			permission.str("principal") == "events.amazonaws.com" &&
			slices.Contains([]string{"lambda:InvokeFunction", "lambda:*", "*"}, permission.str("action")) &&
			(source == "" || source == rule) {
			return nil
		}
	}
	return fmt.Errorf(
		"the rule %s may not call function %s: no lambda:InvokeFunction for events.amazonaws.com",
		rule,
		function,
	)
}

func stopSchedule(c *Cloud, r Record) error {
	a := c.life()
	a.mu.Lock()
	s := a.schedules[r.ID]
	delete(a.schedules, r.ID)
	a.mu.Unlock()
	if s != nil {
		s.stop()
	}
	return nil
}
