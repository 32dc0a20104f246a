// That a healthy platform holds in every row, so that a row that fails says something.
package verification

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/workload/contract"
)

// streams are the platform's, in one replica.
func streams(t *testing.T) (all []jetstream.StreamConfig) {
	t.Helper()
	table, err := catalog.Streams()
	require.NoError(t, err)
	for _, s := range table {
		if s.Name == catalog.AdvisoryStream {
			continue // the server's own subjects
		}
		made := jetstream.StreamConfig{
			Name:        s.Name,
			Subjects:    s.Subjects,
			MaxAge:      s.MaxAge,
			MaxMsgSize:  int32(s.MaxMessageBytes),
			Duplicates:  s.DuplicateWindow,
			Storage:     jetstream.MemoryStorage,
			AllowDirect: true,
		}
		if s.Retention == catalog.RetentionWorkQueue {
			made.Retention, made.Discard = jetstream.WorkQueuePolicy, jetstream.DiscardNew
		}
		all = append(all, made)
	}
	return all
}

// healthy is a platform on which everything is as it should be.
func healthy(t *testing.T) *platform {
	t.Helper()
	p := newPlatform(t, streams(t)...)
	table, _, err := catalog.Services()
	require.NoError(t, err)
	var subjects []string
	for _, row := range table {
		subjects = append(subjects, row.RPC...)
	}
	for range DefaultTasks {
		p.task(t)
	}
	p.serving(t, subjects, DefaultTasks)
	return p
}

func TestAHealthyPlatformHoldsAndTheReportIsWhole(t *testing.T) {
	p := healthy(t)
	var progress bytes.Buffer
	report, err := Run(t.Context(), Options{
		Client:      p.client,
		Commands:    true,
		Environment: "<test>",
		Throughput:  time.Second,
		Out:         &progress,
	})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	for _, row := range report.NotHeld() {
		assert.NotEqual(t, KindCheck, row.Kind, "%s: %s", row.ID, row.Seen)
	}
	want := map[string]int{
		"answers":    30,
		"share":      22,
		"events":     18,
		"errors":     40,
		"latency":    22,
		"throughput": 2,
		"sizes":      22,
	}
	ids := map[string]bool{}
	for _, c := range report.Checks {
		assert.Equal(t, want[c.ID], c.Rows, c.ID)
		assert.Contains(t, progress.String(), c.ID)
	}
	for _, row := range report.Rows {
		assert.False(t, ids[row.ID], "%s is there twice", row.ID)
		ids[row.ID] = true
		assert.NotEmpty(t, row.Seen, row.ID)
		assert.NotEmpty(t, row.Wanted, row.ID)
	}
	for _, s := range report.Services {
		assert.Len(t, s.Share.Answers, 2, s.Name)
		assert.Equal(t, 1, s.Share.DegreesOfFreedom, s.Name)
		assert.EqualValues(t, DefaultLatencyRequests, s.Latency.Requests, s.Name)
		assert.NotEmpty(t, s.Latency.Buckets, s.Name)
		for _, subject := range s.Subjects {
			assert.True(t, subject.Answered, subject.Name)
			assert.Greater(t, subject.Request.JSON, subject.Request.Protobuf, subject.Name)
			assert.Greater(t, subject.Response.JSON, subject.Response.Protobuf, subject.Name)
		}
	}
	assert.EqualValues(t, 22*DefaultLatencyRequests, report.Latency.Requests)
	assert.Equal(t, 30, report.Throughput.Subjects)
	assert.Positive(t, report.Throughput.Answered)
	everyFormIsWritten(t, report)
}

// On a platform whose services are real nothing may be done that was not ordered.
func TestWithoutCommandsNothingIsDone(t *testing.T) {
	p := healthy(t)
	var done atomic.Int64
	methods, err := contract.Load(t.Context())
	require.NoError(t, err)
	for subject, method := range methods {
		if method.Reads() {
			continue
		}
		_, err := p.administrator.Native().Subscribe(subject, func(m *natsgo.Msg) {
			if !bytes.Equal(m.Data, noMessage) {
				done.Add(1)
			}
		})
		require.NoError(t, err)
	}
	require.NoError(t, p.administrator.Flush(t.Context()))
	report, err := Run(t.Context(), Options{
		Client:          p.client,
		ShareRequests:   20,
		LatencyRequests: 20,
		Throughput:      100 * time.Millisecond,
	})
	require.NoError(t, err)
	require.NoError(t, report.Err(), "what is not asked does not fail")
	require.NoError(t, p.administrator.Flush(t.Context()))
	assert.Zero(t, done.Load(), "requests that may change something")
	asked := 0
	for _, s := range report.Services {
		for _, subject := range s.Subjects {
			assert.True(t, subject.Answered, subject.Name)
			if subject.Asked {
				asked++
			}
		}
	}
	assert.Equal(t, 12, asked)
	assert.Equal(t, 12, report.Throughput.Subjects)
	everyFormIsWritten(t, report)
}

// everyFormIsWritten reads the report in all its forms.
func everyFormIsWritten(t *testing.T, report Report) {
	t.Helper()
	data, err := json.Marshal(report)
	require.NoError(t, err)
	var again Report
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, report, again)
	var table, page bytes.Buffer
	require.NoError(t, report.Table(&table))
	require.NoError(t, report.HTML(&page))
	for _, s := range report.Services {
		assert.Contains(t, table.String(), s.Name)
		assert.Contains(t, page.String(), s.Name)
		for _, subject := range s.Subjects {
			assert.Contains(t, table.String(), subject.Name)
			assert.Contains(t, page.String(), subject.Name)
		}
	}
	for _, row := range report.Rows {
		assert.Contains(t, page.String(), html.EscapeString(row.ID))
	}
	assert.Contains(t, table.String(), report.Outcome())
	needsNothingElse(t, page.String())
}

// needsNothingElse refuses a page that loads or runs something.
func needsNothingElse(t *testing.T, page string) {
	t.Helper()
	assert.NotContains(t, page, "<test>", "what is not the page's own text is escaped")
	parsed, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	pictures := 0
	for node := range parsed.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		assert.NotContains(t, []string{"script", "link", "img", "iframe", "object", "base"}, node.Data)
		named := false
		for _, attribute := range node.Attr {
			assert.NotContains(t, []string{"src", "href", "onload", "onclick"}, attribute.Key, node.Data)
			named = named || attribute.Key == "aria-label" && attribute.Val != ""
		}
		if node.Data == "figure" {
			pictures++
		}
		assert.True(t, named || node.Data != "svg" || hidden(node.Parent), "a picture has a text")
	}
	assert.Equal(t, 23, pictures, "one of each service and one of all")
	for _, reference := range []string{"http:", "https:", "url(", "@import"} {
		assert.NotContains(t, page, reference)
	}
}

func hidden(node *html.Node) bool {
	for _, attribute := range node.Attr {
		if attribute.Key == "aria-hidden" && attribute.Val == "true" {
			return true
		}
	}
	return false
}

func TestWithoutAClientNothingIsChecked(t *testing.T) {
	_, err := Run(t.Context(), Options{Environment: "prod"})
	assert.ErrorContains(t, err, "Options.Client is not set")
}

func TestAnEndedVerificationSaysHowFarItCame(t *testing.T) {
	p := newPlatform(t)
	r, err := prepare(t.Context(), Options{Client: p.client, Commands: true})
	require.NoError(t, err)
	assert.Equal(t, DefaultPatience, r.Patience)
	assert.Equal(t, "the platform", r.report.Environment)
	_, err = Run(expired(t), Options{Client: p.client, Commands: true})
	assert.ErrorContains(t, err, "context canceled")
}
