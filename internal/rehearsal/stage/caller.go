// Callers of the gateway: they are in the VPC with a security group of their own, as other
// programs there do, and speak HTTP.

package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

const (
	// callersGroup is not the platform's: it lets everything out.
	callersGroup = "sg-0ca11e50ca11e5000"
)

// Caller is a client of the gateway's load balancer.
type Caller struct {
	*Client
	HTTP *http.Client
	URL  string // the gateway's URL
}

// NewCaller attaches a caller of the gateway; Detach takes it away.
func NewCaller(ctx context.Context, s *Stage) (*Caller, error) {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	base, _ := outputs["gatewayUrl"].Value.(string)
	_, subnet, err := Placement(s.Cloud, "service")
	if err != nil {
		return nil, err
	}
	s.Cloud.Seed(SecurityGroupType, callersGroup, resource.NewPropertyMapFromMap(map[string]any{
		"egress": []any{map[string]any{"protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}},
	}))
	source, err := ec2.Attach(s.Cloud, "caller", subnet, []string{callersGroup})
	if err != nil {
		return nil, err
	}
	c := &Caller{Client: &Client{Cloud: s.Cloud, who: "caller", source: source}, URL: base}
	c.HTTP = &http.Client{
		Transport: &http.Transport{DialContext: elbv2.DialFrom(s.Cloud, source), MaxIdleConnsPerHost: ParallelCallers},
		Timeout:   time.Minute,
	}
	return c, nil
}

// Detach closes the connections and gives the address back.
func (c *Caller) Detach() {
	c.HTTP.CloseIdleConnections()
	c.Client.Detach()
	c.Cloud.Remove(SecurityGroupType, callersGroup)
}

// post posts JSON and reads the whole answer.
func (c *Caller) post(ctx context.Context, path string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// Call sends a subject an empty JSON object and expects an answer.
func (c *Caller) Call(ctx context.Context, subject string) error {
	path := "/v1/" + strings.ReplaceAll(subject, ".", "/")
	status, answer, err := c.post(ctx, path, []byte("{}"))
	if err == nil && (status != http.StatusOK || !json.Valid(answer)) {
		err = fmt.Errorf("POST %s answers %d: %.300s", path, status, answer)
	}
	return err
}
