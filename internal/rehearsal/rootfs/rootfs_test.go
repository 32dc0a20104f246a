package rootfs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheMirrorIsTheOneThatAptUses(t *testing.T) {
	const targets = "bookworm-updates main http://updates.example/debian/\n" +
		"bookworm contrib http://other.example/debian/\n" +
		"bookworm main http://mirror.example/debian/\n"
	mirror, err := mirrorOf(targets, "bookworm")
	require.NoError(t, err)
	assert.Equal(t, "http://mirror.example/debian/", mirror)

	_, err = mirrorOf(targets, "trixie")
	assert.ErrorContains(t, err, "no mirror of the release trixie")
}

func TestAMachineThatEndsWithoutAnErrorSaysWhatItSaid(t *testing.T) {
	m := &Machine{ended: make(chan struct{})}
	m.said.WriteString("no room")
	close(m.ended)
	assert.EqualError(
		t,
		m.until(t.Context(), func() bool { return false }),
		"expected its first process to run, got its end:\nno room",
	)
}

func TestTheMachineGetsItsUserDataAndItsEnvironment(t *testing.T) {
	folder := t.TempDir()
	require.NoError(
		t,
		overlay(
			folder,
			Options{
				Name:        "nats-1",
				UserData:    "#!/bin/bash\n",
				Environment: map[string]string{"B": "2", "A": "1 and a half"},
			},
		),
	)
	for file, text := range map[string]string{
		"etc/hostname": "nats-1\n",
		"etc/systemd/system.conf.d/environment.conf": "[Manager]\nDefaultEnvironment=\"A=1 and a half\" \"B=2\"\n",
		userDataScript: "#!/bin/bash\n",
	} {
		content, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		assert.Equal(t, text, string(content), file)
	}
	target, err := os.Readlink(filepath.Join(folder, unitFolder, "multi-user.target.wants", UserDataUnit))
	require.NoError(t, err)
	assert.Equal(t, "../"+UserDataUnit, target)
}
