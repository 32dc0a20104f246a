package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/config"
)

type set = map[string]string

const vpcID = "vpc-0123456789abcdef0"

// longName makes <name>-task-role-<7 characters> one character longer than an IAM role's name may
// be.
var longName = strings.Repeat("x", 65-len("-task-role-0123456"))

func threeSubnets(digit string) string {
	return fmt.Sprintf(`["subnet-0000000%[1]s", "subnet-0000001%[1]s", "subnet-0000002%[1]s"]`, digit)
}

func legacyIn(region, account string) string {
	return fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:targetgroup/legacy/0123456789abcdef", region, account)
}

func service(name, queue, rpc, event string) set {
	events := ""
	if event != "" {
		events = `"` + event + `"`
	}
	return set{
		"additionalServices": fmt.Sprintf(
			`[{"name": %q, "queue": %q, "rpc": [%q], "events": [%s]}]`,
			name,
			queue,
			rpc,
			events,
		),
	}
}

func TestShippedStacksAreAccepted(t *testing.T) {
	for _, stack := range []string{"prod", "dev", "dr", "rehearsal"} {
		t.Run(stack, func(t *testing.T) {
			assert.Empty(t, faultsOf(shipped(t, stack), notSecret, nil))
		})
	}
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	valid := shipped(t, "prod")
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			faults := faultsOf(with(valid, test.set), notSecret, nil)
			require.Len(t, faults, 1, "one wrong thing is one fault: %v", faults)
			assert.Equal(t, test.key, faults[0].Key)
			assert.Contains(t, faults[0].Problem, test.problem)
			assert.NotEmpty(t, faults[0].Accepts)
			assert.NotEmpty(t, faults[0].Fix)
		})
	}
}

func TestRightConfigurationIsAccepted(t *testing.T) {
	valid := shipped(t, "prod")
	for name, change := range map[string]set{
		"existing VPC": {
			"vpcId":            vpcID,
			"privateSubnetIds": threeSubnets("a"),
			"publicSubnetIds":  threeSubnets("b"),
		},
		"peer beside the VPC":      {"reservedCidrs": `["10.21.0.0/16", "10.0.0.0/12"]`},
		"smallest shares that fit": {"zoneCidrMask": "22"},
		"no NAT with all endpoints": {
			"natGatewayStrategy": "None",
			"interfaceEndpoints": `["acm-pca", "ec2messages", "ecr.api", "ecr.dkr", "kms", "logs", "monitoring", ` +
				`"secretsmanager", "ssm", "ssmmessages"]`,
		},
		"valkey":                      {"redisEngine": "valkey", "redisEngineVersion": "8.1"},
		"most cache nodes":            {"redisShards": "45"},
		"IOPS that the type sustains": {"natsVolumeIops": "3600"},
		"fast disk on a large type": {
			"natsInstanceType":     "m6i.8xlarge",
			"natsVolumeIops":       "40000",
			"natsVolumeThroughput": "1000",
		},
		"free disk on a small type": {"natsInstanceType": "t3.small"},
		"snapshot of every node": {
			"natsVolumeSnapshots": `["snap-00000001", "snap-00000002", "snap-00000003", "snap-00000004", ` +
				`"snap-00000005"]`,
		},
		"largest task":    {"serviceCpu": "16384", "serviceMemory": "122880"},
		"image by digest": {"gatewayImage": "sha256:" + strings.Repeat("0a", 32)},
		"no images yet":   {"serviceImages": "{}", "gatewayImage": ""},
		"public gateway":  {"gatewayDomain": "api.example.com", "gatewayHostedZoneId": "Z0123456789"},
		"cutover under way": {
			"legacyTargetGroupArn": legacyIn("us-east-1", account),
			"legacyPort":           "8080",
			"legacyUrl":            "http://legacy.prod.internal:8081",
			"natsWeight":           "10",
			"shadowPercent":        "50",
		},
		"additional service": service(
			"inventory",
			"q.inventory",
			"svc.inventory.v1.list",
			"evt.world.inventory.>",
		),
		"longest service name":         service(longName[1:], "q.inventory", "svc.inventory.v1.list", ""),
		"a provider's own key":         {"aws:profile": "platform"},
		"log retention of ten years":   {"logRetentionDays": "3653"},
		"one of several accounts":      {"allowedAccounts": `["210987654321", "123456789012"]`},
		"second copy region not given": {"backupCopyRegion": ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, faultsOf(with(valid, change), notSecret, nil))
		})
	}
}

func TestLoopbackRangeIsForTheRehearsalOnly(t *testing.T) {
	rehearsal := shipped(t, "rehearsal")
	require.True(t, strings.HasPrefix(rehearsal["nats-platform:vpcCidr"], "127."))
	faults := faultsOf(with(rehearsal, set{"environment": "staging"}), notSecret, nil)
	require.Len(t, faults, 1)
	assert.Equal(t, "vpcCidr", faults[0].Key)
}

func TestAllFaultsComeAtOnce(t *testing.T) {
	valid := shipped(t, "prod")
	wrong := set{
		"natsNodeCuont":      "5",
		"natsVolumeIops":     "16000",
		"vpcCidr":            "10.0.0.0/8",
		"logRetentionDays":   "45",
		"gatewayImage":       "latest",
		"protect":            "yes",
		"redisEngineVersion": "9",
		"allowedAccounts":    "[]",
		"serviceMemory":      "100",
		"alarmEmails":        `["x"]`,
		"natsServerBinary":   "no/such/file",
	}
	c, decoded := config.Decode(with(valid, wrong), notSecret)
	err := config.Refusal(config.Faults(decoded), c.Validate(zones, account))

	var faults config.Faults
	require.ErrorAs(t, err, &faults)
	keys := map[string]bool{}
	for _, fault := range faults {
		keys[fault.Key] = true
		for _, part := range []string{fault.Key, fault.Value, fault.Problem, fault.Accepts, fault.Fix} {
			assert.Contains(t, err.Error(), part)
		}
	}
	for key := range wrong {
		assert.True(t, keys[key], "no fault of %s in %v", key, faults)
	}
	assert.Len(t, faults, len(wrong))
}

func TestFaultShowsHowToSetEachType(t *testing.T) {
	valid := shipped(t, "prod")
	for key, want := range map[string]struct{ value, fix string }{
		"allowedAccounts": {
			value: "[]",
			fix:   "pulumi config set --path 'allowedAccounts[0]' 123456789012 --type string",
		},
		"vpcCidr":       {value: "x", fix: "pulumi config set vpcCidr 10.20.0.0/16"},
		"natsNodeCount": {value: "4", fix: "pulumi config set natsNodeCount 5"},
		"serviceImages": {
			value: `{"auth": 1}`,
			fix:   "pulumi config set --path 'serviceImages.quest-system' 1.0.0 --type string",
		},
		"natsServerBinary": {value: "no/such/file", fix: "make artifacts"},
		"protekt":          {value: "true", fix: "pulumi config rm nats-platform:protekt"},
		"aws:region":       {value: "mars", fix: "pulumi config set aws:region us-east-1"},
	} {
		t.Run(key, func(t *testing.T) {
			faults := faultsOf(with(valid, set{key: want.value}), notSecret, nil)
			require.NotEmpty(t, faults)
			assert.Equal(t, want.fix, faults[0].Fix)
		})
	}
}
