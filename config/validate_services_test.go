package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
)

func TestTheGatewayCallsWhatIsAnswered(t *testing.T) {
	for call, problem := range map[string]string{
		"svc.>": "", "svc.auth.v1.create_session": "", "svc.auth.*": "no service answers it",
		"svc.ahtu.v1.create_session": "the nearest is svc.auth.v1.create_session",
		"evt.auth.>":                 "does not begin with svc.", "svc..x": "is not a subject",
	} {
		v := &validator{
			Config: Config{secrets: &secrets{}, gatewayRow: catalog.Gateway{Name: "gateway", Calls: []string{call}}},
		}
		v.Services.Table = []catalog.Service{
			{Name: "auth", Queue: "q.auth", RPC: []string{"svc.auth.v1.create_session"}},
		}
		v.validateCalls()
		if problem == "" {
			assert.Empty(t, v.faults, call)
			continue
		}
		require.Len(t, v.faults, 1, call)
		assert.Equal(t, servicesFile+": gateway", v.faults[0].Key)
		assert.Contains(t, v.faults[0].Problem, problem)
	}
}
