/** What a node has mounted, by its own kernel. */
import { AppError } from '../../base/errors.ts';
import { askTool, type ReadOptions, type Seat, saidOf } from '../pacemaker/tool.ts';

export interface NodeMount {
  /** As the kernel names it: `/dev/sdb`, `/dev/mapper/ost1`, `server:/export`. */
  device: string;
  directory: string;
  type: string;
  isReadOnly: boolean;
}

export interface NodeMounts {
  mounts: readonly NodeMount[];
  /** Where paths of devices lead to, those asked for and those mounted; what leads nowhere is not in it. */
  targets: ReadonlyMap<string, string>;
}

/**
 * $@: paths of devices. The table is of the first process, in whose namespace clusters mount. What it names
 * `/dev/mapper/ost1` and the cluster `/dev/disk/by-id/…` may be links to the same device, so both are followed.
 */
const SCRIPT = `
table=/proc/1/mounts
[ -r "$table" ] || table=/proc/mounts
sed 's/^/mount /' "$table" || exit 81
{ printf '%s\\n' "$@"; cut -d ' ' -f 1 "$table"; } | sort -u | while read -r each; do
  case $each in /*) printf 'link %s %s\\n' "$each" "$(readlink -e -- "$each")" ;; esac
done
echo end
`;

/**
 * @param devices paths whose targets are wanted, beside those of what is mounted
 * @throws {AppError} `cluster-unclear` when the table is not whole, and what running a program there throws
 */
export async function readMounts(seat: Seat, devices: readonly string[], options: ReadOptions): Promise<NodeMounts> {
  const answer = await askTool(seat, ['sh', '-c', SCRIPT, 'holdfast-mounts', ...devices], options);
  const lines = answer.text.split('\n');
  const all = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const links = all('link').map((line) => line.split(' '));
  const isWhole = lines.at(-2) === 'end' && devices.every((device) => links.some(([from]) => from === device));
  if (answer.exitCode !== 0 || !isWhole)
    throw new AppError('cluster-unclear', { detail: `mounts on ${seat.name}: ${saidOf(answer) || 'cut short'}` });
  const targets = links.flatMap(([from = '', to = '']): [string, string][] => (to === '' ? [] : [[from, to]]));
  return { mounts: parseMounts(all('mount')), targets: new Map(targets) };
}

/** Lines of proc_mounts(5). */
export function parseMounts(lines: readonly string[]): NodeMount[] {
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [device = '', directory = '', type = '', options = ''] = line.split(' ').map(decodeOctal);
      return { device, directory, type, isReadOnly: options.split(',').includes('ro') };
    });
}

/** Blanks, tabs, line ends and backslashes are three octal digits. */
function decodeOctal(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
