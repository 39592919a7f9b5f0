/** Who uses a device on a host: mounts in any of its mount namespaces, and whatever else has claimed it. */
import { AppError } from '../../base/errors.ts';
import type { MmpHost } from './device.ts';

export interface DeviceUses {
  /** Directories it is mounted on, in whichever namespace; each once. */
  mounts: readonly string[];
  /** Devices made of it: `dm-3`, `md127`. */
  holders: readonly string[];
  /** `busy`: the kernel refuses an exclusive open (open(2), O_EXCL): mounted, part of another device, being checked. */
  claim: 'free' | 'busy' | 'unknown';
  /** Which machine answered, whatever name it was reached by: its `uname -n`, and the kernel that runs. */
  machine: { name: string; boot: string };
}

const ENDING = { missing: 81, noBlockDevice: 82, notRoot: 83, unreadable: 84 } as const;
const TIME_LIMIT_MS = 30_000;

/**
 * $1 the device. Without root, mounts in namespaces of others are not seen. O_EXCL cannot be asked for by any tool that
 * every system has; one of these interpreters is there as good as always.
 */
const SCRIPT = `
[ -e "$1" ] || exit ${ENDING.missing}
[ -b "$1" ] || exit ${ENDING.noBlockDevice}
[ "$(id -u)" = 0 ] || exit ${ENDING.notRoot}
numbers=$(stat -L -c '%t %T' -- "$1") || exit ${ENDING.unreadable}
device=$((0x\${numbers% *})):$((0x\${numbers#* }))
[ -r /proc/self/mountinfo ] && [ -d "/sys/dev/block/$device" ] || exit ${ENDING.unreadable}
cat /proc/[0-9]*/mountinfo 2>/dev/null | while read -r id parent numbers root at rest; do
  [ "$numbers" != "$device" ] || printf 'mount %s\\n' "$at"
done | sort -u
for holder in "/sys/dev/block/$device/holders"/*; do
  [ ! -e "$holder" ] || printf 'holder %s\\n' "\${holder##*/}"
done
if command -v perl >/dev/null 2>&1; then
  perl -e 'use Fcntl; use Errno; exit(sysopen(my $f, $ARGV[0], O_RDONLY | O_EXCL) ? 0 : $!{EBUSY} ? 16 : 1)' "$1" 2>/dev/null
elif command -v python3 >/dev/null 2>&1; then
  python3 -c 'import errno, os, sys
try: os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)
except OSError as error: sys.exit(16 if error.errno == errno.EBUSY else 1)' "$1" 2>/dev/null
else
  false
fi
isClaimed=$?
printf 'machine %s %s\\n' "$(cat /proc/sys/kernel/random/boot_id)" "$(uname -n)"
case $isClaimed in 0) echo 'claim free' ;; 16) echo 'claim busy' ;; *) echo 'claim unknown' ;; esac
echo end
`;

/** @throws {AppError} `device-failed` when it cannot be examined here; what the port of processes throws */
export async function usesOf(host: MmpHost, device: string, signal?: AbortSignal): Promise<DeviceUses> {
  const args = ['-c', SCRIPT, 'holdfast-uses', device];
  const options = { timeLimitMs: TIME_LIMIT_MS, signal, env: { LC_ALL: 'C' } };
  const { exitCode, output } = await host.processes.run('sh', args, options);
  if (exitCode !== 0)
    throw new AppError('device-failed', { detail: `${device} on ${host.name}: ${reasonOf(exitCode)}` });
  const lines = output.toString().split('\n').slice(0, -1);
  // Cut short, it would say less than there is.
  if (lines.at(-1) !== 'end')
    throw new AppError('device-failed', {
      detail: `${device} on ${host.name}: its uses could not be listed to the end`,
    });
  const all = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const claim = all('claim')[0];
  const [boot = '', name = ''] = all('machine')[0]?.split(' ') ?? [];
  if (boot === '' || name === '')
    throw new AppError('device-failed', { detail: `${device} on ${host.name}: it does not tell which machine it is` });
  return {
    machine: { name, boot },
    mounts: all('mount'),
    holders: all('holder'),
    claim: claim === 'free' || claim === 'busy' ? claim : 'unknown',
  };
}

function reasonOf(exitCode: number): string {
  switch (exitCode) {
    case ENDING.missing:
      return 'no such device';
    case ENDING.noBlockDevice:
      return 'no block device';
    case ENDING.notRoot:
      return 'only root sees the mounts of all processes';
    default:
      return 'its uses cannot be listed';
  }
}
