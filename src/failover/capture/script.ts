/**
 * What runs on a node to read its files: POSIX sh with stat and base64 of GNU coreutils or busybox. It reads, and changes
 * nothing. Paths reach it as arguments, never as text of the script.
 */
import { CONFIGURATION_FILE_BYTES_MAX, CONFIGURATION_FOLDER_FILES_MAX } from '../../base/cluster-limits.ts';

/**
 * $@: paths, folders with a slash at the end. Prints `name NAME` (uname(1)); for each path `absent PATH`, `denied PATH`,
 * `odd PATH`, `torn PATH`, or `file PATH MODE UID GID USER GROUP MTIME BYTES CONTENT`; for each folder one of these for
 * every file in it, or `absent`, `denied`, `crowded`; and `end`. Paths and contents are in base64.
 */
export const READ_FILES = `
set -u
LC_ALL=C; export LC_ALL
coded() { base64 | tr -d '\\n'; }
say() { printf '%s %s\\n' "$1" "$(printf %s "$2" | coded)"; }
one() {
  if [ -L "$1" ] && [ ! -e "$1" ]; then say odd "$1"; return; fi
  if [ ! -e "$1" ]; then say absent "$1"; return; fi
  if [ ! -f "$1" ]; then say odd "$1"; return; fi
  if [ ! -r "$1" ]; then say denied "$1"; return; fi
  about=$(stat -L -c '%a %u %g %U %G %Y %s' -- "$1") || { say denied "$1"; return; }
  if [ "\${about##* }" -gt ${CONFIGURATION_FILE_BYTES_MAX} ]; then say odd "$1"; return; fi
  body=$(cat -- "$1" | coded) || { say denied "$1"; return; }
  if [ "$(stat -L -c '%a %u %g %U %G %Y %s' -- "$1")" != "$about" ]; then say torn "$1"; return; fi
  printf 'file %s %s %s\\n' "$(printf %s "$1" | coded)" "$about" "$body"
}
reachable() {
  above=\${1%/*}
  while [ -n "$above" ]; do
    if [ -d "$above" ]; then [ -x "$above" ]; return; fi
    above=\${above%/*}
  done
}
printf 'name %s\\n' "$(uname -n)"
for each in "$@"; do
  if ! reachable "\${each%/}"; then say denied "$each"; continue; fi
  case $each in
    */)
      if [ ! -d "$each" ]; then say absent "$each"; continue; fi
      if [ ! -r "$each" ] || [ ! -x "$each" ]; then say denied "$each"; continue; fi
      count=0
      for file in "$each"* "$each".[!.]*; do
        if [ -d "$file" ] || { [ ! -e "$file" ] && [ ! -L "$file" ]; }; then continue; fi
        count=$((count + 1))
        if [ "$count" -gt ${CONFIGURATION_FOLDER_FILES_MAX} ]; then say crowded "$each"; break; fi
        one "$file"
      done ;;
    *) one "$each" ;;
  esac
done
echo end
`;
