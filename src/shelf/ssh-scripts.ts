/**
 * What runs on the other side: POSIX sh with GNU coreutils, findutils and grep, and nothing of ours. Each script goes to
 * the folder in question one name at a time and compares where it has arrived (`pwd -P`) with where it should be, so
 * that no symbolic link leads elsewhere; from then on it names files in that folder only, and these are opened without
 * following links. Whoever may rename folders of the shelf could still carry off a folder while a script is in it; its
 * files then land in that folder, wherever it is, which they could have moved there afterwards just as well.
 */

/** Why a script ended by itself. */
export const ENDING = {
  noRoot: 81,
  notFound: 82,
  unsafe: 83,
  denied: 84,
  beyondEnd: 85,
  notPlain: 86,
  taken: 87,
  cutShort: 88,
} as const;

/** $1 the root, $2 the folder below it, $3 the file in it. */
const BASE = `
set -u
here() { at=$(pwd -P; printf x); at=\${at%?x}; [ "$at" != / ] || at=; }
cd -P -- "$1" 2>/dev/null || { [ -d "$1" ] && exit ${ENDING.denied}; exit ${ENDING.noRoot}; }
here; want=$at
step() {
  [ ! -L "./$1" ] || exit ${ENDING.unsafe}
  [ -d "./$1" ] || exit ${ENDING.notFound}
  cd -P -- "./$1" 2>/dev/null || exit ${ENDING.denied}
  want=$want/$1; here; [ "$at" = "$want" ] || exit ${ENDING.unsafe}
}
walk() {
  rest=$1
  while [ -n "$rest" ]; do
    part=\${rest%%/*}
    case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
    "$2" "$part"
  done
}
plain() {
  [ ! -L "./$1" ] || exit ${ENDING.unsafe}
  [ -e "./$1" ] || exit ${ENDING.notFound}
  [ -f "./$1" ] || exit ${ENDING.notPlain}
}
made() {
  if [ ! -L "./$1" ] && [ ! -d "./$1" ]; then
    mkdir -- "./$1" || [ -d "./$1" ] || exit 1
    sync -- . || exit 1
  fi
  step "$1"
}
`;

const ENTER = `${BASE}walk "$2" step\n`;
const MAKE = `${BASE}walk "$2" made\n`;

/**
 * Records that end in NUL: \`d/PATH\` and \`fBYTES/SECONDS/PATH\`; after \`//\` the lines of the sidecars as grep tells them,
 * PATH NUL LINE; and last how the two searches ended.
 */
const LIST = `${ENTER}
find . -mindepth 1 \\( -type d -printf 'd/%P\\0' \\) -o \\( -type f -printf 'f%s/%T@/%P\\0' \\); first=$?
printf '//\\0'
find . -mindepth 1 -type f \\( -name '*.dna' -o -name '*.sha256' \\) ! -size 0 ! -size +"$4"c \\
  -exec grep -aHZ '' -- {} +; second=$?
printf '//%s %s' "$first" "$second"
`;

/** Size, unless there is none. */
const SIZE = `${ENTER}plain "$3"; exec stat -c %s -- "./$3"\n`;

const READ = `${ENTER}plain "$3"; exec dd if="./$3" bs=1M skip="$4" iflag=skip_bytes,nofollow status=none\n`;

/**
 * One pass over the bytes; what is told: the two digests, what dd has read and how it ended. Where there is an openssl that
 * knows the digest of nothing, it is used for the slower one of the two: it has the processor's own instructions for it.
 */
const DIGEST = `${ENTER}plain "$3"
case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
  e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) sha256() { openssl dgst -sha256 -r; } ;;
  *) sha256() { sha256sum; } ;;
esac
{ { { dd if="./$3" bs=1M iflag=nofollow 2>&4; echo "dd $?" >&4; } | tee /dev/fd/3 | md5sum >&4; } 3>&1 | sha256 >&4; } 4>&1
`;

/**
 * Bytes go to their place in the file and not just to its end: should the writer of a connection that was cut still be at
 * work, both write the same. What was
 * there behind the place goes first, by a dd of its own: with seek_bytes, one within the first block empties the file.
 */
const WRITE = `${MAKE}
if [ -L "./$3" ] || [ -e "./$3" ]; then
  plain "$3"; bytes=$(stat -c %s -- "./$3") || exit 1
else bytes=0; fi
[ "$4" -le "$bytes" ] || exit ${ENDING.beyondEnd}
dd if=/dev/null of="./$3" bs=1 seek="$4" count=0 oflag=nofollow status=none || exit 1
dd of="./$3" bs=1M seek="$4" iflag=fullblock oflag=seek_bytes,nofollow conv=notrunc,fsync status=none || exit 1
exec sync -- .
`;

/** A whole small file of $5 bytes by way of the temporary name $4: input that was cut short is not believed. */
const PLACE = `${MAKE}
[ ! -L "./$4" ] && [ ! -L "./$3" ] || exit ${ENDING.unsafe}
dd of="./$4" bs=64k iflag=fullblock oflag=nofollow conv=fsync status=none || exit 1
[ "$(stat -c %s -- "./$4")" = "$5" ] || exit ${ENDING.cutShort}
mv -f -T -- "./$4" "./$3" || exit 1
exec sync -- .
`;

/** To the name $4 in the same folder, with the time $5. Older mv does nothing, and says nothing, when the name is taken. */
const RENAME = `${ENTER}plain "$3"
[ ! -e "./$4" ] && [ ! -L "./$4" ] || exit ${ENDING.taken}
touch -h -m -d "$5" -- "./$3" || exit 1
sync -- "./$3" || exit 1
mv -n -T -- "./$3" "./$4" || [ -e "./$4" ] || exit 1
[ ! -e "./$3" ] || exit ${ENDING.taken}
exec sync -- .
`;

const REMOVE = `${ENTER}
[ ! -L "./$3" ] || exit ${ENDING.unsafe}
[ -e "./$3" ] || exit 0
rm -f -- "./$3" || exit 1
exec sync -- .
`;

/** Below $3, which may be empty for the folder itself. A file LOCKED keeps all that lies beside it and below. */
const EMPTY = `${BASE}
unlocked() { [ ! -f ./LOCKED ] || exit 0; step "$1"; }
walk "$2" unlocked
[ ! -f ./LOCKED ] || exit 0
keeps='d=$1; while [ "$d" != . ]; do d=\${d%/*}; [ ! -f "$d/LOCKED" ] || exit 0; done; exit 1'
if [ -n "$3" ]; then
  [ ! -L "./$3" ] || exit ${ENDING.unsafe}
  [ -d "./$3" ] || exit ${ENDING.notFound}
  set -- "./$3" 0
else set -- . 1; fi
exec find "$1" -mindepth "$2" -depth -type d -empty ! -name '*LOCKED' ! -path '*LOCKED/*' \\
  ! -exec sh -c "$keeps" sh {} \\; -delete -print0
`;

const FREE = `${ENTER}exec stat -f -c '%a %S' -- .\n`;

export const SCRIPTS = {
  list: LIST,
  size: SIZE,
  read: READ,
  digest: DIGEST,
  write: WRITE,
  place: PLACE,
  rename: RENAME,
  remove: REMOVE,
  empty: EMPTY,
  free: FREE,
} as const;
