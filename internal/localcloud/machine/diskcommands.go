// The commands about disks: lsblk, blkid, mkfs.xfs. Exit statuses and messages are those of
// util-linux 2.38 and of xfsprogs' manual.

package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// columns are what lsblk --output can show of a disk.
var columns = map[string]func(*disk) string{
	"NAME":       func(d *disk) string { return d.device },
	"SERIAL":     func(d *disk) string { return d.serial },
	"MOUNTPOINT": func(d *disk) string { return d.mountPoint },
	"FSTYPE":     func(d *disk) string { fs, _ := d.filesystem(); return fs.kind },
	"LABEL":      func(d *disk) string { fs, _ := d.filesystem(); return fs.label },
}

// lsblk lists the disks (lsblk(8)). There are no partitions, so --nodeps changes nothing.
func lsblk(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "nodeps", short: "d", takesValue: false},
		option{long: "noheadings", short: "n", takesValue: false},
		option{long: "paths", short: "p", takesValue: false},
		option{long: "output", short: "o", takesValue: true},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if !given.has("output") || !given.has("noheadings") || !given.has("paths") {
		return failure(1, "stand-in for lsblk: write lsblk --noheadings --paths --output COLUMNS [DEVICE...]")
	}
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	var rows [][]string
	names := strings.Split(strings.ToUpper(given.value("output")), ",")
	for _, d := range b.m.disks {
		if len(given.rest) > 0 && given.rest[0] != d.device {
			continue
		}
		var row []string
		for _, name := range names {
			cell, known := columns[name]
			if !known {
				return failure(1, "stand-in for lsblk does not know the column %s", name)
			}
			row = append(row, cell(d))
		}
		rows = append(rows, row)
	}
	if len(given.rest) > 0 && len(rows) == 0 {
		return failure(32, "lsblk: %s: not a block device", given.rest[0])
	}
	return output("%s", aligned(rows))
}

// aligned pads all columns but the last, as lsblk does.
func aligned(rows [][]string) string {
	var text strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			width := 0
			for _, other := range rows {
				width = max(width, len(other[i]))
			}
			if i == len(row)-1 {
				width = 0
			} else if i > 0 {
				text.WriteByte(' ')
			}
			fmt.Fprintf(&text, "%-*s", width, cell)
			if i == 0 && len(row) == 2 {
				text.WriteByte(' ')
			}
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// blkid prints the type or label of a disk's file system (blkid(8): exit status 2 if nothing was
// found).
func blkid(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "output", short: "o", takesValue: true},
		option{long: "match-tag", short: "s", takesValue: true},
		option{long: "probe", short: "p", takesValue: false},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if given.value("output") != "value" || len(given.options["match-tag"]) != 1 || len(given.rest) != 1 {
		return failure(1, "stand-in for blkid: write blkid --output value --match-tag TYPE|LABEL DEVICE")
	}
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	found := b.m.diskByDevice(given.rest[0])
	if found == nil {
		return reply{Status: 2}
	}
	fs, formatted := found.filesystem()
	value, known := map[string]string{"TYPE": fs.kind, "LABEL": fs.label}[given.value("match-tag")]
	switch {
	case !known:
		return failure(1, "stand-in for blkid does not know the tag %s", given.value("match-tag"))
	case !formatted || value == "":
		return reply{Status: 2}
	}
	return output("%s\n", value)
}

// makeXFS makes a file system (mkfs.xfs(8): a label has at most 12 characters; a disk that holds
// one already is refused without -f).
func makeXFS(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "label", short: "L", takesValue: true},
		option{long: "force", short: "f", takesValue: false},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for mkfs.xfs: write mkfs.xfs [-f] -L LABEL DEVICE")
	}
	device, label := given.rest[0], given.value("label")
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	found := b.m.diskByDevice(device)
	if found == nil {
		return failure(1, "%s: No such file or directory", device)
	}
	fs, formatted := found.filesystem()
	switch {
	case len(label) > 12:
		return failure(1, "mkfs.xfs: the label %q is longer than 12 characters", label)
	case found.mountPoint != "":
		return failure(1, "mkfs.xfs: %s contains a mounted filesystem", device)
	case formatted && !given.has("force"):
		return failure(
			1,
			"mkfs.xfs: %s appears to contain an existing filesystem (%s).\n"+
				"mkfs.xfs: Use the -f option to force overwrite.",
			device,
			fs.kind,
		)
	}
	if err := found.format(filesystem{"xfs", label}); err != nil {
		return failure(1, "mkfs.xfs: %s: %v", device, err)
	}
	return reply{}
}

// format creates a new, empty file system on the disk.
func (d *disk) format(fs filesystem) error {
	if err := os.RemoveAll(d.content()); err != nil {
		return err
	}
	if err := os.Mkdir(d.content(), 0o755); err != nil {
		return err
	}
	return os.WriteFile(
		filepath.Join(d.dir, markerFile),
		fmt.Appendf(nil, "TYPE=%s\nLABEL=%s\n", fs.kind, fs.label),
		0o644,
	)
}
