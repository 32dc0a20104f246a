package machine

import (
	"context"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunTellsWhatAProgramPrintedAndHowItEnded(t *testing.T) {
	m := bootTest(t, "")
	printed, err := m.Run(t.Context(), "bash", "-c", "pwd; echo $MACHINE_ROOT")
	require.NoError(t, err)
	assert.Regexp(t, m.Dir()+"\n.*"+m.Dir()+"\n$", printed)

	_, err = m.Run(t.Context(), "bash", "-c", "echo reason; exit 3")
	assert.ErrorContains(t, err, "exit status 3: ")
	assert.ErrorContains(t, err, "reason")
	_, err = m.Run(t.Context(), "no-such-program")
	assert.ErrorContains(t, err, "there is no executable file")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = m.Run(ctx, "sleep", "1000")
	assert.ErrorContains(t, err, "signal: killed")

	m.PowerOff()
	_, err = m.Run(t.Context(), "true")
	assert.ErrorIs(t, err, errOff)
}

func TestEveryProcessStartsAsTheOptionSays(t *testing.T) {
	var started atomic.Int32
	m := bootTest(t, bash("true"), func(o *Options) {
		o.Start = func(command *exec.Cmd) error {
			started.Add(1)
			return launch(command, nil)
		}
	})
	ran(t, m)
	assert.EqualValues(t, 1, started.Load(), "user-data")
	unitFile(t, m, "server.service", "[Service]\nExecStart=/bin/sleep 1000\n", "")
	must(t, m, "systemctl", "start", "server.service")
	assert.EqualValues(t, 2, started.Load(), "a service")
}
