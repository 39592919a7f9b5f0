/** Changes on the node that is restored: files put whole in their place, what was there kept, daemons started. */
import { CLUSTER_CHANGE_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { live, type pacemaker } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import { CIB_FOLDER } from '../capture/items.ts';
import { hasName } from './files.ts';
import type { WantedFile } from './model.ts';

/** On the node, readable by root alone. */
const KEPT = '/var/lib/holdfast/replaced';

/**
 * $1 the path, $2 rights, $3 and $4 owner and group by name, $5 and $6 by number, $7 the folder for what was there, $8 the
 * bytes there must be. The content comes on standard input. The file is complete, with its rights, before it has its name;
 * the name itself is replaced, never what a link of that name leads to. Exit code 71: the folder is a link.
 */
const WRITE = `
set -eu
umask 077
dir=\${1%/*}
[ -d "$dir" ] || (umask 022; mkdir -p -- "$dir")
[ "$(readlink -f -- "$dir")" = "$dir" ] || exit 71
rm -f -- "$dir"/.holdfast-restore-??????
made=$(mktemp "$dir/.holdfast-restore-XXXXXX")
trap 'rm -f -- "$made"' EXIT
cat >"$made"
[ "$(stat -c %s -- "$made")" = "$8" ] || exit 72
owner=$5; group=$6
if [ -n "$3" ] && id -u "$3" >/dev/null 2>&1; then owner=$3; fi
if [ -n "$4" ] && getent group "$4" >/dev/null 2>&1; then group=$4; fi
chown "$owner:$group" -- "$made"
chmod "$2" -- "$made"
sync -- "$made" 2>/dev/null || sync
if [ -e "$1" ] || [ -L "$1" ]; then
  mkdir -p -- "$7$dir"
  [ -e "$7$1" ] || [ -L "$7$1" ] || cp -a -- "$1" "$7$1"
fi
mv -fT -- "$made" "$1"
sync -- "$dir" 2>/dev/null || sync
`;

/**
 * $1 the folder of the CIB, $2 the folder for what was there. The CIB itself goes last: where it is missing, Pacemaker takes
 * the newest of those before it, which lie beside it.
 */
const ASIDE = `
set -eu
umask 077
[ -d "$1" ] || exit 0
mkdir -p -- "$2$1"
for each in "$1"/* "$1"/.[!.]*; do
  [ -e "$each" ] || [ -L "$each" ] || continue
  [ "$each" = "$1/cib.xml" ] || mv -fT -- "$each" "$2$each"
done
if [ -e "$1/cib.xml" ]; then mv -fT -- "$1/cib.xml" "$2$1/cib.xml"; fi
sync -- "$1" 2>/dev/null || sync
`;

/** $1 the service. Without a service manager, its init script. Exit code 83: there is neither. */
const START = `
if [ -d /run/systemd/system ]; then exec systemctl start "$1"; fi
if [ -x "/etc/init.d/$1" ]; then exec "/etc/init.d/$1" start </dev/null >/dev/null 2>&1; fi
exit 83
`;

/** Where what was there before is kept, of the restore that was planned then. */
export function keptIn(plannedMs: number): string {
  return `${KEPT}/${new Date(plannedMs).toISOString().replace(/[:.]/g, '-')}`;
}

/**
 * @param kept folder for what was there
 * @throws {AppError} `failed`, `target-unsafe`, and what running a program there throws
 */
export async function writeFile(seat: pacemaker.Seat, file: WantedFile, kept: string): Promise<void> {
  const { path, mode, user, group, uid, gid, content } = file;
  const names = [hasName(user) ? user : '', hasName(group) ? group : ''];
  const args = [path, mode.toString(8), ...names, String(uid), String(gid), kept, String(content.length)];
  const { exitCode, errorText } = await seat.processes.run('sh', ['-c', WRITE, 'holdfast-write', ...args], {
    input: content,
    timeLimitMs: CLUSTER_CHANGE_MS_MAX,
  });
  if (exitCode === 0) return;
  if (exitCode === 71)
    throw new AppError('target-unsafe', {
      detail: `${path} on ${seat.name}: its folder is a link, or below one`,
      hint: 'Make it a folder, or restore this file by hand.',
    });
  throw failed(`${path} on ${seat.name} was not written`, errorText, exitCode);
}

/** @throws {AppError} as `writeFile` */
export async function setCibAside(
  seat: pacemaker.Seat,
  { clock, kept }: { clock: Clock; kept: string },
): Promise<void> {
  const { exitCode, errorText } = await live.runTool(seat, ['sh', '-c', ASIDE, 'holdfast-aside', CIB_FOLDER, kept], {
    clock,
    timeLimitMs: CLUSTER_CHANGE_MS_MAX,
  });
  if (exitCode !== 0) throw failed(`the CIB on ${seat.name} was not put aside`, errorText, exitCode);
}

/** @throws {AppError} `failed`, and what running a program there throws */
export async function startService(
  seat: pacemaker.Seat,
  service: string,
  { clock, timeLimitMs }: { clock: Clock; timeLimitMs: number },
): Promise<void> {
  const { exitCode, errorText } = await live.runTool(seat, ['sh', '-c', START, 'holdfast-start', service], {
    clock,
    timeLimitMs,
  });
  if (exitCode === 0) return;
  if (exitCode === 83)
    throw new AppError('failed', {
      detail: `${service} on ${seat.name}: there is neither systemd nor /etc/init.d/${service}`,
      hint: `Install ${service} there, and run the command again: what is done stays done.`,
    });
  throw failed(`${service} did not start on ${seat.name}`, errorText, exitCode);
}

function failed(what: string, errorText: string, exitCode: number): AppError {
  const said = errorText.trim().split('\n').at(-1) || `exit code ${exitCode}`;
  return new AppError('failed', {
    detail: `${what}: ${said}`,
    hint: 'Mend it, and run the command again: what is done stays done.',
  });
}
