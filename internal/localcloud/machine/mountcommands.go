// The commands about mounts: mount, umount, mountpoint. Exit statuses and messages are those of
// util-linux 2.38.

package machine

import (
	"path/filepath"
	"strings"
)

// pointOf returns the path on the machine that a caller names: an absolute one as it is, a relative
// one from the caller's working directory.
func (b *boot) pointOf(call request, path string) (string, *commandError) {
	if filepath.IsAbs(path) {
		path = filepath.Clean(path)
		if inside, yes := strings.CutPrefix(path, b.m.options.Dir+"/"); yes {
			return "/" + inside, nil
		}
		return path, nil
	}
	inside, err := filepath.Rel(b.m.options.Dir, filepath.Join(call.Directory, path))
	if err != nil || strings.HasPrefix(inside, "..") {
		return "", refuse(
			1,
			"stand-in for %s: %s is outside of the machine's folder %s",
			call.Argv[0],
			path,
			b.m.options.Dir,
		)
	}
	return filepath.Clean("/" + inside), nil
}

// mount mounts a mount point by etc/fstab, or a source on a mount point.
func mount(b *boot, call request) reply {
	given, err := read(
		call.Argv,
		option{long: "types", short: "t", takesValue: true},
		option{long: "options", short: "o", takesValue: true},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 && len(given.rest) != 2 {
		return failure(1, "stand-in for mount: write mount DIRECTORY or mount SOURCE DIRECTORY")
	}
	point, refusal := b.pointOf(call, given.rest[len(given.rest)-1])
	if refusal != nil {
		return refusal.reply()
	}
	entry := tableEntry{source: given.rest[0], mountPoint: point, kind: "auto"}
	if given.has("types") {
		entry.kind = given.value("types")
	}
	if len(given.rest) == 1 {
		listed, found := b.m.entryFor(point)
		if !found {
			return failure(1, "mount: %s: can't find in /etc/fstab.", point)
		}
		entry = listed
	}
	if refusal := b.m.mount(entry); refusal != nil {
		return refusal.reply()
	}
	return reply{}
}

func umount(b *boot, call request) reply {
	given, err := read(call.Argv)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for umount: write umount DIRECTORY")
	}
	point, refusal := b.pointOf(call, given.rest[0])
	if refusal != nil {
		return refusal.reply()
	}
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	d := b.m.mountedAt(point)
	if d == nil {
		return failure(32, "umount: %s: not mounted.", point)
	}
	if d.root || len(b.users(d)) > 0 {
		return failure(32, "umount: %s: target is busy.", point)
	}
	if err := b.m.unmount(d); err != nil {
		return failure(32, "umount: %v", err)
	}
	return reply{}
}

// mountpoint reports whether a path is a mount point (mountpoint(1): exit status 32 if not, 1 if
// the path does not exist).
func mountpoint(b *boot, call request) reply {
	given, err := read(call.Argv, option{long: "quiet", short: "q", takesValue: false})
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for mountpoint: write mountpoint [-q] DIRECTORY")
	}
	point, refusal := b.pointOf(call, given.rest[0])
	if refusal != nil {
		return refusal.reply()
	}
	b.m.mu.Lock()
	mounted := b.m.mountedAt(point) != nil
	b.m.mu.Unlock()
	result := output("%s is a mountpoint\n", point)
	switch {
	case !exists(b.m.path(point)):
		result = failure(1, "mountpoint: %s: No such file or directory", point)
	case !mounted:
		result = reply{Out: []byte(point + " is not a mountpoint\n"), Status: 32}
	}
	if given.has("quiet") {
		result.Out, result.Err = nil, nil
	}
	return result
}

// growFileSystem has nothing to grow, because the folder of a disk has no size. Like xfs_growfs(8)
// it requires a mounted file system.
func growFileSystem(b *boot, call request) reply {
	given, err := read(call.Argv)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for xfs_growfs: write xfs_growfs MOUNTPOINT")
	}
	point, refusal := b.pointOf(call, given.rest[0])
	if refusal != nil {
		return refusal.reply()
	}
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	if b.m.mountedAt(point) == nil {
		return failure(1, "xfs_growfs: %s is not a mounted XFS filesystem", point)
	}
	return output("data size unchanged, skipping\n")
}
