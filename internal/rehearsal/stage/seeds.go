// Seeds of identities: where they are kept, and how one is replaced.

package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// ReplaceSeed replaces the key, with the key of before named as the previous one, and what is named
// besides it.
func ReplaceSeed(ctx context.Context, s *Stage, lifted map[string]any, also ...string) error {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return err
	}
	keys, _ := outputs["natsPublicKeys"].Value.(map[string]any)
	previous, _ := keys[LoadService].(string)
	key := URNOf(s.Cloud, "tls:index/privateKey:PrivateKey", "identity-"+LoadService+"-key")
	if previous == "" || key == "" {
		return fmt.Errorf(
			"rotating the seed of %s: the output natsPublicKeys has key %q, the cloud has the resource %q",
			LoadService,
			previous,
			key,
		)
	}
	before, err := seedFrom(s.Cloud)
	if err != nil {
		return err
	}
	if err := s.Configure(
		map[string]any{"protect": lifted["protect"], "natsPreviousKeys": map[string]any{LoadService: previous}},
	); err != nil {
		return err
	}
	if _, err := s.Up(ctx, optup.Replace(append(also, key))); err != nil {
		return fmt.Errorf("replacing %s: %w", NameOf(key), err)
	}
	after, err := seedFrom(s.Cloud)
	if err != nil {
		return err
	}
	if before == after {
		return fmt.Errorf(
			"the tasks of %s name the same version of the secret as before, %s: they would go on with the old seed",
			LoadService,
			after,
		)
	}
	return nil
}

// URNOf is the URN of a resource by its logical name; "" if there is none.
func URNOf(c *cloud.Cloud, token, name string) string {
	for _, r := range c.Records(token) {
		if NameOf(r.URN) == name {
			return r.URN
		}
	}
	return ""
}

// seedFrom is the version of the seed that the service's tasks are given, by the definition that
// ECS runs.
func seedFrom(c *cloud.Cloud) (string, error) {
	for _, service := range c.Records(ServiceType) {
		if service.Get("name") != LoadService {
			continue
		}
		for _, definition := range c.Records("aws:ecs/taskDefinition:TaskDefinition") {
			if definition.Get("arn") != service.Get("taskDefinition") {
				continue
			}
			text, _ := definition.Get("containerDefinitions").(string)
			_, from, found := strings.Cut(text, `"NATS_NKEY_SEED","valueFrom":"`)
			if from, _, _ = strings.Cut(from, `"`); found {
				return from, nil
			}
		}
	}
	return "", fmt.Errorf("the cloud has no task definition of %s that names a seed", LoadService)
}

// ExpectSeeds expects the servers to let the new seed in, and the old one as wanted.
func ExpectSeeds(ctx context.Context, s *Stage, old []byte, wanted bool) error {
	client, err := s.Attach(ctx, "rotation", "service")
	if err != nil {
		return err
	}
	defer client.Detach()
	now, err := SeedOf(s.Cloud, LoadService)
	if err != nil {
		return err
	}
	if bytes.Equal(now, old) {
		return errors.New("the secret holds the old seed still")
	}
	fresh, err := client.ConnectWith(now, LoadService)
	if err != nil {
		return fmt.Errorf("with the new seed: %w", err)
	}
	fresh.Close()
	stale, err := client.ConnectWith(old, LoadService)
	if err != nil {
		if wanted {
			return fmt.Errorf("with the old seed, before its time is over: %w", err)
		}
		return nil
	}
	stale.Close()
	if !wanted {
		return errors.New("the old seed is let in after it was withdrawn")
	}
	return nil
}

// SeedOf reads an identity's seed where its task would get it from: the program's secret.
func SeedOf(c *cloud.Cloud, identity string) ([]byte, error) {
	for _, r := range c.Records("aws:secretsmanager/secretVersion:SecretVersion") {
		if strings.HasSuffix(r.URN, "::identity-"+identity+"-seed-version") {
			seed, _ := r.Get("secretString").(string)
			return []byte(seed), nil
		}
	}
	return nil, fmt.Errorf("the cloud holds no seed of identity %q", identity)
}
