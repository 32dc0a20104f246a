// Callers of the gateway: they stand in the VPC with a security group of their own, as other
// programs there do, and speak HTTP.
package rehearsal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/gateway"
)

const (
	// callersGroup is somebody else's: it lets everything out.
	callersGroup = "sg-0ca11e50ca11e5000"
)

// caller is a client of the gateway's load balancer.
type caller struct {
	*desk
	http *http.Client
	base string // the gateway's URL
}

func newCaller(ctx context.Context, s *Stage) (*caller, error) {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	base, _ := outputs["gatewayUrl"].Value.(string)
	_, subnet, err := place(s.Cloud, "service")
	if err != nil {
		return nil, err
	}
	s.Cloud.Seed(securityGroupType, callersGroup, resource.NewPropertyMapFromMap(map[string]any{
		"egress": []any{map[string]any{"protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}},
	}))
	source, err := s.Cloud.Visit("caller", subnet, []string{callersGroup})
	if err != nil {
		return nil, err
	}
	c := &caller{desk: &desk{cloud: s.Cloud, who: "caller", source: source}, base: base}
	c.http = &http.Client{
		Transport: &http.Transport{DialContext: s.Cloud.DialFrom(source), MaxIdleConnsPerHost: askers},
		Timeout:   time.Minute,
	}
	return c, nil
}

func (c *caller) leave() {
	c.http.CloseIdleConnections()
	c.desk.leave()
	c.cloud.Remove(securityGroupType, callersGroup)
}

// post posts JSON and reads the whole answer.
func (c *caller) post(ctx context.Context, path string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// ask sends a subject an empty JSON object and wants it answered.
func (c *caller) ask(ctx context.Context, subject string) error {
	path := "/v1/" + strings.ReplaceAll(subject, ".", "/")
	status, answer, err := c.post(ctx, path, []byte("{}"))
	if err == nil && (status != http.StatusOK || !json.Valid(answer)) {
		err = fmt.Errorf("POST %s answers %d: %.300s", path, status, answer)
	}
	return err
}

// subjectsMetric counts what the gateway's main port took.
const subjectsMetric = "gateway_request_seconds_count"

// scraped are the metrics of each task of the gateway at one moment, by its name.
type scraped map[string]string

// scrape reads them, as a scraper beside the load balancer would.
func scrape(ctx context.Context, s *Stage) (scraped, error) {
	_, front, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	place, err := newDesk(ctx, s, "scraper", "gateway-lb")
	if err != nil {
		return nil, err
	}
	defer place.leave()
	client := &http.Client{
		Transport: &http.Transport{DialContext: place.cloud.DialFrom(place.source), DisableKeepAlives: true},
		Timeout:   time.Minute,
	}
	found := scraped{}
	for _, task := range s.Cloud.Tasks(front.Name) {
		if found[task.Name], err = fetch(
			ctx,
			client,
			fmt.Sprintf("http://%s:%d/metrics", task.Address, gateway.Port),
		); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// sum adds a metric over all tasks and over the labels that are not given.
func (f scraped) sum(metric string, labels ...string) (sum int) {
	for _, text := range f {
		sum += sumOf(text, metric, labels)
	}
	return sum
}

func fetch(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s answers %s: %.300s", url, response.Status, text)
	}
	return string(text), errors.Join(err, response.Body.Close())
}

// sumOf adds the values of a metric in Prometheus's text format, of those lines that have all the
// labels ("name=\"value\"").
func sumOf(text, metric string, labels []string) (sum int) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		meant := strings.HasPrefix(name, metric+"{")
		for _, label := range labels {
			meant = meant && strings.Contains(name, label)
		}
		if number, err := strconv.ParseFloat(value, 64); meant && err == nil {
			sum += int(number)
		}
	}
	return sum
}
