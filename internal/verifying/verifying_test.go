package verifying

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/workload/verification"
)

// answers is a command line that answers by the words that a command begins with, and remembers what it was asked.
func answers(asked *[]string, table map[string]string) command {
	return func(_ context.Context, name string, arguments ...string) ([]byte, error) {
		line := name + " " + strings.Join(arguments, " ")
		*asked = append(*asked, line)
		for begin, answer := range table {
			if strings.HasPrefix(line, begin) {
				return []byte(answer), nil
			}
		}
		return nil, errors.New("nobody answers " + line)
	}
}

func TestTheTaskGetsDefinitionAndNetworkOfItsServiceAndItsLogIsRead(t *testing.T) {
	log, err := os.ReadFile(filepath.Join("testdata", "log.json"))
	require.NoError(t, err)
	var asked []string
	report, err := inside(t.Context(), answers(&asked, map[string]string{
		"pulumi stack output --stack prod":                      `{"clusterName": "game", "verificationService": "verification", "verificationLogGroup": "/prod/verification"}`,
		"aws ecs describe-services --cluster game":              `[{"taskDefinition": "prod-verification:3", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}}]`,
		"aws ecs run-task":                                      `"arn:aws:ecs:us-east-1:123456789012:task/game/0123"`,
		"aws ecs wait tasks-stopped --cluster game":             "",
		"aws logs filter-log-events --log-group-name /prod/ver": string(log),
	}), "prod", io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "a sample", report.Environment)
	all := strings.Join(asked, "\n")
	assert.Contains(t, all, `--task-definition prod-verification:3 --launch-type FARGATE --network-configuration {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}`)
	assert.Contains(t, all, "--log-stream-names verification/verification/0123")
}

func TestAStackWithoutTheTaskSaysHowToGetIt(t *testing.T) {
	var asked []string
	_, err := inside(t.Context(), answers(&asked, map[string]string{"pulumi": `{"clusterName": "game"}`}), "prod", io.Discard)
	assert.ErrorContains(t, err, "pulumi config set --stack prod verificationImage")
	assert.Len(t, asked, 1)
}

func TestTheReportIsWrittenForProgramsAndAsAPage(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, Write(root, verification.Report{Environment: "a sample"}))
	var read verification.Report
	text, err := os.ReadFile(filepath.Join(root, "out", file))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, "a sample", read.Environment)
	page, err := os.ReadFile(filepath.Join(root, "out", Page))
	require.NoError(t, err)
	assert.True(t, bytes.Contains(page, []byte("a sample")))
}
