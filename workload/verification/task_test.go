// The log is all that leaves a task: that a report comes through it whole, and that a torn one is
// told.
package verification

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReportComesOutOfALogAsItWentIn(t *testing.T) {
	report := Report{Environment: "test", Tasks: 2}
	for range 2000 {
		report.Rows = append(report.Rows, Row{ID: rand.Text(), Seen: rand.Text()})
	}
	var log bytes.Buffer
	log.WriteString("{\"msg\": \"before\"}\n")
	require.NoError(t, report.print(&log))
	log.WriteString("after\n")
	require.Greater(t, strings.Count(log.String(), reportMark), 1)
	for line := range strings.Lines(log.String()) {
		require.Less(t, len(line), 16<<10)
	}
	read, err := Parse(log.String())
	require.NoError(t, err)
	assert.True(t, assert.ObjectsAreEqual(report, read))

	lines := strings.SplitAfter(log.String(), "\n")
	_, err = Parse(strings.Join(append(lines[:1:1], lines[2:]...), ""))
	assert.ErrorContains(t, err, "line 1 of the report is missing")
	_, err = Parse(strings.Join(lines[:2], ""))
	assert.ErrorContains(t, err, "it holds 1 lines of a report of")
	_, err = Parse("the task could not connect")
	assert.ErrorContains(t, err, "the task could not connect")
}

func TestATaskSaysWhatItLacks(t *testing.T) {
	err := RunTask(t.Context(), func(string) string { return "" }, &bytes.Buffer{})
	assert.ErrorContains(t, err, "connecting")
	err = RunTask(
		t.Context(),
		func(name string) string { return map[string]string{"SERVICE_TASKS": "two"}[name] },
		&bytes.Buffer{},
	)
	assert.ErrorContains(t, err, "SERVICE_TASKS")
}
