// Incidents that an update, or a client that connects, meets.

package services

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
	"github.com/bodybroker/platform/workload/contract"
)

// incident17: services were started before NATS was up, and stayed waiting.
func incident17(ctx context.Context, s *stage.Stage) (string, error) {
	images, err := s.Images(map[string]string{stage.LoadService: "1.0.3"})
	if err != nil {
		return "", err
	}
	before := s.Processes(stage.LoadService)
	if err := s.Configure(map[string]any{"serviceImages": images}); err != nil {
		return "", err
	}
	err = stage.ExpectFailedReplacement(
		ctx,
		s,
		stage.WithoutRights(s, "Artifacts"),
		func(*stage.Cluster, stage.Node) error {
			if now := s.Processes(stage.LoadService); !slices.Equal(before, now) {
				return fmt.Errorf("processes %v run after %v: the new version did not wait for NATS", now, before)
			}
			return nil
		},
		"gate of nats-1",
		"not passed",
	)
	if after := s.Processes(stage.LoadService); err == nil && (len(after) != 2 || after[0] == before[0]) {
		err = fmt.Errorf("processes %v run after %v: with NATS up the new version did not come", after, before)
	}
	seen := "while a node did not pass its gate the old version served; when it did, the new one took over"
	return seen, errors.Join(err, s.Restore(ctx))
}

// incident19: two of 22 services never started, and that was called a success.
func incident19(ctx context.Context, s *stage.Stage) (string, error) {
	broken := map[string]string{stage.LoadService: stage.AbsentTag, "payment": stage.EndsTag}
	images, err := s.Images(broken)
	if err != nil {
		return "", err
	}
	before, err := s.AllProcesses()
	if err != nil {
		return "", err
	}
	_, failed := s.UpWith(ctx, map[string]any{"serviceImages": images})
	err = stage.ExpectRefusal(failed, `service "`+stage.LoadService+`"`, `service "payment"`, "rolled back")
	after, listErr := s.AllProcesses()
	if err = errors.Join(err, listErr); err == nil && fmt.Sprint(before) != fmt.Sprint(after) {
		err = fmt.Errorf("processes %v run after %v: expected the old ones of all services", after, before)
	}
	if _, refreshed := s.Refresh(ctx); refreshed != nil {
		return "", errors.Join(err, refreshed)
	}
	seen := "the update failed and named both, one whose image nobody pushed and one that ended at once; all tasks " +
		"of before serve"
	return seen, errors.Join(err, s.Restore(ctx))
}

// incident20: services spoke plain NATS to a port with TLS, and the gateway answered 500.
func incident20(ctx context.Context, s *stage.Stage) (string, error) {
	client, err := s.Attach(ctx, "plain", "service")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	if err := expectPlainTextRefused(client); err != nil {
		return "", err
	}
	methods, err := contract.Load(ctx)
	if err != nil {
		return "", err
	}
	seen, err := stage.RequestThroughGateway(ctx, s, methods)
	return "plain NATS was turned away; " + seen, err
}

// expectPlainTextRefused speaks NATS without TLS and expects no answer.
func expectPlainTextRefused(d *stage.Client) error {
	raw, err := d.Dial("tcp", strings.TrimPrefix(d.URL, "tls://"))
	if err != nil {
		return err
	}
	defer raw.Close() //nolint:errcheck // it is over either way
	if err := raw.SetDeadline(time.Now().Add(stage.AnswerLimit)); err != nil {
		return err
	}
	reader := bufio.NewReader(raw)
	greeting, err := reader.ReadString('\n')
	if err != nil || !strings.Contains(greeting, `"tls_required":true`) {
		return errors.Join(fmt.Errorf("expected a greeting that asks for TLS, got %.300q", greeting), err)
	}
	if _, err := io.WriteString(raw, "CONNECT {}\r\nPING\r\n"); err != nil {
		return err
	}
	// The server closes the connection or resets it.
	if answer, err := io.ReadAll(
		reader,
	); errors.Is(err, os.ErrDeadlineExceeded) ||
		strings.Contains(string(answer), "PONG") {
		return errors.Join(fmt.Errorf("a client that speaks plain NATS got an answer: %.300q", answer), err)
	}
	return nil
}

// The name under which players would find the gateway, and the public zone that holds it.
const (
	publicName = "play.example.com"
	publicZone = "Z0EXAMPLE0PUBLIC0ZONE"
	zoneType   = "aws:route53/zone:Zone"
)

// incident21: the public load balancer served plain HTTP. The gateway is given a public name, which
// makes it another load balancer.
func incident21(ctx context.Context, s *stage.Stage) (string, error) {
	s.Cloud.Seed(
		zoneType,
		publicZone,
		resource.NewPropertyMapFromMap(map[string]any{"zoneId": publicZone, "name": "example.com", "vpcs": []any{}}),
	)
	defer s.Cloud.Remove(zoneType, publicZone)
	lifted := map[string]any{"protect": false}
	if _, err := s.UpWith(ctx, lifted); err != nil {
		return "", fmt.Errorf("lifting the protection: %w", err)
	}
	public := map[string]any{"protect": false, "gatewayDomain": publicName, "gatewayHostedZoneId": publicZone}
	if _, err := s.UpWith(ctx, public); err != nil {
		return "", fmt.Errorf("giving the gateway a public name: %w", err)
	}
	err := expectOnlyHTTPS(ctx, s)
	if _, back := s.UpWith(ctx, lifted); back != nil {
		return "", errors.Join(err, fmt.Errorf("taking the public name away: %w", back))
	}
	seen := "given a public name, the gateway answers there by HTTPS with a certificate of that name; plain HTTP is " +
		"sent to it"
	return seen, errors.Join(err, s.Restore(ctx))
}

func expectOnlyHTTPS(ctx context.Context, s *stage.Stage) error {
	c, err := stage.NewCaller(ctx, s)
	if err != nil {
		return err
	}
	defer c.Detach()
	if c.URL != "https://"+publicName {
		return fmt.Errorf("the gateway's URL is %s", c.URL)
	}
	text, err := os.ReadFile(acm.RootStore(s.Cloud))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	c.HTTP.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if err := c.Call(ctx, stage.LoadSubject); err != nil {
		return err
	}
	c.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := c.HTTP.Post("http://"+publicName+"/quest/generate", "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	if to := response.Header.Get(
		"Location",
	); response.StatusCode != http.StatusMovedPermanently ||
		!strings.HasPrefix(to, "https://"+publicName) {
		err = fmt.Errorf("plain HTTP answers %s, Location %q", response.Status, to)
	}
	return errors.Join(err, response.Body.Close())
}
