/** The files of a running system, this one or another over ssh. */
import { NODE_FILE_MS_MAX } from '../../../base/cluster-limits.ts';
import type { Processes } from '../../../host.ts';
import { readNodeFiles } from '../../capture/read.ts';
import type { FolderSight, Sight, SystemFiles } from './model.ts';

/** @throws what running a program there throws: a host that goes away in the middle is not taken for one without files */
export function nodeFiles(seat: { name: string; processes: Processes }, signal: AbortSignal): SystemFiles {
  const { name, processes } = seat;
  const options = { timeLimitMs: NODE_FILE_MS_MAX, signal };
  return {
    name,
    async read(path): Promise<Sight> {
      const { files, unreadable } = await readNodeFiles(seat, [path], options);
      const [file] = files;
      if (file !== undefined) return { kind: 'read', file: { ...file, text: file.bytes.toString('utf8') } };
      const [failed] = unreadable;
      return failed === undefined ? { kind: 'absent' } : { kind: 'unreadable', why: failed.why };
    },
    async list(folder): Promise<FolderSight> {
      const { exitCode, output } = await processes.run('sh', ['-c', LIST, 'holdfast-list', folder], options);
      if (exitCode === ABSENT) return { kind: 'absent' };
      if (exitCode !== 0) return { kind: 'unreadable', why: 'no right to read it' };
      const names = output.toString('utf8').split('\0').slice(0, -1);
      return { kind: 'read', names };
    },
    async isThere(path): Promise<boolean> {
      return (await processes.run('test', ['-e', path], options)).exitCode === 0;
    },
  };
}

const ABSENT = 3;
/** $1 the folder; names end with a zero byte. */
const LIST = `
[ -d "$1" ] || exit ${ABSENT}
cd -- "$1" && [ -r . ] || exit 4
for each in * .[!.]*; do
  if [ -e "$each" ] || [ -L "$each" ]; then printf '%s\\0' "$each"; fi
done
exit 0
`;
