// docs/architecture.md shows the table of flows to people. It has the same connections.

package securitygroups

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// words are what the document calls the ends, longer names before those that they contain.
var words = []struct{ word, end string }{
	{"gateway load balancer", GatewayLoadBalancer},
	{"NATS load balancer", NatsLoadBalancer},
	{"gateway", Gateway},
	{"NATS", Nats},
	{"services", Service},
	{"Redis", Redis},
	{"controller", Controller},
	{"endpoints", Endpoint},
	{"internet", Internet},
	{"S3", S3},
	{"VPC", Vpc},
}

// endsIn are the ends that a cell names; what follows "while" is a condition.
func endsIn(cell string) (found []string) {
	cell, _, _ = strings.Cut(cell, ", while")
	for _, w := range words {
		if strings.Contains(cell, w.word) {
			found, cell = append(found, w.end), strings.ReplaceAll(cell, w.word, "")
		}
	}
	return found
}

func TestTheDocumentHasEveryFlow(t *testing.T) {
	text, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "## Who may connect to whom\n")
	require.True(t, found)
	section, _, _ := strings.Cut(rest, "\n## ")
	shown := map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 {
			continue
		}
		ports := strings.NewReplacer("`legacyPort`", "1", "`legacyUrl`", "2").Replace(cells[3])
		for _, port := range regexp.MustCompile(`\d+`).FindAllString(ports, -1) {
			for _, from := range endsIn(cells[1]) {
				for _, to := range endsIn(cells[2]) {
					shown[from+" → "+to+" "+port] = true
				}
			}
		}
	}
	written := map[string]bool{}
	for _, around := range []Surroundings{
		{Public: true, Endpoints: true},
		{LegacyPort: 1, ShadowPort: 2},
	} {
		for _, f := range Flows(around) {
			// The document names all services in one, whichever may reach the internet.
			from := strings.Replace(f.From, OutboundService, Service, 1)
			written[from+" → "+f.To+" "+strconv.Itoa(f.Port)] = true
		}
	}
	assert.Equal(t, slices.Sorted(maps.Keys(written)), slices.Sorted(maps.Keys(shown)))
}
