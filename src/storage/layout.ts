/** Where each file of a vault lies below its root, the same on every kind of storage. */
import { assert } from '../base/assert.ts';
import { isId } from '../base/ids.ts';
import type { FileKind, FileRef } from '../storage.ts';

/** Directory of each kind; packs have 256 directories below theirs. */
export const DIRECTORIES = {
  key: 'keys',
  snapshot: 'snapshots',
  index: 'index',
  lock: 'locks',
  pack: 'data',
} as const satisfies Record<Exclude<FileKind, 'config'>, string>;

/** The directories below `data`: `00` … `ff`. */
export const PACK_DIRECTORIES: readonly string[] = Array.from({ length: 256 }, (_, index) =>
  index.toString(16).padStart(2, '0'),
);

/** Path below the root: `config`, `keys/<name>`, …, `data/<first two digits>/<name>`. */
export function pathOf({ kind, name }: FileRef): string {
  if (kind === 'config') {
    assert(name === 'config', 'the config file has one name');
    return name;
  }
  assert(isId(name), `not a file name of a vault: ${JSON.stringify(name.slice(0, 80))}`);
  return kind === 'pack' ? `data/${name.slice(0, 2)}/${name}` : `${DIRECTORIES[kind]}/${name}`;
}
