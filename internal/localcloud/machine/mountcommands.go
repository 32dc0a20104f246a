// The commands about mounts: mount, umount, mountpoint. Exit statuses and messages are those of
// util-linux 2.38.

package machine

import (
	"path/filepath"
	"strings"
)

// pointOf is the path of the machine that a caller means: an absolute one as it is, another from
// where the caller stands.
func (b *boot) pointOf(asked request, path string) (string, *commandError) {
	if filepath.IsAbs(path) {
		path = filepath.Clean(path)
		if inside, yes := strings.CutPrefix(path, b.m.options.Dir+"/"); yes {
			return "/" + inside, nil
		}
		return path, nil
	}
	inside, err := filepath.Rel(b.m.options.Dir, filepath.Join(asked.Directory, path))
	if err != nil || strings.HasPrefix(inside, "..") {
		return "", refuse(
			1,
			"stand-in for %s: %s lies outside of the machine's folder %s",
			asked.Argv[0],
			path,
			b.m.options.Dir,
		)
	}
	return filepath.Clean("/" + inside), nil
}

// mount mounts a mount point by etc/fstab, or a source on a mount point.
func mount(b *boot, asked request) reply {
	given, err := read(
		asked.Argv,
		option{long: "types", short: "t", takesValue: true},
		option{long: "options", short: "o", takesValue: true},
	)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 && len(given.rest) != 2 {
		return failure(1, "stand-in for mount: write mount DIRECTORY or mount SOURCE DIRECTORY")
	}
	point, refusal := b.pointOf(asked, given.rest[len(given.rest)-1])
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

func umount(b *boot, asked request) reply {
	given, err := read(asked.Argv)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for umount: write umount DIRECTORY")
	}
	point, refusal := b.pointOf(asked, given.rest[0])
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

// mountpoint says whether a path is one (mountpoint(1): exit status 32 if not, 1 if the path does
// not exist).
func mountpoint(b *boot, asked request) reply {
	given, err := read(asked.Argv, option{long: "quiet", short: "q", takesValue: false})
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for mountpoint: write mountpoint [-q] DIRECTORY")
	}
	point, refusal := b.pointOf(asked, given.rest[0])
	if refusal != nil {
		return refusal.reply()
	}
	b.m.mu.Lock()
	mounted := b.m.mountedAt(point) != nil
	b.m.mu.Unlock()
	answer := output("%s is a mountpoint\n", point)
	switch {
	case !exists(b.m.path(point)):
		answer = failure(1, "mountpoint: %s: No such file or directory", point)
	case !mounted:
		answer = reply{Out: []byte(point + " is not a mountpoint\n"), Status: 32}
	}
	if given.has("quiet") {
		answer.Out, answer.Err = nil, nil
	}
	return answer
}

// growFileSystem has nothing to grow: a disk's folder has no size. It wants what xfs_growfs(8)
// wants, a mounted file system.
func growFileSystem(b *boot, asked request) reply {
	given, err := read(asked.Argv)
	if err != nil {
		return failure(1, "%v", err)
	}
	if len(given.rest) != 1 {
		return failure(1, "stand-in for xfs_growfs: write xfs_growfs MOUNTPOINT")
	}
	point, refusal := b.pointOf(asked, given.rest[0])
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
