/** The files by which a node of a Heartbeat pair acts, and whether it has what they name. */
import { AppError } from '../../base/errors.ts';
import { parseHaCf } from '../heartbeat/ha-cf.ts';
import { parseHaresources } from '../heartbeat/haresources.ts';
import type { HaCf, Haresources } from '../heartbeat/model.ts';
import { askTool, type ReadOptions, type Seat, saidOf } from '../pacemaker/tool.ts';

const HARESOURCES = '/etc/ha.d/haresources';
const HA_CF = '/etc/ha.d/ha.cf';

/** @throws {AppError} `cluster-unclear` when the file cannot be read there, and what running a program there throws */
export async function readHaresources(seat: Seat, options: ReadOptions): Promise<Haresources> {
  return parseHaresources(await readText(seat, HARESOURCES, options), `${seat.name}:${HARESOURCES}`);
}

/** @throws as `readHaresources` */
export async function readHaCf(seat: Seat, options: ReadOptions): Promise<HaCf> {
  return parseHaCf(await readText(seat, HA_CF, options), `${seat.name}:${HA_CF}`);
}

async function readText(seat: Seat, file: string, options: ReadOptions): Promise<string> {
  const answer = await askTool(seat, ['cat', '--', file], options);
  if (answer.exitCode === 0) return answer.text;
  throw new AppError('cluster-unclear', { detail: `${file} on ${seat.name}: ${saidOf(answer)}` });
}

/** $@: names of resource scripts. Where ResourceManager looks for them, in its order. */
const SCRIPT = `
for name in "$@"; do
  for folder in /etc/ha.d/resource.d /etc/init.d /etc/rc.d/init.d; do
    [ -x "$folder/$name" ] && continue 2
  done
  printf 'missing %s\\n' "$name"
done
echo end
`;

/**
 * Which of these resource scripts the machine has not.
 * @throws {AppError} `cluster-unclear` when the answer is cut short, and what running a program there throws
 */
export async function missingScripts(seat: Seat, names: readonly string[], options: ReadOptions): Promise<string[]> {
  const answer = await askTool(seat, ['sh', '-c', SCRIPT, 'holdfast-scripts', ...names], options);
  const lines = answer.text.trimEnd().split('\n');
  if (answer.exitCode !== 0 || lines.at(-1) !== 'end')
    throw new AppError('cluster-unclear', { detail: `scripts on ${seat.name}: ${saidOf(answer) || 'cut short'}` });
  return lines.slice(0, -1).map((line) => line.replace(/^missing /, ''));
}
