package localcloud

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var updateReadme = flag.Bool("update", false, "write the tables of README.md from the rows")

const (
	readme      = "README.md"
	beginTables = "<!-- The tables are written by: go test ./internal/localcloud -run TestReadme -update -->\n"
	endTables   = "<!-- end of the tables -->\n"
)

// readmeTables are all types with their differences from AWS, and all functions.
func readmeTables() string {
	var text strings.Builder
	text.WriteString("\n| type | facts read in | differences from AWS |\n|---|---|---|\n")
	for _, token := range slices.Sorted(maps.Keys(cloud.Table)) {
		r := cloud.Table[token]
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", token, cell(r.Source), cell(r.NotReal))
	}
	text.WriteString("\nFunctions:")
	for i, token := range slices.Sorted(maps.Keys(cloud.Invokes)) {
		fmt.Fprintf(&text, "%s `%s`", map[bool]string{true: "", false: ","}[i == 0], token)
	}
	text.WriteString(".\n\n")
	return text.String()
}

// cell is a text in the form of a Markdown cell; an empty one is a dash.
func cell(text string) string {
	if text == "" {
		return "–"
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}

func TestReadmeTablesAreTheRows(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, begun := strings.Cut(string(content), beginTables)
	got, after, ended := strings.Cut(rest, endTables)
	require.True(t, begun && ended, "%s lacks the lines %q and %q", readme, beginTables, endTables)
	if *updateReadme {
		got = readmeTables()
		require.NoError(t, os.WriteFile(readme, []byte(before+beginTables+got+endTables+after), 0o644))
	}
	assert.Equal(t, readmeTables(), got, "run go test ./internal/localcloud -run TestReadme -update")
}

func TestEveryRowSaysWhereItsFactsWereRead(t *testing.T) {
	for token, r := range cloud.Table {
		assert.NotEmpty(t, r.Source, token)
	}
}
