package gateway

import (
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
	"github.com/bodybroker/platform/components/service"
)

const (
	legacy     = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/legacy/1"
	definition = "arn:aws:ecs:us-east-1:123456789012:task-definition/test-http-nats-gateway:1"

	balancerType = "aws:lb/loadBalancer:LoadBalancer"
	listenerType = "aws:lb/listener:Listener"
	serviceType  = "aws:ecs/service:Service"
)

// front records what the gateway registers, in order.
type front struct {
	lock  sync.Mutex
	order []string
	seen  map[string]resource.PropertyMap // by type and name
}

func (f *front) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.order = append(f.order, args.TypeToken+" "+args.Name)
	f.seen[args.TypeToken+" "+args.Name] = args.Inputs
	outputs := args.Inputs.Copy()
	outputs["arn"] = resource.NewProperty("arn:" + args.Name)
	outputs["arnSuffix"] = resource.NewProperty("suffix/" + args.Name)
	switch args.TypeToken {
	case balancerType:
		outputs["dnsName"] = resource.NewProperty("internal-test-gateway.elb.amazonaws.com")
	case "aws:acm/certificate:Certificate":
		outputs["domainValidationOptions"] = resource.NewProperty(
			[]resource.PropertyValue{resource.NewProperty(resource.PropertyMap{
				"resourceRecordName":  resource.NewProperty("_proof.play.example.com."),
				"resourceRecordType":  resource.NewProperty("CNAME"),
				"resourceRecordValue": resource.NewProperty("_answer.acm-validations.aws."),
			})},
		)
	case "aws:ecs/taskDefinition:TaskDefinition":
		outputs["arn"] = resource.NewProperty(definition)
	}
	return args.Name + "-id", outputs, nil
}

func (f *front) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{"taskDefinition": resource.NewProperty(definition)}, nil
}

func (f *front) has(key string) bool { _, found := f.seen[key]; return found }

// open makes a gateway on a mock cloud and returns what was registered, and the URL.
func open(t *testing.T, change func(*Args)) (*front, string) {
	t.Helper()
	known := func(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }
	list := func(items ...string) pulumi.StringArrayOutput {
		return pulumi.ToStringArray(items).ToStringArrayOutput()
	}
	args := Args{
		Settings: Settings{
			Settings:   service.Settings{TaskCount: 2, CPU: 512, Memory: 1024},
			NatsWeight: 100,
		},
		Tasks: service.Args{
			Stack: platform.Stack{
				Environment:      "test",
				Region:           "us-east-1",
				Account:          "123456789012",
				Protect:          true,
				LogRetentionDays: 30,
				Keys:             platform.Keys{Logs: known("arn")},
			},
			Name:  "http-nats-gateway",
			Image: pulumi.String("image:1"),
			Cluster: containercluster.Handle{
				Arn:              known("arn"),
				Name:             known("test"),
				ExecutionRoleArn: known("arn"),
				ExecLogGroupArn:  known("arn"),
			},
			Placement: network.Placement{
				VpcID:                       known("vpc-1"),
				PublicSubnetIDs:             list("public-1", "public-2"),
				PrivateSubnetIDs:            list("private-1", "private-2"),
				SecurityGroupID:             known("sg-gateway"),
				LoadBalancerSecurityGroupID: known("sg-balancer"),
			},
		},
	}
	change(&args)
	mocks := &front{seen: map[string]resource.PropertyMap{}}
	var url string
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		gateway, err := New(ctx, "gateway", args)
		if err != nil {
			return err
		}
		gateway.URL.ApplyT(func(known string) string {
			url = known
			return known
		})
		return nil
	}, pulumi.WithMocks("platform", "test", mocks))
	require.NoError(t, err)
	return mocks, url
}

func withDomain(args *Args) { args.Domain, args.HostedZoneID = "play.example.com", "Z123" }

func TestWithoutDomainOnlyTheVPCReachesIt(t *testing.T) {
	mocks, url := open(t, func(*Args) {})
	balancer := mocks.seen[balancerType+" gateway-load-balancer"]
	assert.True(t, balancer["internal"].BoolValue())
	assert.Equal(t, "private-1", balancer["subnets"].ArrayValue()[0].StringValue())
	assert.Equal(t, "http://internal-test-gateway.elb.amazonaws.com", url)
	assert.False(t, mocks.has(listenerType+" gateway-https"))
}

func TestWithDomainPlainHTTPIsOnlyRedirected(t *testing.T) {
	mocks, url := open(t, withDomain)
	assert.Equal(t, "https://play.example.com", url)
	balancer := mocks.seen[balancerType+" gateway-load-balancer"]
	assert.False(t, balancer["internal"].BoolValue())
	assert.Equal(t, "public-1", balancer["subnets"].ArrayValue()[0].StringValue())

	https := mocks.seen[listenerType+" gateway-https"]
	assert.Equal(t, securityPolicy, https["sslPolicy"].StringValue())
	assert.False(t, mocks.has(listenerType+" gateway-http"))
	redirect := mocks.seen[listenerType+" gateway-redirect"]["defaultActions"].ArrayValue()[0].ObjectValue()
	assert.Equal(t, "redirect", redirect["type"].StringValue())
	assert.Equal(t, "HTTPS", redirect["redirect"].ObjectValue()["protocol"].StringValue())
	assert.True(t, mocks.has("aws:route53/record:Record gateway-alias"))
	proof := mocks.seen["aws:route53/record:Record gateway-certificate-record"]
	assert.Equal(t, "_proof.play.example.com.", proof["name"].StringValue())
	assert.Equal(t, "_answer.acm-validations.aws.", proof["records"].ArrayValue()[0].StringValue())
}

func TestLoadBalancerIsHardened(t *testing.T) {
	for _, protect := range []bool{true, false} {
		mocks, _ := open(t, func(args *Args) { args.Tasks.Protect = protect })
		balancer := mocks.seen[balancerType+" gateway-load-balancer"]
		assert.Equal(t, protect, balancer["enableDeletionProtection"].BoolValue())
		assert.True(t, balancer["dropInvalidHeaderFields"].BoolValue())
		assert.Equal(t, "test-gateway", balancer["name"].StringValue())
	}
}

func TestWeightsAddUpToAllTraffic(t *testing.T) {
	for _, weight := range []int{0, 10, 100} {
		mocks, _ := open(t, func(args *Args) {
			withDomain(args)
			args.LegacyTargetGroupARN, args.NatsWeight = legacy, weight
		})
		action := mocks.seen[listenerType+" gateway-https"]["defaultActions"].ArrayValue()[0].ObjectValue()
		weights := map[string]float64{}
		for _, group := range action["forward"].ObjectValue()["targetGroups"].ArrayValue() {
			weights[group.ObjectValue()["arn"].StringValue()] = group.ObjectValue()["weight"].NumberValue()
		}
		assert.Equal(
			t,
			map[string]float64{"arn:gateway-targets": float64(9 * weight), legacy: float64(900 - 9*weight)},
			weights,
		)
	}
}

func TestShadowsShareIsOfWhatIsLegacyStill(t *testing.T) {
	for given, want := range map[[2]int][3]int{
		{0, 0}:     {0, 0, 900},
		{0, 25}:    {0, 225, 675},
		{90, 50}:   {810, 45, 45},
		{99, 1}:    {891, 0, 9},
		{100, 100}: {900, 0, 0},
	} {
		gateway, shadow, legacy := weights(given[0], given[1])
		assert.Equal(t, want, [3]int{gateway, shadow, legacy}, given)
	}
}

func TestShadowingHasAPortAndATargetGroupOfItsOwn(t *testing.T) {
	mocks, _ := open(t, func(args *Args) {
		args.LegacyTargetGroupARN = legacy
		args.NatsWeight = 10
		args.ShadowPercent = 20
		args.LegacyURL = "http://legacy.internal:8080"
	})
	assert.EqualValues(
		t,
		ShadowPort,
		mocks.seen["aws:lb/targetGroup:TargetGroup gateway-shadow-targets"]["port"].NumberValue(),
	)
	ports := map[string]float64{}
	for _, entry := range mocks.seen[serviceType+" gateway-tasks-service"]["loadBalancers"].ArrayValue() {
		ports[entry.ObjectValue()["targetGroupArn"].StringValue()] = entry.ObjectValue()["containerPort"].NumberValue()
	}
	assert.Equal(t, map[string]float64{"arn:gateway-targets": Port, "arn:gateway-shadow-targets": ShadowPort}, ports)
	text := mocks.seen["aws:ecs/taskDefinition:TaskDefinition gateway-tasks-task"]["containerDefinitions"].StringValue()
	assert.Contains(t, text, `{"name":"LEGACY_URL","value":"http://legacy.internal:8080"}`)
	assert.Contains(t, text, `{"containerPort":8001,"hostPort":8001,"protocol":"tcp"}`)
}

func TestWithoutLegacyAllTrafficIsTheGateways(t *testing.T) {
	mocks, _ := open(t, func(args *Args) { args.NatsWeight = 10 })
	action := mocks.seen[listenerType+" gateway-http"]["defaultActions"].ArrayValue()[0].ObjectValue()
	assert.Equal(t, "arn:gateway-targets", action["targetGroupArn"].StringValue())
	assert.NotContains(t, action, resource.PropertyKey("forward"))
}

func TestTasksComeAfterTheListener(t *testing.T) {
	mocks, _ := open(t, withDomain)
	listener := slices.Index(mocks.order, listenerType+" gateway-https")
	require.GreaterOrEqual(t, listener, 0)
	assert.Greater(
		t,
		slices.Index(mocks.order, serviceType+" gateway-tasks-service"),
		listener,
		"ECS refuses a target group without a load balancer",
	)

	tasks := mocks.seen[serviceType+" gateway-tasks-service"]
	balanced := tasks["loadBalancers"].ArrayValue()[0].ObjectValue()
	assert.Equal(t, "arn:gateway-targets", balanced["targetGroupArn"].StringValue())
	assert.EqualValues(t, Port, balanced["containerPort"].NumberValue())
	text := mocks.seen["aws:ecs/taskDefinition:TaskDefinition gateway-tasks-task"]["containerDefinitions"].StringValue()
	assert.NotContains(t, text, "LEGACY_URL")
	assert.Contains(t, text, "http://127.0.0.1:8000/health")
}
