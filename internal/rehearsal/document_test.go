package rehearsal

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
)

// Whoever looks for a scenario finds it in the document, with what happens in it.
func TestEveryScenarioIsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/rehearsal.md")
	require.NoError(t, err)
	for _, s := range mainPath {
		assert.Contains(t, string(text), "`"+s.ID+"`")
	}
	for _, d := range drills.All {
		assert.Contains(t, string(text), "`"+d.ID+"`")
	}
}
