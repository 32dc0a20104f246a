package main

import (
	"context"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// hinted closes said once the hint is written: then the environment is complete.
type hinted struct{ said chan struct{} }

func (h hinted) Write(p []byte) (int, error) { close(h.said); return len(p), nil }

func TestTheEnvironmentLeadsToProvidersUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var exports strings.Builder
	hints, ended := hinted{make(chan struct{})}, make(chan error)
	go func() { ended <- run(ctx, []string{"-region", "eu-west-1"}, &exports, hints) }()
	select {
	case <-hints.said:
	case err := <-ended:
		require.NoError(t, err, "it ended by itself")
	}

	ports := regexp.MustCompile(`aws:(\d+)`).FindStringSubmatch(exports.String())
	require.Len(t, ports, 2, exports.String())
	connection, err := grpc.NewClient("127.0.0.1:"+ports[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	client := pulumirpc.NewResourceProviderClient(connection)
	info, err := client.GetPluginInfo(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.Equal(t, "6.83.0", info.GetVersion())

	shell := exec.CommandContext(t.Context(), "sh", "-c", exports.String()+`echo "$PULUMI_DEBUG_PROVIDERS"`)
	said, err := shell.Output()
	require.NoError(t, err)
	assert.Contains(t, string(said), "aws:"+ports[1], "the lines are commands of a shell")

	interrupt()
	require.NoError(t, <-ended)
	_, err = client.GetPluginInfo(t.Context(), &emptypb.Empty{})
	assert.Error(t, err, "it still serves")
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	for argument, refusal := range map[string]string{
		"-region=mars-north-1": `region "mars-north-1" is not one it knows; known are us-east-1`,
		"eu-west-1":            `"eu-west-1" is not expected`,
	} {
		var exports strings.Builder
		err := run(t.Context(), []string{argument}, &exports, io.Discard)
		assert.ErrorContains(t, err, refusal)
		assert.Empty(t, exports.String())
	}
}

func TestAnyValueIsOneWordOfAShell(t *testing.T) {
	for _, value := range []string{"", "a b", "it's", `$HOME "x" \`} {
		said, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quote(value)).Output()
		require.NoError(t, err)
		assert.Equal(t, value, string(said))
	}
}
