package rehearsal

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever looks for a scenario finds it in the document, with what happens in it.
func TestEveryScenarioIsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/rehearsal.md")
	require.NoError(t, err)
	for _, s := range mainPath {
		assert.Contains(t, string(text), "`"+s.id+"`")
	}
	for _, d := range registered {
		assert.Contains(t, string(text), "`"+d.id+"`")
	}
}
