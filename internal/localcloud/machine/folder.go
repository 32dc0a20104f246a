// Which files the folder of a new machine holds before anything has run.

package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	unitFolder = "etc/systemd/system"
	// userDataScript is where cloud-init keeps the script (cloud-init documentation, "Instance data
	// storage").
	userDataScript = "var/lib/cloud/instance/scripts/part-001"
	// userDataUnit is the service that runs it.
	userDataUnit = "cloud-final.service"
)

var folders = []string{
	unitFolder,
	"home",
	"opt",
	"proc",
	"root",
	"run",
	"srv",
	"tmp",
	"usr/local/bin",
	"var/cache",
	"var/lib",
	"var/log",
	"var/tmp",
}

// userDataDefinition is cloud-init's own unit, as far as it matters here. Its time to stop is
// systemd's default, where cloud-init waits without end and EC2 cuts it off.
const userDataDefinition = `[Unit]
Description=Cloud-init: user-data
[Service]
Type=oneshot
ExecStart=/` + userDataScript + `
RemainAfterExit=yes
KillMode=process
StandardOutput=journal+console
`

func (m *Machine) makeFolder() error {
	for _, folder := range folders {
		if err := os.MkdirAll(m.path(folder), 0o755); err != nil {
			return err
		}
	}
	memory, err := m.memory()
	if err != nil {
		return err
	}
	files := []struct {
		path, text string
		mode       os.FileMode
	}{
		{path: "etc/hostname", text: m.options.Name + "\n", mode: 0o644},
		{path: "etc/fstab", text: "", mode: 0o644},
		{path: "etc/passwd", text: "root:x:0:0:root:/root:/bin/bash\n", mode: 0o644},
		{path: "etc/group", text: "root:x:0:\n", mode: 0o644},
		{path: "proc/meminfo", text: memory, mode: 0o444},
		{path: userDataScript, text: m.options.UserData, mode: 0o700},
	}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(m.path(file.path)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(m.path(file.path), []byte(file.text), file.mode); err != nil {
			return err
		}
	}
	return nil
}

var totalMemory = regexp.MustCompile(`(?m)^MemTotal:.*$`)

// memory is the text of proc/meminfo: one line.
func (m *Machine) memory() (string, error) {
	if m.options.Memory > 0 {
		return fmt.Sprintf("MemTotal:       %d kB\n", m.options.Memory/1024), nil
	}
	host, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "", fmt.Errorf("reading how much memory the host has: %w", err)
	}
	return totalMemory.FindString(string(host)) + "\n", nil
}

// fileOf finds the file for an absolute path in a unit: the machine's own if it exists, else the
// host's.
func (m *Machine) fileOf(path string) string {
	if own := m.path(path); exists(own) {
		return own
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lines returns the lines of a file of the machine, without comments and empty lines. A missing
// file has none.
func (m *Machine) lines(path string) []string {
	text, err := os.ReadFile(m.path(path))
	if err != nil {
		return nil
	}
	var found []string
	for _, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	return found
}
