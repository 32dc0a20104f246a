// What a reader of the page finds, and what becomes of the file.

package report

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bodybroker/platform/workload/verification"
)

// read is the page of a platform as a browser would take it.
func read(t *testing.T, p Platform) *html.Node {
	t.Helper()
	file, err := os.Open(written(t, p))
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	root, err := html.Parse(file)
	require.NoError(t, err)
	return root
}

func all(root *html.Node, match func(*html.Node) bool) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func elements(root *html.Node, name string) []*html.Node {
	return all(root, func(n *html.Node) bool { return n.Data == name })
}

func byID(t *testing.T, root *html.Node, id string) *html.Node {
	t.Helper()
	found := all(root, func(n *html.Node) bool { return attribute(n, "id") == id })
	require.Len(t, found, 1, "elements with the id %s", id)
	return found[0]
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// words are all texts below a node, each apart from the next.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if text := strings.TrimSpace(d.Data); d.Type == html.TextNode && text != "" {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func TestEverythingAppears(t *testing.T) {
	p := sample(t, 3)
	root := read(t, p)
	drawn := words(byID(t, root, "platform"))
	for _, z := range p.Zones {
		assert.Contains(t, drawn, z.Name+"\n")
		assert.Contains(t, drawn, z.LoadBalancerAddress+"\n")
		for _, n := range z.Nodes {
			assert.Contains(t, drawn, n.Name+"\n"+n.Address+"\n")
		}
		for _, n := range z.RedisNodes {
			assert.Contains(t, drawn, fmt.Sprintf("shard %d %s\n%s\n", n.Shard, n.Role, n.Name))
		}
		for _, task := range z.Tasks {
			assert.Contains(t, drawn, task.Name+" at "+task.Address)
		}
	}
	assert.Contains(t, drawn, "leader\nnats-2\n", "the badge is before the name that it belongs to")
	services := words(byID(t, root, "services"))
	for _, s := range p.Services {
		assert.Contains(t, drawn, s.Name)
		for _, text := range append(append([]string{
			s.Name,
			s.Queue,
			took(s.P50),
			took(s.P99),
			"2 of 2",
		}, s.Subjects...), s.Events...) {
			assert.Contains(t, services, text+"\n")
		}
	}
	for _, s := range p.Streams {
		assert.Contains(
			t,
			words(byID(t, root, "streams")),
			fmt.Sprintf("%s\n%d\n%s\n%s\n", s.Name, s.Replicas, s.Leader, grouped(s.Messages)),
		)
	}
	for part, n := range p.Resources {
		assert.Contains(t, words(byID(t, root, "resources")), fmt.Sprintf("%s\n%d\n", part, n))
	}
	latency := words(byID(t, root, "latency"))
	assert.Contains(t, latency, "p50 0.900 · p99 4.200 ms")
	for _, b := range p.Latency.Buckets {
		assert.Contains(t, latency, fmt.Sprintf("ms: %d of %d requests\n", b.Requests, p.Latency.Requests))
	}
}

func TestEveryFlowIsDrawnAndListed(t *testing.T) {
	p := sample(t, 3)
	root := read(t, p)
	drawn, listed := words(byID(t, root, "platform")), words(byID(t, root, "connections"))
	for _, f := range p.Flows {
		assert.Contains(t, listed, fmt.Sprintf("%s\n%s\n%d\n%s\n", endTitle(f.From), endTitle(f.To), f.Port, f.Why))
		assert.Contains(t, drawn, fmt.Sprint(f.Port))
		assert.Contains(t, drawn, f.Why)
	}
	const meaning = "a connection that the security groups allow, with its port"
	assert.Contains(t, drawn, meaning)
	p.Flows = nil
	assert.NotContains(t, words(read(t, p)), meaning, "no arrow is drawn")
}

func TestVerdicts(t *testing.T) {
	p := sample(t, 3)
	root := read(t, p)
	assert.Contains(t, words(elements(root, "header")[0]), "7 of 7 held")
	assert.Equal(t, "held", attribute(elements(root, "header")[0], "class"))
	for _, r := range p.Results {
		row := words(byID(t, root, "result-"+r.ID))
		assert.Contains(t, row, fmt.Sprintf("held\n%s\n%s\n", r.ID, r.What))
		assert.Contains(t, row, strings.Split(r.Seen, "\n")[0])
		assert.Contains(t, row, fmt.Sprintf("%.1f\n", r.Seconds))
	}

	p.Results[4].Status = NotRun
	root = read(t, p)
	assert.Equal(t, "not-run", attribute(elements(root, "header")[0], "class"))
	assert.Equal(t, "not-run", attribute(byID(t, root, "result-up.noop"), "class"))
	assert.Contains(t, words(byID(t, root, "result-up.noop")), "not run\n")

	p.Results[3].Status = Failed
	root = read(t, p)
	assert.Equal(t, "failed", attribute(elements(root, "header")[0], "class"))
	assert.Equal(t, "failed", attribute(byID(t, root, "result-svc.all"), "class"))
	assert.Contains(t, words(byID(t, root, "result-svc.all")), "✕\nfailed\n")
	assert.Contains(t, words(elements(root, "header")[0]),
		"5 of 7 held\n✕ 1 failed:\nsvc.all\n– 1 not run:\nup.noop\n")
}

func TestUnwellNodesAndMissingTasksShow(t *testing.T) {
	p := sample(t, 3)
	p.Zones[0].Nodes[0].Healthy = false
	p.Zones[0].Tasks = p.Zones[0].Tasks[1:] // of ai-integration
	root := read(t, p)
	assert.Contains(t, words(byID(t, root, "platform")), "nats-1\n127.20.0.10\n✕ not healthy\n")
	assert.Contains(t, words(byID(t, root, "services")), "1 of 2\n")
	assert.Contains(t, words(elements(root, "header")[0]), "4 of 5\nNATS nodes healthy\n")
	assert.Contains(t, words(elements(root, "header")[0]), "43 of 44\nservice tasks running\n")
}

func TestWhatIsNotThereIsSaid(t *testing.T) {
	p := sample(t, 3)
	for i := range p.Zones {
		p.Zones[i].RedisNodes = nil
	}
	for i := range p.Services {
		p.Services[i].P50, p.Services[i].P99 = 0, 0
	}
	p.Latency = verification.Latency{}
	text := words(read(t, p))
	for _, said := range []string{
		"No Redis node was seen.",
		"No latency of a service was measured.",
		"No request was timed.",
	} {
		assert.Contains(t, text, said)
	}
	assert.NotContains(t, text, "99 % within", "a column without a value")

	root := read(t, Platform{Environment: "dev"})
	for _, said := range []string{
		"Nothing was tried", "No availability zone was looked at", "No scenario was played.", "No service was seen.",
		"No request was timed.", "No connection is known.", "No stream was seen.", "No resource was counted.",
	} {
		assert.Contains(t, words(root), said)
	}
	assert.Empty(t, elements(root, "table"))
	assert.Empty(t, all(root, func(n *html.Node) bool { return attribute(n, "role") == "img" }))
}

func TestContentsAreEscaped(t *testing.T) {
	const hostile = `</title></svg><script>alert("1")</script><img src=x onerror=alert(1)>`
	p := sample(t, 3)
	p.Environment, p.Gateway.LoadBalancer, p.Zones[0].Name = hostile, hostile, hostile
	p.Zones[0].Nodes[0].Name, p.Zones[0].RedisNodes[0].Role, p.Zones[1].Tasks[0].Name = hostile, hostile, hostile
	p.Services[3].Name = "<script>"
	p.Services[4].Subjects, p.Flows[0].Why, p.Flows[1].From = []string{hostile}, hostile, hostile
	p.Streams[0].Name, p.Results[0].ID, p.Results[1].Seen, p.Resources[hostile] = hostile, hostile, hostile, 1
	root := read(t, p)
	assert.Empty(t, elements(root, "script"))
	assert.Empty(t, elements(root, "img"))
	assert.Contains(t, words(byID(t, root, "services")), "<script>\n")
	assert.Contains(t, words(byID(t, root, "services")), hostile)
	assert.Contains(t, words(byID(t, root, "results")), hostile)
}

func TestThePageIsAccessibleAndNeedsNothingElse(t *testing.T) {
	root := read(t, sample(t, 3))
	pictures := all(root, func(n *html.Node) bool { return n.Data == "svg" && attribute(n, "role") == "img" })
	assert.Len(t, pictures, 2)
	for _, picture := range pictures {
		for id := range strings.FieldsSeq(attribute(picture, "aria-labelledby")) {
			assert.NotEmpty(t, words(byID(t, root, id)))
		}
	}
	for _, drawing := range elements(root, "svg") {
		assert.True(t, attribute(drawing, "role") == "img" || attribute(drawing, "aria-hidden") == "true")
	}
	for _, heading := range elements(root, "th") {
		assert.Contains(t, []string{"row", "col"}, attribute(heading, "scope"))
	}
	for _, name := range []string{"script", "link", "img", "iframe"} {
		assert.Empty(t, elements(root, name))
	}
	for _, link := range elements(root, "a") {
		assert.True(t, strings.HasPrefix(attribute(link, "href"), "#"))
	}
	assert.NotRegexp(t, `@import|url\([^#]`, style)
}

func TestAFailedWriteLeavesTheOldPage(t *testing.T) {
	folder := t.TempDir()
	expectComplete := func(file string) {
		t.Helper()
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "old", string(content))
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		assert.Len(t, left, 1, "nothing unfinished lies about")
	}
	file := filepath.Join(folder, "report.html")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o644))
	broken := template.Must(template.New("broken").Parse(`begun {{.Nothing}}`))
	require.ErrorContains(t, write(broken, file, sample(t, 3)), file)
	expectComplete(file)

	// Root may write in any folder, so no mode would refuse the new file. Its unfinished name does,
	// which is longer than a file system takes.
	long := filepath.Join(folder, strings.Repeat("r", 250)+".html")
	require.NoError(t, os.Rename(file, long))
	require.ErrorContains(t, Write(long, sample(t, 3)), "writing the report to "+long)
	expectComplete(long)
}
