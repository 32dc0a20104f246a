// The task of make verify stands in the same graph as the services and must not become one: it
// never runs by itself, and its identity may ask and no more.

package stacks_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/securitygroups"
)

func TestTheVerificationIsAServiceOfNoTasksWithAnIdentityOfItsOwn(t *testing.T) {
	g := changed(t, map[string]string{"verificationImage": "verification-1.0.0"})
	service := named(t, g, serviceType, catalog.Verification+"-service")
	task := definition(t, g, service)
	assert.Equal(t, []any{0.0, "1024", "2048"}, []any{service.Get("desiredCount"), task.Get("cpu"), task.Get("memory")})
	assert.Equal(
		t,
		[]any{named(t, g, securityGroupType, "flow-"+securitygroups.Gateway).ID},
		service.Get("networkConfiguration.securityGroups"),
	)
	text := task.Text("containerDefinitions")
	for _, part := range []string{
		`"SERVICE_NAME","value":"verification"`,
		`"SERVICE_TASKS","value":"2"`,
		`"NATS_INBOX_PREFIX","value":"_INBOX_verification"`,
		"/http-nats-gateway:verification-1.0.0",
	} {
		assert.Contains(t, text, part)
	}
	assert.Equal(t, catalog.Verification, g.Outputs["verificationService"])
	keys, known := g.Outputs["natsPublicKeys"].(map[string]string)
	require.True(t, known)
	user := userOf(t, g, keys[catalog.Verification])
	assert.Contains(t, user, "$JS.API.STREAM.MSG.GET.GAME_EVENTS")
	assert.NotContains(t, user, "$JS.API.STREAM.MSG.GET.DLQ")
	assert.NotContains(t, user, "evt.")
	assert.NotContains(t, productionGraph(t).Outputs, "verificationService", "without an image there is none")
}
