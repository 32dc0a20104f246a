// What is laid over the tree before the machine starts: what an image and cloud-init bring.

package rootfs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// UserDataUnit is cloud-init's last unit, which runs user-data; UserDataScript is where it keeps it
// (cloud-init documentation, "Instance data storage").
const (
	UserDataUnit   = "cloud-final.service"
	userDataScript = "var/lib/cloud/instance/scripts/part-001"
	unitFolder     = "etc/systemd/system"
)

// userDataDefinition is cloud-init's own unit, as far as it matters here.
const userDataDefinition = `[Unit]
Description=Cloud-init: user-data
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/` + userDataScript + `
RemainAfterExit=yes
TimeoutSec=0
KillMode=process
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`

// awsCommand gives the AWS CLI what a newer one takes from the environment.
const awsCommand = `#!/bin/sh
exec /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
`

// masked are units of Debian that would reach for what is the host's, or do what no machine of an
// hour needs.
var masked = []string{
	"apt-daily.timer",
	"apt-daily-upgrade.timer",
	"dpkg-db-backup.timer",
	"e2scrub_all.timer",
	"e2scrub_reap.service",
	"fstrim.timer",
	"getty.target",
	"systemd-logind.service",
	"systemd-modules-load.service",
	"systemd-networkd.service",
	"dev-hugepages.mount",
	"sys-fs-fuse-connections.mount",
	"sys-kernel-config.mount",
	"sys-kernel-debug.mount",
	"sys-kernel-tracing.mount",
}

func overlay(folder string, o Options) error {
	for _, file := range []struct {
		path, text string
		mode       os.FileMode
	}{
		{path: "etc/hostname", text: o.Name + "\n", mode: 0o644},
		{path: "etc/fstab", text: "", mode: 0o644},
		{
			path: "etc/systemd/system.conf.d/environment.conf",
			text: "[Manager]\nDefaultEnvironment=" + assignments(o.Environment) + "\n",
			mode: 0o644,
		},
		{path: unitFolder + "/" + UserDataUnit, text: userDataDefinition, mode: 0o644},
		{path: userDataScript, text: o.UserData, mode: 0o700},
		{path: "usr/local/bin/aws", text: awsCommand, mode: 0o755},
	} {
		path := filepath.Join(folder, file.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.text), file.mode); err != nil {
			return err
		}
	}
	wanted := filepath.Join(folder, unitFolder, "multi-user.target.wants")
	if err := os.Mkdir(wanted, 0o755); err != nil {
		return err
	}
	if err := os.Symlink("../"+UserDataUnit, filepath.Join(wanted, UserDataUnit)); err != nil {
		return err
	}
	for _, unit := range masked {
		if err := os.Symlink("/dev/null", filepath.Join(folder, unitFolder, unit)); err != nil {
			return err
		}
	}
	return nil
}

// assignments are variables as systemd reads them: each in quotes.
func assignments(environment map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		all = append(all, fmt.Sprintf("%q", name+"="+environment[name]))
	}
	return strings.Join(all, " ")
}
