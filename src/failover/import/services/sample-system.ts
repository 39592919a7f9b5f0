/** A system for tests, of paths and texts. */
import type { SeenFile, ServiceReading, Sight, SystemFiles } from './model.ts';
import { readServices } from './read.ts';

/** A text, a file with rights of its own, or why it cannot be read. */
export type SampleFile = string | Partial<SeenFile> | Extract<Sight, { kind: 'unreadable' }>;

export function sampleSystem(files: Readonly<Record<string, SampleFile>>, name = 'oss01'): SystemFiles {
  const paths = Object.keys(files);
  return {
    name,
    async read(path) {
      const file = files[path];
      if (file === undefined) return { kind: 'absent' };
      if (typeof file === 'object' && 'kind' in file) return file;
      const own = typeof file === 'string' ? { text: file } : file;
      return { kind: 'read', file: { path, text: '', mode: 0o644, uid: 0, gid: 0, ...own } };
    },
    async list(folder) {
      const inside = paths.filter((path) => path.startsWith(`${folder}/`));
      const names = inside.map((path) => path.slice(folder.length + 1).split('/')[0]!);
      return names.length === 0 ? { kind: 'absent' } : { kind: 'read', names: [...new Set(names)].toReversed() };
    },
    async isThere(path) {
      return paths.some((each) => each === path || each.startsWith(`${path}/`));
    },
  };
}

export async function readSample(
  script: string,
  ...systems: readonly Readonly<Record<string, SampleFile>>[]
): Promise<ServiceReading> {
  const named = systems.map((files, at) => sampleSystem(files, `oss0${at + 1}`));
  return (await readServices([script], named))[script]!;
}

/** Values of the agent's parameters, or the doubts. */
export function shortly(reading: ServiceReading): Readonly<Record<string, string>> | readonly string[] {
  if (reading.kind === 'kept') return reading.doubts;
  return Object.fromEntries(Object.entries(reading.params).map(([name, { value }]) => [name, value]));
}

export const ACCOUNTS = {
  '/etc/passwd':
    'root:x:0:0::/root:/bin/sh\nmysql:x:27:27::/:/bin/sh\ndba:x:30:31::/:/bin/sh\npostgres:x:26:26::/:/bin/sh\nbind:x:53:53::/:/bin/sh\n',
  '/etc/group': 'root:x:0:\nmysql:x:27:\ndbas:x:31:\n',
};
