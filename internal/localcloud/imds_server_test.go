package localcloud

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	awsimds "github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/imds"
)

// instance makes an instance with a profile of a role, and serves its metadata.
func (w wired) instance(role string, options map[string]any) (string, *imds.Metadata) {
	w.Helper()
	vpc, _ := w.make("aws:ec2/vpc:Vpc", "v", map[string]any{"cidrBlock": "127.20.0.0/16"})
	subnet, _ := w.make(
		ec2.SubnetType,
		"s",
		map[string]any{"vpcId": vpc, "cidrBlock": "127.20.0.0/24", "availabilityZone": "us-east-1b"},
	)
	inputs := map[string]any{
		"ami":          "ami-0a1b2c3d4e5f60718",
		"instanceType": "m6i.large",
		"subnetId":     subnet,
		"privateIp":    "127.20.0.10",
		"userData":     "#!/bin/bash\necho started\n",
	}
	if role != "" {
		w.make(ec2.InstanceProfileType, "p", map[string]any{"name": "profile", "role": role})
		inputs["iamInstanceProfile"] = "profile"
	}
	if options != nil {
		inputs["metadataOptions"] = options
	}
	id, _ := w.make(ec2.InstanceType, "i", inputs)
	served, err := imds.ServeMetadata(w.Cloud, id)
	require.NoError(w, err)
	w.Cleanup(func() { assert.NoError(w.T, served.Close()) })
	return id, served
}

// ask makes one plain request.
func ask(t *testing.T, method, url string, headers map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	require.NoError(t, err)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// An SDK in its default configuration finds everything by itself, as on a real machine.
func TestTheSDKsDefaultConfigurationWorksOnAMachine(t *testing.T) {
	w := newWired(t)
	w.role("node")
	id, served := w.instance("node", map[string]any{"httpTokens": "required", "httpPutResponseHopLimit": 1})
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_V1_DISABLED", "true")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", served.URL)
	t.Setenv("AWS_ENDPOINT_URL", w.url)
	loaded, err := config.LoadDefaultConfig(context.Background(), config.WithEC2IMDSRegion())
	require.NoError(t, err)
	assert.Equal(t, "us-east-1", loaded.Region)
	who, err := sts.NewFromConfig(loaded).GetCallerIdentity(context.Background(), nil)
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::123456789012:assumed-role/node/"+id, *who.Arn)
	document, err := awsimds.NewFromConfig(loaded).GetInstanceIdentityDocument(context.Background(), nil)
	require.NoError(t, err)
	assert.Equal(t, id, document.InstanceID)
	assert.Equal(t, "us-east-1b", document.AvailabilityZone)
	assert.Equal(t, "127.20.0.10", document.PrivateIP)
}

func TestTokensAreRequired(t *testing.T) {
	w := newWired(t)
	w.role("node")
	id, served := w.instance("node", map[string]any{"httpTokens": "required"})
	page := served.URL + "/latest/meta-data/instance-id"
	status, _ := ask(t, http.MethodGet, page, nil)
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _ = ask(t, http.MethodGet, page, map[string]string{imds.TokenHeader: "guessed"})
	assert.Equal(t, http.StatusUnauthorized, status)
	for _, ttl := range []string{"", "0", "21601", "soon"} {
		status, _ = ask(t, http.MethodPut, served.URL+imds.TokenPath, map[string]string{imds.TTLHeader: ttl})
		assert.Equal(t, http.StatusBadRequest, status, ttl)
	}
	status, _ = ask(
		t,
		http.MethodPut,
		served.URL+imds.TokenPath,
		map[string]string{imds.TTLHeader: "60", "X-Forwarded-For": "127.0.0.1"},
	)
	assert.Equal(t, http.StatusForbidden, status)
	status, token := ask(t, http.MethodPut, served.URL+imds.TokenPath, map[string]string{imds.TTLHeader: "60"})
	require.Equal(t, http.StatusOK, status)
	status, got := ask(t, http.MethodGet, page, map[string]string{imds.TokenHeader: token})
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, id, got)
	w.Update(func(tx *cloud.Tx) { awsapi.Wire(tx).Now = func() time.Time { return time.Now().Add(61 * time.Second) } })
	status, _ = ask(t, http.MethodGet, page, map[string]string{imds.TokenHeader: token})
	assert.Equal(t, http.StatusUnauthorized, status, "its time is over")
}

func TestWhatTheMetadataSays(t *testing.T) {
	w := newWired(t)
	w.role("node")
	id, served := w.instance("node", map[string]any{"httpTokens": "optional"})
	for path, want := range map[string]string{
		"meta-data/instance-id": id, "meta-data/placement/region": "us-east-1",
		"meta-data/placement/availability-zone": "us-east-1b",
		"meta-data/local-ipv4":                  "127.20.0.10", "meta-data/iam/security-credentials/": "node",
		"user-data": "#!/bin/bash\necho started\n",
	} {
		status, got := ask(t, http.MethodGet, served.URL+"/latest/"+path, nil)
		assert.Equal(t, http.StatusOK, status, path)
		assert.Equal(t, want, got, path)
	}
	for _, path := range []string{"meta-data/iam/security-credentials/other", "meta-data/public-ipv4", "nothing"} {
		status, _ := ask(t, http.MethodGet, served.URL+"/latest/"+path, nil)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
	role := served.URL + "/latest/meta-data/iam/security-credentials/node"
	_, first := ask(t, http.MethodGet, role, nil)
	_, second := ask(t, http.MethodGet, role, nil)
	key := func(text string) string {
		var given struct {
			Code, AccessKeyId, Type string
			Expiration              time.Time
		}
		require.NoError(t, json.Unmarshal([]byte(text), &given))
		assert.Equal(t, "Success", given.Code)
		assert.Equal(t, "AWS-HMAC", given.Type)
		assert.Greater(t, given.Expiration, time.Now().Add((awsapi.SessionHours-1)*time.Hour))
		return given.AccessKeyId
	}
	assert.Equal(t, key(first), key(second), "the same until they are nearly over")
	w.Update(func(tx *cloud.Tx) {
		awsapi.Wire(tx).Now = func() time.Time { return time.Now().Add(5*time.Hour + time.Minute) }
	})
	_, third := ask(t, http.MethodGet, role, nil)
	assert.NotEqual(t, key(first), key(third))
	require.NoError(t, w.end(ec2.InstanceType, id))
	status, _ := ask(t, http.MethodGet, role, nil)
	assert.Equal(t, http.StatusNotFound, status)
}

func TestAMachineWithoutARoleHasNoCredentials(t *testing.T) {
	w := newWired(t)
	_, served := w.instance("", map[string]any{"httpTokens": "optional"})
	status, _ := ask(t, http.MethodGet, served.URL+"/latest/meta-data/iam/security-credentials/", nil)
	assert.Equal(t, http.StatusNotFound, status)
}

func TestARoleThatEC2MayNotAssume(t *testing.T) {
	w := newWired(t)
	w.make("aws:iam/role:Role", "lambda", map[string]any{"name": "lambda", "assumeRolePolicy": policyText(statement{
		"Effect": "Allow", "Principal": map[string]any{"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
	})})
	_, served := w.instance("lambda", map[string]any{"httpTokens": "optional"})
	_, got := ask(t, http.MethodGet, served.URL+"/latest/meta-data/iam/security-credentials/lambda", nil)
	assert.Contains(t, got, "AssumeRoleUnauthorizedAccess")
	assert.NotContains(t, got, "SecretAccessKey")
}

func TestAServiceThatIsSwitchedOff(t *testing.T) {
	w := newWired(t)
	_, served := w.instance("", map[string]any{"httpEndpoint": "disabled"})
	status, _ := ask(t, http.MethodPut, served.URL+imds.TokenPath, map[string]string{imds.TTLHeader: "60"})
	assert.Equal(t, http.StatusForbidden, status)
}
