#!/bin/bash
# Begins as the first process of new namespaces and ends as the systemd of a machine: lays the tree on
# the root disk, gives it the file systems that a kernel gives, and leaves the host's behind.
# FOLDER, TREE, ROOT_DEVICE, DATA_DEVICE and SERIAL are in the environment.
set -euo pipefail
mount --make-rprivate /
root=$FOLDER/root
mkdir -p "$root"
mount -t ext4 "$ROOT_DEVICE" "$root"
tar --extract --numeric-owner --file "$TREE" --directory "$root"
cp --archive "$FOLDER/files/." "$root/"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
# The kernel's settings are the host's too.
for path in sys sysrq-trigger irq bus; do
  [ -e "$root/proc/$path" ] || continue
  mount --bind "$root/proc/$path" "$root/proc/$path"
  mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/$path"
done

# Of the host's devices there are none but the data disk.
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
cp --archive "$DATA_DEVICE" "$root/dev/"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

# What udev would say of the disk: a loop device has no serial number.
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mkdir -p "$root/run/udev/data"
numbers=$(stat --format %Hr:%Lr "$DATA_DEVICE")
echo "E:ID_SERIAL_SHORT=$SERIAL" > "$root/run/udev/data/b$numbers"

cd "$root"
mkdir -p .host
pivot_root . .host
# Neither the clock nor the kernel's modules are the machine's own. systemd is told by "container" that
# the kernel and its devices are another's (systemd.io, "The Container Interface").
exec chroot . /bin/bash -c 'umount --lazy /.host && rmdir /.host &&
  exec env --ignore-environment container=rehearsal PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
    setpriv --bounding-set=-sys_time,-sys_module /lib/systemd/systemd --log-target=journal'
