package rehearsal

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
)

// Whoever looks for a scenario finds it in the document, with what happens in it: in one row of a
// table, or in the text if it has parts.
func TestEveryScenarioIsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/rehearsal.md")
	require.NoError(t, err)
	rows := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && cells[0] == "" {
			for _, id := range strings.Split(cells[1], ",") {
				rows[strings.Trim(id, " `")]++
			}
		}
	}
	for _, s := range mainPath {
		assert.Equal(t, 1, rows[s.ID], "rows of %s", s.ID)
	}
	for _, d := range drills.All {
		if len(d.Parts) > 0 {
			assert.Contains(t, string(text), "`"+d.ID+"`")
			continue
		}
		assert.Equal(t, 1, rows[d.ID], "rows of %s", d.ID)
	}
}
