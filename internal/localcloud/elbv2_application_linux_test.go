// Application load balancers as their callers see them: shares, headers, redirects, and what is
// answered when nobody does.
package localcloud

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

// street is a town with an application load balancer and two target groups, each with a server that
// says its name.
type street struct {
	town
	listener string
	groups   [2]string
	inputs   map[string]any
	client   *http.Client
	url      string
}

func newStreet(t *testing.T) street {
	t.Helper()
	b := newTown(t)
	vpc := b.Records(ec2.VpcType)[0].ID
	second, _ := b.make(
		ec2.SubnetType,
		"second",
		map[string]any{"vpcId": vpc, "cidrBlock": "127.33.1.0/24", "availabilityZone": "us-east-1b"},
	)
	b.make(
		ec2.EgressRuleType,
		"out",
		map[string]any{"securityGroupId": b.group, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
	)
	b.make(
		ec2.IngressRuleType,
		"in",
		map[string]any{"securityGroupId": b.group, "ipProtocol": "-1", "cidrIpv4": "127.33.0.0/16"},
	)
	balancer, made := b.make(elbv2.LoadBalancerType, "front", map[string]any{
		"name": "front", "internal": true, "subnets": []any{b.subnet, second},
		"securityGroups": []any{b.group}, "dropInvalidHeaderFields": true,
	})
	s := street{town: b}
	var weighted []any
	for i, name := range []string{"old", "new"} {
		s.groups[i], _ = b.make(elbv2.TargetGroupType, name, map[string]any{
			"name":       name,
			"vpcId":      vpc,
			"port":       8000.0,
			"protocol":   "HTTP",
			"targetType": "ip",
			"healthCheck": map[string]any{
				"path":               "/health",
				"interval":           5.0,
				"timeout":            2.0,
				"matcher":            "200",
				"healthyThreshold":   2.0,
				"unhealthyThreshold": 2.0,
			},
		})
		weighted = append(weighted, map[string]any{"arn": s.groups[i], "weight": float64(50)})
		s.serve(t, name, s.groups[i])
	}
	s.inputs = map[string]any{
		"loadBalancerArn": balancer, "port": 80.0, "protocol": "HTTP",
		"defaultActions": []any{map[string]any{"type": "forward", "forward": map[string]any{"targetGroups": weighted}}},
	}
	s.listener, _ = b.make(elbv2.ListenerType, "http", s.inputs)
	source, err := ec2.Attach(b.Cloud, "caller", b.subnet, []string{b.group})
	require.NoError(t, err)
	s.client = &http.Client{
		Transport: &http.Transport{DialContext: elbv2.DialFrom(b.Cloud, source)},
		Timeout:   10 * time.Second,
	}
	s.url = "http://" + made["dnsName"].StringValue()
	return s
}

// serve runs a server at an address of the VPC and registers it.
func (s street) serve(t *testing.T, name, group string) netip.Addr {
	t.Helper()
	address, err := ec2.Attach(s.Cloud, name, s.subnet, []string{s.group})
	require.NoError(t, err)
	server := &http.Server{
		Addr:              netip.AddrPortFrom(address, 8000).String(),
		ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/hang" {
					panic(http.ErrAbortHandler)
				}
				fmt.Fprintf(
					w,
					"%s %s %s %q",
					name,
					r.Header.Get("X-Forwarded-For"),
					r.Header.Get("X-Forwarded-Port"),
					r.Header.Get("Bad_Name"),
				)
			}),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	t.Cleanup(func() { assert.NoError(t, server.Close()); assert.ErrorIs(t, <-ended, http.ErrServerClosed) })
	elbv2.Register(s.Cloud, group, address, 8000)
	return address
}

func (s street) get(t *testing.T, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	request.Header["Bad_Name"] = []string{"x"}
	response, err := s.client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(text)
}

// share is the part of 400 requests that the new server answers.
func (s street) share(t *testing.T) float64 {
	t.Helper()
	count := 0
	for range 400 {
		status, text := s.get(t, "/")
		require.Equal(t, http.StatusOK, status, text)
		if text[:3] == "new" {
			count++
		}
	}
	return float64(count) / 4
}

func (s street) weigh(t *testing.T, older, newer float64) {
	t.Helper()
	s.inputs["defaultActions"] = []any{
		map[string]any{"type": "forward", "forward": map[string]any{"targetGroups": []any{
			map[string]any{"arn": s.groups[0], "weight": older}, map[string]any{"arn": s.groups[1], "weight": newer},
		}}},
	}
	require.NoError(t, s.change(elbv2.ListenerType, s.listener, s.inputs))
}

func TestRequestsAreSharedByWeightAndSayWhereTheyCameFrom(t *testing.T) {
	s := newStreet(t)
	require.Eventually(
		t,
		func() bool {
			return elbv2.HealthyEverywhere(s.Cloud, s.groups[0], s.targetOf(0)) &&
				elbv2.HealthyEverywhere(s.Cloud, s.groups[1], s.targetOf(1))
		},
		10*time.Second,
		10*time.Millisecond,
	)
	_, text := s.get(t, "/")
	assert.Regexp(t, `^(old|new) 127\.33\.\d+\.\d+ 80 ""$`, text, "a header with an invalid name is dropped")
	assert.InDelta(t, 50, s.share(t), 12)
	s.weigh(t, 90, 10)
	assert.InDelta(t, 10, s.share(t), 8)
	s.weigh(t, 0, 100)
	assert.EqualValues(t, 100, s.share(t))
}

func (s street) targetOf(i int) netip.Addr {
	for _, r := range s.Records(elbv2.RegisteredType) {
		if r.Str("targetGroupArn") == s.groups[i] {
			return netip.MustParseAddr(r.Str("targetId"))
		}
	}
	return netip.Addr{}
}

func TestWhoDoesNotAnswerIsABadGatewayAndNobodyIsUnavailable(t *testing.T) {
	s := newStreet(t)
	require.Eventually(
		t,
		func() bool { return elbv2.HealthyEverywhere(s.Cloud, s.groups[1], s.targetOf(1)) },
		10*time.Second,
		10*time.Millisecond,
	)
	s.weigh(t, 0, 100)
	status, _ := s.get(t, "/hang")
	assert.Equal(t, http.StatusBadGateway, status)
	elbv2.Deregister(s.Cloud, s.groups[1], s.targetOf(1))
	require.Eventually(
		t,
		func() bool { status, _ := s.get(t, "/"); return status == http.StatusServiceUnavailable },
		10*time.Second,
		10*time.Millisecond,
	)
}

func TestARedirectKeepsHostAndPath(t *testing.T) {
	s := newStreet(t)
	s.inputs["defaultActions"] = []any{
		map[string]any{
			"type":     "redirect",
			"redirect": map[string]any{"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
		},
	}
	require.NoError(t, s.change(elbv2.ListenerType, s.listener, s.inputs))
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := s.client.Get(s.url + "/a?b=c")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusMovedPermanently, response.StatusCode)
	assert.Equal(t, "https://"+s.url[len("http://"):]+":443/a?b=c", response.Header.Get("Location"))
}
