// The metrics of the gateway's tasks, as a scraper in the VPC reads them.

package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/internal/localcloud/ecs"
)

// SubjectsMetric counts what the gateway's main port took.
const SubjectsMetric = "gateway_request_seconds_count"

// Metrics are the metrics of each task of the gateway at one moment, by its name.
type Metrics map[string]string

// ScrapeGateway reads them, as a scraper next to the load balancer would.
func ScrapeGateway(ctx context.Context, s *Stage) (Metrics, error) {
	_, gatewayRow, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	client, err := s.Attach(ctx, "scraper", "gateway-lb")
	if err != nil {
		return nil, err
	}
	defer client.Detach()
	web := &http.Client{
		Transport: &http.Transport{DialContext: client.DialContext, DisableKeepAlives: true},
		Timeout:   time.Minute,
	}
	found := Metrics{}
	for _, task := range ecs.Tasks(s.Cloud, gatewayRow.Name) {
		if found[task.Name], err = fetch(
			ctx,
			web,
			fmt.Sprintf("http://%s:%d/metrics", task.Address, gateway.Port),
		); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Sum adds a metric over all tasks and over the labels that are not given.
func (f Metrics) Sum(metric string, labels ...string) (sum int) {
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
