package cost

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/resourcegraph"
)

func byPart(t *testing.T, stack string) map[string]float64 {
	t.Helper()
	g, err := resourcegraph.Shipped("../..", stack)
	require.NoError(t, err)
	lines, err := Of(g)
	require.NoError(t, err)
	parts := map[string]float64{}
	for _, line := range lines {
		parts[line.Part] = line.Dollars
	}
	return parts
}

// Each figure is worked out here by hand from the price list, not from the code's.
func TestProductionCostsWhatThePriceListSays(t *testing.T) {
	parts := byPart(t, "prod")
	for part, want := range map[string]float64{
		"Redis":          6 * 0.219 * 730,                                                     // 959.22
		"NATS":           5*0.096*730 + 5*500*0.08 + 5*16*0.08,                                // 556.80
		"ECS":            730 * (44*(0.25*0.04048+0.5*0.004445) + 2*(0.5*0.04048+1*0.004445)), // 432.48
		"Load balancers": 2 * 0.0225 * 730,                                                    // 32.85
		"Network":        3*(0.045+0.005)*730 + 10*3*0.01*730 + 0.5,                           // 329.00
		"Private CA":     50,
	} {
		assert.InDelta(t, want, parts[part], 0.01, part)
	}
	assert.InDelta(
		t,
		5*1+26*0.40,
		parts["Keys and secrets"],
		0.01,
		"5 keys; 23 identities, the controller's two and Redis's token",
	)
}

func TestAResourceWithoutAPriceIsRefused(t *testing.T) {
	_, err := Of(resourcegraph.Graph{Resources: []resourcegraph.Resource{
		{Type: "aws:msk/cluster:Cluster", Name: "kafka", Custom: true},
		{
			Type:   "aws:ec2/instance:Instance",
			Name:   "big",
			Inputs: resource.NewPropertyMapFromMap(map[string]any{"instanceType": "m6i.huge"}),
		},
	}})
	require.ErrorContains(t, err, "aws:msk/cluster:Cluster kafka has no price")
	assert.ErrorContains(t, err, `"m6i.huge"`)
}

func TestTheDisksBeyondWhatIsFreeArePaid(t *testing.T) {
	i, err := volume(
		resourcegraph.Graph{},
		resourcegraph.Resource{Inputs: resource.NewPropertyMapFromMap(map[string]any{
			"size": 500, "iops": 16000, "throughput": 1000,
		})},
	)
	require.NoError(t, err)
	assert.InDelta(
		t,
		500*0.08+13000*0.005+875*0.04,
		i.dollars(),
		0.01,
		"incident 10: about $100 a month per node for nothing",
	)
}

func TestEveryLineTellsWhenItsPricesWereRead(t *testing.T) {
	line := &Line{}
	line.add(item{charges: []charge{{price: price{
		dollars: 1,
		hours:   monthly,
		read:    "2026-03-01",
		source:  "ebs/pricing",
	}, quantity: 1}, {price: price{
		dollars: 2,
		hours:   hourly,
		read:    "2026-02-01",
		source:  "vpc/pricing",
	}, quantity: 1}}})
	assert.Equal(t, "2026-02-01", line.Read, "the oldest: the sum is no newer")
	assert.InDelta(t, 1+2*730, line.Dollars, 0.001)

	g, err := resourcegraph.Shipped("../..", "prod")
	require.NoError(t, err)
	lines, err := Of(g)
	require.NoError(t, err)
	for _, line := range lines {
		assert.NotEmpty(t, line.Read, line.Part)
	}
}
