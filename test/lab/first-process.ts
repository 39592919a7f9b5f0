/** The first process of a host: a shell that makes the host's world, boots it, and then only takes in what others leave. */

/**
 * Arguments: name, its directory, the directory of the power controller, its two addresses, and NAME MAJOR MINOR for each
 * LUN. Descriptor 3 hears `up` when the namespaces are there, and `ready` when the network is; then `/etc/lab/early` runs to its end, and `/etc/lab/boot`.
 */
export const FIRST_PROCESS = `#!/bin/bash
set -eu
name=$1 home=$2 power=$3 first=$4 second=$5; shift 5
echo up >&3
mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work,xino=off" "$home/root"
cd "$home/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755,size=64m tmpfs run
mkdir -p run/lock
mount -t tmpfs -o mode=755,size=8m tmpfs dev
mkdir -p dev/pts dev/shm dev/mapper dev/disk/by-id
mknod -m666 dev/null c 1 3; mknod -m666 dev/zero c 1 5; mknod -m666 dev/full c 1 7
mknod -m444 dev/random c 1 8; mknod -m444 dev/urandom c 1 9; mknod -m666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd; ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777,size=256m tmpfs dev/shm
while [ $# -gt 0 ]; do mknod -m660 "dev/disk/by-id/$1" b "$2" "$3"; shift 3; done
mkdir -p bmc .old mnt; mount --bind "$power" bmc
hostname "$name"; echo "$name" >etc/hostname
pivot_root . .old
exec chroot . /bin/bash -c '
  first=$1 second=$2
  umount -l /.old; rmdir /.old
  for _ in $(seq 500); do [ -e /sys/class/net/eth0 ] && [ -e /sys/class/net/eth1 ] && break; sleep 0.01; done
  ip link set lo up &&
    ip address add "$first/24" dev eth0 && ip link set eth0 up &&
    ip address add "$second/24" dev eth1 && ip link set eth1 up || exit 8
  echo ready >&3; exec 3>&-
  trap : CHLD TERM INT HUP
  [ -x /etc/lab/early ] && /etc/lab/early >/var/log/early.log 2>&1 </dev/null
  [ -x /etc/lab/boot ] && /etc/lab/boot >/var/log/boot.log 2>&1 </dev/null &
  while :; do sleep 3600 & wait $!; done
' host "$first" "$second"
`;
