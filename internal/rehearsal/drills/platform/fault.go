// Drills of updates that do not get through: the engine dies, or AWS refuses.

package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/recovery"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "interrupt.resume",
			Wanted: "the engine is killed in the middle of an up; after the runbook's recovery the next up " +
				"completes, nothing twice, nothing orphaned",
			Play: interruptResume,
		},
		On: drills.OwnCheckpoints,
	})
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "fail.resume",
			Wanted: "each of 10 resources fails to create: a clear error, the rest intact, the next up completes",
			Play:   failResume,
		},
		On: drills.OwnRecords,
	})
}

// killAfter is how many resources are begun when the engine is killed: in the middle of the
// platform, with Redis, nodes and services under way.
const killAfter = 250

func interruptResume(ctx context.Context, s *stage.Stage) (string, error) {
	var begun atomic.Int32
	observe := s.Options.Observe
	s.Options.Observe = func(event events.EngineEvent) {
		if event.ResourcePreEvent != nil && begun.Add(1) == killAfter {
			_ = s.KillEngine() // an engine that has just ended by itself fails the check below
		}
		observe(event)
	}
	_, interrupted := s.Up(ctx)
	s.Options.Observe = observe
	if interrupted == nil {
		return "", errors.New("the engine was not interrupted: the update completed")
	}
	made := len(s.Cloud.Events())
	recovered, err := resume(ctx, s)
	if err != nil {
		return "", err
	}
	// The next update is not killed: it need not write its state at every step.
	s.Stack.Workspace().SetEnvVar("PULUMI_SKIP_CHECKPOINTS", "true")
	steps, err := s.Up(ctx)
	if err != nil {
		return "", fmt.Errorf("the up after the recovery: %w", err)
	}
	if twice := madeTwice(s.Cloud); len(twice) > 0 {
		return "", fmt.Errorf("made twice: %s", strings.Join(twice, ", "))
	}
	if _, wrong := stage.CompareWithProduction(s.Cloud); len(wrong) > 0 {
		return "", errors.New(strings.Join(wrong, "; "))
	}
	orphans, err := orphans(s)
	if err != nil || len(orphans) > 0 {
		return "", errors.Join(err, fmt.Errorf("in the cloud but not in the state: %s", strings.Join(orphans, ", ")))
	}
	return fmt.Sprintf(
		"killed after %d creations; %s; then %s; nothing twice, nothing orphaned",
		made,
		recovered,
		steps.Summary(),
	), nil
}

// resume does what docs/runbook.md says under "The engine was killed": the lock is taken off,
// every creation that was under way is looked up in AWS and taken into the state or forgotten,
// and a refresh reads how everything ended.
func resume(ctx context.Context, s *stage.Stage) (string, error) {
	if err := s.Stack.Cancel(ctx); err != nil {
		return "", fmt.Errorf("recovering: taking the lock off: %w", err)
	}
	deployment, err := s.Stack.Export(ctx)
	if err != nil {
		return "", fmt.Errorf("recovering: exporting the state: %w", err)
	}
	exported, err := json.Marshal(deployment)
	if err != nil {
		return "", fmt.Errorf("recovering: %w", err)
	}
	underWay, err := recovery.List(exported)
	if err != nil {
		return "", fmt.Errorf("recovering: %w", err)
	}
	found, taken := map[string]string{}, 0
	for _, p := range underWay {
		found[p.URN] = recovery.Gone
		if !strings.HasPrefix(p.Type, "aws:") {
			continue // a key or password is nowhere but in the state
		}
		for _, record := range s.Cloud.Records(p.Type) {
			if record.URN == p.URN {
				found[p.URN] = record.ID
				taken++
			}
		}
	}
	mended, err := recovery.Resolve(exported, found)
	if err == nil {
		err = json.Unmarshal(mended, &deployment)
	}
	if err == nil {
		err = s.Stack.Import(ctx, deployment)
	}
	if err == nil {
		_, err = s.Refresh(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("recovering: %w", err)
	}
	return fmt.Sprintf(
		"%s under way, %d of them found in the cloud and taken over",
		stage.Plural(len(underWay), "creation"),
		taken,
	), nil
}

// madeTwice names resources of which AWS holds two.
func madeTwice(c *cloud.Cloud) (twice []string) {
	for token := range c.Inventory() {
		if !strings.HasPrefix(token, "aws:") {
			continue
		}
		seen := map[string]bool{}
		for _, record := range c.Records(token) {
			if record.URN != "" && seen[record.URN] {
				twice = append(twice, record.URN)
			}
			seen[record.URN] = true
		}
	}
	return twice
}

// orphans are what AWS has and the state does not know.
func orphans(s *stage.Stage) (ids []string, err error) {
	content, err := s.State()
	if err != nil {
		return nil, err
	}
	for token := range s.Cloud.Inventory() {
		if !strings.HasPrefix(token, "aws:") {
			continue
		}
		for _, record := range s.Cloud.Records(token) {
			if !strings.Contains(string(content), `"`+record.ID+`"`) {
				ids = append(ids, token+" "+record.ID)
			}
		}
	}
	return ids, nil
}

// refusal is one creation that AWS does not grant, and what AWS says.
type refusal struct{ token, name, text string }

// refusals are ten resources spread over the platform, in the order in which it is made; errors
// as the services word them.
var refusals = []refusal{
	{token: "aws:kms/key:Key", name: "keys-data", text: "LimitExceededException: You have reached the quota for keys."},
	{
		token: "aws:ec2/natGateway:NatGateway",
		name:  "network-vpc-2",
		text:  "NatGatewayLimitExceeded: The maximum number of NAT Gateways has been reached.",
	},
	{
		token: "aws:acmpca/certificateAuthority:CertificateAuthority",
		name:  "",
		text:  "LimitExceededException: You have reached the limit of certificate authorities.",
	},
	{token: "aws:s3/bucketObjectv2:BucketObjectv2", name: "", text: "SlowDown: Please reduce your request rate."},
	{
		token: "aws:lambda/function:Function",
		name:  "controller-function",
		text:  "CodeStorageExceededException: Code storage limit exceeded.",
	},
	{
		token: "aws:elasticache/replicationGroup:ReplicationGroup",
		name:  "",
		text: "InsufficientCacheClusterCapacity: The requested cache node type is not available in the specified " +
			"Availability Zone.",
	},
	{
		token: "aws:ec2/instance:Instance",
		name:  "nats-3-instance",
		text: "InsufficientInstanceCapacity: We currently do not have sufficient m6i.large capacity in the " +
			"Availability Zone you requested.",
	},
	{
		token: stage.InvocationType,
		name:  "nats-4-gate",
		text:  "Lambda function (rehearsal-controller) returned error: gate of nats-4: not up after 600s",
	},
	{
		token: stage.ServiceType,
		name:  "quest-system-service",
		text:  "ClientException: The specified capacity provider was not found.",
	},
	{
		token: "aws:lb/loadBalancer:LoadBalancer",
		name:  "gateway-load-balancer",
		text:  "TooManyLoadBalancers: The maximum number of load balancers has been reached.",
	},
}

// failResume starts from an empty cloud for each: what an update makes before it fails depends on
// what else runs at that moment, so a later refusal would find its resource made already.
func failResume(ctx context.Context, s *stage.Stage) (string, error) {
	for i, r := range refusals {
		if i > 0 {
			if err := s.Renew(ctx); err != nil {
				return "", err
			}
		}
		if err := failOnce(ctx, s, r); err != nil {
			return "", fmt.Errorf("%s %s: %w", r.token, r.name, err)
		}
	}
	return fmt.Sprintf(
		"%s failed with AWS's words, each time the rest stayed and the next up completed the platform",
		stage.Plural(len(refusals), "creation"),
	), nil
}

func failOnce(ctx context.Context, s *stage.Stage, r refusal) error {
	hits := s.Cloud.Arm(cloud.Fault{Token: r.token, Name: r.name, Error: r.text})
	_, err := s.Up(ctx)
	s.Cloud.Disarm()
	if err == nil && hits() == 0 {
		return errors.New("was never requested, so nothing was tested")
	}
	text := fmt.Sprint(err)
	switch {
	case hits() == 0:
		return fmt.Errorf("was never requested, so nothing was tested: %s", text)
	case err == nil:
		return fmt.Errorf("the update succeeded although AWS said %q", r.text)
	case !strings.Contains(text, r.text):
		return fmt.Errorf("the error does not say what AWS answered (%q): %s", r.text, text)
	}
	before := existingIDs(s.Cloud)
	if _, err := s.Up(ctx); err != nil {
		return fmt.Errorf("the next up: %w", err)
	}
	for _, id := range before {
		if !stillExists(s.Cloud, id) {
			return fmt.Errorf("the next up created %s again", id)
		}
	}
	if twice := madeTwice(s.Cloud); len(twice) > 0 {
		return fmt.Errorf("made twice: %s", strings.Join(twice, ", "))
	}
	if _, wrong := stage.CompareWithProduction(s.Cloud); len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// existingIDs are the types and ids of all that exists.
func existingIDs(c *cloud.Cloud) (ids [][2]string) {
	for token := range c.Inventory() {
		for _, record := range c.Records(token) {
			ids = append(ids, [2]string{token, record.ID})
		}
	}
	return ids
}

func stillExists(c *cloud.Cloud, id [2]string) bool {
	for _, record := range c.Records(id[0]) {
		if record.ID == id[1] {
			return true
		}
	}
	return false
}
