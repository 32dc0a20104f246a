// Drill of the move from HTTP to NATS: a legacy service runs next to the platform, the gateway's
// load balancer shares requests, and some of what the legacy service answers is compared with NATS.

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "cutover",
			Wanted: "weights 0, 10, 50, 100 and back: measured shares within 2 points, no request fails; answers " +
				"are compared; retired, nothing legacy is left",
			Play: cutover,
		},
		On: drills.SharedTasks,
	})
}

const (
	legacyTargetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/legacy/0123456789abcdef"
	targetGroupType   = "aws:lb/targetGroup:TargetGroup"
	targetType        = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
	legacyGroup       = "sg-01e6acy001e6acy00"
	legacyPort        = 8080
	legacyMark        = "X-Legacy"
	// measured requests make the measured share right to half a point, one standard deviation, at
	// most.
	measured = 10_000
	// all show that each goes to the same side.
	all = 1000
	// sharePoints is how far a measured share may be from its weight (issue of this drill).
	sharePoints = 2
	// The subjects that are requested: one that both systems answer alike, one that they answer
	// differently, and a command.
	alikeRoute, differentRoute, commandRoute = "/ai/models", "/state/get", "/quest/generate"
)

// cutover goes from the legacy service to NATS, back and there again, and retires the legacy
// service.
func cutover(ctx context.Context, s *stage.Stage) (seen string, err error) {
	old, err := startLegacy(ctx, s)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, old.end()) }()
	config := map[string]any{"legacyTargetGroupArn": legacyTargetGroup, "legacyPort": legacyPort}
	step := func(key string, value any) error {
		config[key] = value
		_, err := s.UpWith(ctx, config)
		return err
	}
	if err := step("natsWeight", 0); err != nil {
		return "", err
	}
	calls, err := newCalls(ctx, s)
	if err != nil {
		return "", err
	}
	var shares []string
	for _, weight := range []int{0, 10, 50, 100, 50, 0} {
		if err := step("natsWeight", weight); err != nil {
			return "", errors.Join(err, calls.end())
		}
		requests := int64(measured)
		if weight == 0 || weight == 100 {
			requests = all
		}
		share, shareErr := calls.share(ctx, requests)
		err = errors.Join(err, shareErr)
		shares = append(shares, fmt.Sprintf("%d → %.1f", weight, share))
		if math.Abs(share-float64(weight)) > sharePoints {
			err = errors.Join(err, fmt.Errorf("at weight %d the gateway answers %.1f %% of requests", weight, share))
		}
	}
	compared, shadowErr := compareAnswers(ctx, s, step, old, calls)
	err = errors.Join(err, shadowErr, step("natsWeight", 100), s.Restore(ctx), calls.end(), expectNoLegacy(s))
	return fmt.Sprintf(
		"percent answered by the gateway: %s; %s; %d requests meanwhile, none failed; retired, nothing legacy is left",
		strings.Join(shares, ", "),
		compared,
		calls.sent.Load(),
	), err
}

// compareAnswers has half of what the legacy service answers compared.
func compareAnswers(
	ctx context.Context,
	s *stage.Stage,
	step func(string, any) error,
	old *legacy,
	calls *calls,
) (string, error) {
	if err := step("legacyUrl", "http://"+old.address); err != nil {
		return "", err
	}
	if err := step("shadowPercent", 50); err != nil {
		return "", err
	}
	share, err := calls.share(ctx, all)
	errs := []error{err}
	if share != 0 {
		errs = append(
			errs,
			fmt.Errorf(
				"%.1f %% of requests that are shadowed or legacy were not answered by the legacy service",
				share,
			),
		)
	}
	metrics, err := stage.ScrapeGateway(ctx, s)
	if err != nil {
		return "", err
	}
	counts := map[string]int{}
	for _, outcome := range []string{"same", "different", "failed", "skipped", "busy"} {
		counts[outcome] = metrics.Sum("gateway_shadow_total", fmt.Sprintf("outcome=%q", outcome))
	}
	if counts["same"] == 0 || counts["different"] == 0 || counts["skipped"] == 0 || counts["failed"] > 0 {
		errs = append(
			errs,
			fmt.Errorf(
				"the gateway compared %v, expected some the same, some different, commands skipped, none failed",
				counts,
			),
		)
	}
	seen := fmt.Sprintf(
		"of half of the legacy answers %d were compared as the same, %d as different, %d commands were not "+
			"requested twice",
		counts["same"],
		counts["different"],
		counts["skipped"],
	)
	return seen, errors.Join(append(errs, step("shadowPercent", 0))...)
}

// expectNoLegacy expects nothing of the legacy service left in what the program made.
func expectNoLegacy(s *stage.Stage) error {
	var left []string
	for _, r := range s.Cloud.Records("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") {
		if port, _ := r.Get("fromPort").(float64); port == legacyPort || port == gateway.ShadowPort {
			left = append(left, stage.NameOf(r.URN))
		}
	}
	for _, r := range s.Cloud.Records(targetGroupType) {
		if strings.Contains(stage.NameOf(r.URN), "shadow") {
			left = append(left, stage.NameOf(r.URN))
		}
	}
	for _, r := range s.Cloud.Records("aws:lb/listener:Listener") {
		if text, err := json.Marshal(
			r.Get("defaultActions"),
		); err != nil ||
			strings.Contains(string(text), legacyTargetGroup) {
			left = append(left, stage.NameOf(r.URN))
		}
	}
	for _, r := range s.Cloud.Records(stage.ServiceType) {
		if balanced, _ := r.Get("loadBalancers").([]any); len(balanced) > 1 {
			left = append(left, stage.NameOf(r.URN))
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("after retirement these still name the legacy service: %s", strings.Join(left, ", "))
	}
	return nil
}

// legacy is the service being replaced: a server in the VPC, with a target group of its own.
type legacy struct {
	stage *stage.Stage
	from  *stage.Client // from which it asks the gateway for what it answers
	// address is its host and port.
	address string
	server  *http.Server
	ended   chan error
}

func startLegacy(ctx context.Context, s *stage.Stage) (*legacy, error) {
	_, subnet, err := stage.Placement(s.Cloud, "service")
	if err != nil {
		return nil, err
	}
	vpc := s.Cloud.Records("aws:ec2/vpc:Vpc")[0]
	everybody := []any{map[string]any{"protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}}
	s.Cloud.Seed(
		stage.SecurityGroupType,
		legacyGroup,
		resource.NewPropertyMapFromMap(map[string]any{"egress": everybody, "ingress": everybody}),
	)
	address, err := ec2.Attach(s.Cloud, "legacy", subnet, []string{legacyGroup})
	if err != nil {
		return nil, err
	}
	s.Cloud.Seed(targetGroupType, legacyTargetGroup, resource.NewPropertyMapFromMap(map[string]any{
		"arn":                 legacyTargetGroup,
		"name":                "legacy",
		"protocol":            "HTTP",
		"port":                float64(legacyPort),
		"targetType":          "ip",
		"vpcId":               vpc.ID,
		"deregistrationDelay": 60.0,
		"healthCheck": map[string]any{
			"path":               "/health",
			"port":               "traffic-port",
			"matcher":            "200",
			"interval":           10.0,
			"timeout":            5.0,
			"healthyThreshold":   2.0,
			"unhealthyThreshold": 3.0,
		},
	}))
	s.Cloud.Seed(
		targetType,
		"legacy",
		resource.NewPropertyMapFromMap(
			map[string]any{
				"targetGroupArn": legacyTargetGroup,
				"targetId":       address.String(),
				"port":           float64(legacyPort),
			},
		),
	)
	l := &legacy{stage: s, address: netip.AddrPortFrom(address, legacyPort).String(), ended: make(chan error, 1)}
	if l.from, err = s.Attach(ctx, "legacy asks", "gateway-lb"); err != nil {
		return nil, err
	}
	socket, err := net.Listen("tcp", l.address)
	if err != nil {
		return nil, err
	}
	l.server = &http.Server{Handler: l.handler(), ReadHeaderTimeout: time.Minute}
	go func() { l.ended <- l.server.Serve(socket) }()
	return l, nil
}

// handler answers as the platform does, for it asks the gateway; but for one route, and with a mark
// on everything.
func (l *legacy) handler() http.Handler {
	_, gatewayRow, _ := catalog.Services() // it was read before, by all that runs
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{DialContext: l.from.DialContext, MaxIdleConnsPerHost: stage.ParallelCallers},
		Rewrite: func(r *httputil.ProxyRequest) {
			task := ecs.Tasks(l.stage.Cloud, gatewayRow.Name)[0]
			r.SetURL(&url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", task.Address, gateway.Port)})
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path == differentRoute {
				_, _ = io.Copy(io.Discard, r.Body) // it is replaced
				text := `{"found": "nothing"}`
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
				r.Header.Set("Content-Length", fmt.Sprint(len(text)))
			}
			return nil
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(legacyMark, "yes")
		if r.URL.Path == "/health" {
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

func (l *legacy) end() error {
	err := l.server.Close()
	if ended := <-l.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	l.from.Detach()
	c := l.stage.Cloud
	ec2.Detach(c, "legacy")
	for token, id := range map[string]string{
		targetType:              "legacy",
		targetGroupType:         legacyTargetGroup,
		stage.SecurityGroupType: legacyGroup,
	} {
		c.Remove(token, id)
	}
	return err
}

// calls are HTTP requests without a break, as players make them.
type calls struct {
	*stage.Caller
	stop    context.CancelFunc
	callers sync.WaitGroup

	sent, failed, fromLegacy atomic.Int64
	first                    sync.Once
	firstFailure             error
}

func newCalls(ctx context.Context, s *stage.Stage) (*calls, error) {
	c := &calls{}
	var err error
	if c.Caller, err = stage.NewCaller(ctx, s); err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(ctx)
	routes := []string{alikeRoute, differentRoute, commandRoute}
	for i := range stage.ParallelCallers {
		c.callers.Go(func() {
			for turn := i; ctx.Err() == nil; turn++ {
				c.call(ctx, routes[turn%len(routes)])
			}
		})
	}
	return c, nil
}

func (c *calls) call(ctx context.Context, route string) {
	request, err := http.NewRequestWithContext(
		context.WithoutCancel(ctx),
		http.MethodPost,
		c.URL+route,
		strings.NewReader("{}"),
	)
	if err == nil {
		var response *http.Response
		if response, err = c.HTTP.Do(request); err == nil {
			text, readErr := io.ReadAll(response.Body)
			err = errors.Join(readErr, response.Body.Close())
			if response.StatusCode != http.StatusOK {
				err = fmt.Errorf("POST %s answers %s: %.200s", route, response.Status, text)
			}
			if response.Header.Get(legacyMark) != "" {
				c.fromLegacy.Add(1)
			}
		}
	}
	c.sent.Add(1)
	if err != nil {
		c.failed.Add(1)
		c.first.Do(func() { c.firstFailure = err })
	}
}

// share is the percentage of so many next requests that the legacy service does not answer.
func (c *calls) share(ctx context.Context, requests int64) (float64, error) {
	sent, from := c.sent.Load(), c.fromLegacy.Load()
	err := poll.For(ctx, stage.SettleLimit, func() error {
		if more := c.sent.Load() - sent; more < requests && c.failed.Load() == 0 {
			return fmt.Errorf("%d requests were answered, expected %d", more, requests)
		}
		return nil
	})
	return 100 * (1 - float64(c.fromLegacy.Load()-from)/float64(max(c.sent.Load()-sent, 1))), err
}

// end ends the requests, of which none may have failed.
func (c *calls) end() error {
	c.stop()
	c.callers.Wait()
	c.Detach()
	if failed := c.failed.Load(); failed > 0 {
		return fmt.Errorf("%d of %d requests failed, the first: %w", failed, c.sent.Load(), c.firstFailure)
	}
	return nil
}
