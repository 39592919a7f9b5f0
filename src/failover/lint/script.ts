/**
 * What runs on a node to gather what the lint looks at: POSIX sh with stat and head of GNU coreutils or busybox. It reads,
 * and changes nothing. Paths and devices reach it as arguments, never as text of the script.
 */

/** Larger is no configuration: a haresources of 1,000 groups takes 200 KiB. */
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * $1 the folder of the three files; $2 the root of the system they belong to, empty when there is none. For each file
 * `absent KEY`, `denied KEY`, `odd KEY`, `zeros KEY`, or `file KEY MODE UID BYTES` with so many bytes and a newline behind it;
 * then lines of names; `listed pacemaker` where there is a corosync.conf or a CIB.
 */
export const GATHER = `
set -u
LC_ALL=C; export LC_ALL
ha=$1; root=$2
one() {
  dir=\${2%/*}
  if [ -d "$dir" ] && [ ! -x "$dir" ]; then printf 'denied %s\\n' "$1"; return; fi
  if [ ! -e "$2" ]; then printf 'absent %s\\n' "$1"; return; fi
  if [ ! -f "$2" ]; then printf 'odd %s\\n' "$1"; return; fi
  if [ ! -r "$2" ]; then printf 'denied %s\\n' "$1"; return; fi
  about=$(stat -L -c '%a %u' -- "$2") && bytes=$(head -c ${FILE_BYTES_MAX + 1} -- "$2" | wc -c) &&
    body=$(head -c ${FILE_BYTES_MAX + 1} -- "$2" 2>/dev/null && printf x) || { printf 'denied %s\\n' "$1"; return; }
  body=\${body%x}
  if [ "$bytes" -gt ${FILE_BYTES_MAX} ]; then printf 'odd %s\\n' "$1"; return; fi
  if [ "$bytes" -ne "\${#body}" ]; then printf 'zeros %s\\n' "$1"; return; fi
  printf 'file %s %s %s\\n%s\\n' "$1" "$about" "\${#body}" "$body"
}
programs() {
  for file in "$2"/*; do
    [ -f "$file" ] && [ -x "$file" ] && printf '%s %s\\n' "$1" "\${file##*/}"
  done
}
one haCf "$ha/ha.cf"; one haresources "$ha/haresources"; one authkeys "$ha/authkeys"
if [ -n "$root" ]; then base=\${root%/}; conf=$base/etc/corosync/corosync.conf; cib=$base/var/lib/pacemaker/cib/cib.xml
else conf=$ha/corosync.conf; cib=$ha/cib.xml; fi
if [ -e "$conf" ] || [ -e "$cib" ]; then printf 'listed pacemaker\\n'; fi
[ -n "$root" ] || exit 0
one fstab "$base/etc/fstab"
if [ -e "$base/etc/mdadm/mdadm.conf" ]; then one mdadmDebian "$base/etc/mdadm/mdadm.conf"
else one mdadmConf "$base/etc/mdadm.conf"; fi
if [ "$root" = / ]; then printf 'name %s\\n' "$(uname -n)"
elif [ -r "$base/etc/hostname" ]; then printf 'name %s\\n' "$(grep -v '^#' "$base/etc/hostname" | head -n 1)"; fi
if [ -d "$ha/resource.d" ]; then
  printf 'listed scripts\\n'
  programs resource "$ha/resource.d"; programs init "$base/etc/init.d"
fi
if [ -d "$base/etc/systemd/system" ] || [ -d "$base/etc/rc3.d" ] || [ -d "$base/etc/rc.d/rc3.d" ]; then
  printf 'listed boot\\n'
  for file in "$base"/etc/systemd/system/*.wants/*.service; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    name=\${file##*/}; printf 'boot %s\\n' "\${name%.service}"
  done
  for file in "$base"/etc/rc[2345].d/S[0-9][0-9]* "$base"/etc/rc.d/rc[2345].d/S[0-9][0-9]*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    name=\${file##*/}; printf 'boot %s\\n' "\${name#S[0-9][0-9]}"
  done
fi
exit 0
`;
