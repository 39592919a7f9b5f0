import { AppError } from '../../base/errors.ts';
import { askTool, type ReadOptions, type Seat, saidOf } from '../pacemaker/tool.ts';
import type { DrbdResource } from './model.ts';
import { parseProcDrbd, parseStatusJson } from './parse.ts';

/**
 * $@: names of resources. Of DRBD 9 the one command tells all; of DRBD 8 the kernel numbers its devices, and drbdadm knows
 * whose they are.
 */
const SCRIPT = `
PATH=$PATH:/sbin:/usr/sbin
[ -r /proc/drbd ] || { echo none; exit 0; }
if grep -q '^version: 8\\.' /proc/drbd; then
  for name in "$@"; do
    for minor in $(drbdadm sh-minor "$name" 2>/dev/null); do printf 'minor %s %s\\n' "$minor" "$name"; done
  done
  echo proc
  cat /proc/drbd || exit 81
else
  echo json
  drbdsetup status --json || exit 82
fi
echo end
`;

/**
 * These resources, as the kernel of that machine tells of them. Nothing is changed.
 * @throws {AppError} `cluster-unclear` when DRBD is not loaded there, does not know one of them, or what it says is not
 * understood; what running a program there throws
 */
export async function readDrbd(
  seat: Seat,
  names: readonly string[],
  options: ReadOptions,
): Promise<ReadonlyMap<string, DrbdResource>> {
  const answer = await askTool(seat, ['sh', '-c', SCRIPT, 'holdfast-drbd', ...names], options);
  const where = `DRBD on ${seat.name}`;
  if (answer.text.trim() === 'none') throw new AppError('cluster-unclear', { detail: `${where}: not loaded` });
  const [, head = '', kind, body = ''] = /^((?:minor .*\n)*)(json|proc)\n([\s\S]*)\nend\n$/.exec(answer.text) ?? [];
  if (answer.exitCode !== 0 || kind === undefined)
    throw new AppError('cluster-unclear', { detail: `${where}: ${saidOf({ ...answer, text: '' }) || 'cut short'}` });
  const all = kind === 'json' ? parseStatusJson(body, where) : parseProcDrbd(body, minorsIn(head, names));
  const found = new Map(all.map((each) => [each.name, each]));
  const missing = names.find((name) => !found.has(name));
  if (missing === undefined) return found;
  throw new AppError('cluster-unclear', { detail: `${where}: there is no resource ${missing}` });
}

function minorsIn(head: string, names: readonly string[]): Map<string, number[]> {
  const lines = head.split('\n').map((line) => line.split(' '));
  return new Map(
    names.map((name) => [
      name,
      lines.flatMap(([, minor, ...own]) =>
        own.join(' ') === name && /^\d+$/.test(minor ?? '') ? [Number(minor)] : [],
      ),
    ]),
  );
}
