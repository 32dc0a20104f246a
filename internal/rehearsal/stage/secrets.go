// Secrets that the program generated, in every form, and the places that people and machines read.

package stage

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
)

// generated are the properties in which the cloud holds what nobody may see.
var generated = map[string][]string{
	"random:index/randomPassword:RandomPassword":        {"result"},
	"tls:index/privateKey:PrivateKey":                   {"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"},
	"aws:secretsmanager/secretVersion:SecretVersion":    {"secretString"},
	"aws:elasticache/replicationGroup:ReplicationGroup": {"authToken"},
}

// Leaks names every place that shows a secret, and whose.
func Leaks(places map[string][]byte, secrets []Secret) []string {
	var leaks []string
	for _, client := range slices.Sorted(maps.Keys(places)) {
		for _, secret := range secrets {
			if bytes.Contains(places[client], secret.Value) {
				leaks = append(leaks, fmt.Sprintf("%s shows %s", client, secret.Owner))
			}
		}
	}
	return slices.Compact(leaks)
}

// Secret is one form of a generated secret.
type Secret struct {
	Owner string // type and property, never the value
	Value []byte
}

// Secrets are all generated secrets in the forms in which they could leak: as they are, as
// JSON writes them, and in base64.
func (s *Stage) Secrets() []Secret {
	var found []Secret
	for token, properties := range generated {
		for _, record := range s.Cloud.Records(token) {
			for _, property := range properties {
				value, _ := record.Get(property).(string)
				if value == "" {
					continue
				}
				owner := NameOf(record.URN) + "." + property
				for _, form := range forms(value) {
					found = append(found, Secret{owner, []byte(form)})
				}
			}
		}
	}
	return found
}

// forms are the ways in which a value could be written somewhere.
func forms(value string) []string {
	quoted, _ := json.Marshal(value) // a string always marshals
	return []string{value, strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(value))}
}

// Owners are the secrets without their forms, once each.
func Owners(secrets []Secret) []string {
	var owners []string
	for _, secret := range secrets {
		owners = append(owners, secret.Owner)
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}

// Visible is everything that people and machines get to read.
func (s *Stage) Visible(ctx context.Context) (map[string][]byte, error) {
	plan := filepath.Join(s.Dir, "plan.json")
	if _, err := s.Stack.Preview(ctx, optpreview.Plan(plan)); err != nil {
		return nil, fmt.Errorf("writing a plan: %w", err)
	}
	places := map[string][]byte{"engine output": s.engine.output()}
	var err error
	if places["plan"], err = os.ReadFile(plan); err != nil {
		return nil, err
	}
	if places["state"], err = s.State(); err != nil {
		return nil, err
	}
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	for name, output := range outputs {
		if !output.Secret {
			text, _ := json.Marshal(output.Value)
			places["outputs"] = append(places["outputs"], fmt.Sprintf("%s=%s\n", name, text)...)
		}
	}
	for _, instance := range s.Cloud.Records("aws:ec2/instance:Instance") {
		places["user-data"] = append(
			places["user-data"],
			fmt.Sprint(instance.Get("userData"), instance.Get("userDataBase64"))...)
	}
	for _, definition := range s.Cloud.Records("aws:ecs/taskDefinition:TaskDefinition") {
		places["task definitions"] = append(places["task definitions"], environmentOf(definition)...)
	}
	for _, object := range s.Cloud.Records("aws:s3/bucketObjectv2:BucketObjectv2") {
		places["bucket objects"] = append(places["bucket objects"], fmt.Sprint(object.Get("content"))...)
	}
	for _, service := range s.Cloud.Records(ServiceType) {
		for _, t := range ecs.Tasks(s.Cloud, fmt.Sprint(service.Get("name"))) {
			text, err := os.ReadFile(t.Log)
			if err != nil {
				return nil, err
			}
			places["logs of tasks"] = append(places["logs of tasks"], text...)
		}
	}
	return places, nil
}

// environmentOf is the environment of a task definition's containers, as text.
func environmentOf(definition cloud.Record) string {
	text, err := json.Marshal(definition.Get("containerDefinitions"))
	if err != nil {
		return ""
	}
	return string(text)
}
