/** `find` by id: where blobs, trees and what is in packs are used. */
import { AppError } from '../base/errors.ts';
import { browse, inspect, type Snapshot, type Vault } from '../vault.ts';
import type { Context } from './context.ts';
import { shortId } from './ids.ts';
import { pathFields } from './names.ts';
import { flag, type OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { textOfName } from './text.ts';
import { formatTime } from './time.ts';

export const ID_OPTIONS = {
  blob: flag('The arguments are ids of data blobs'),
  tree: flag('The arguments are ids of trees'),
  pack: flag('The arguments are ids of packs; look for all that is in them'),
  showPackId: flag('Show in which packs blobs lie'),
} as const;

type IdOptions = OptionValues<typeof ID_OPTIONS>;

interface IdSearch {
  vault: Vault;
  snapshots: readonly Snapshot[];
  ids: readonly string[];
  options: IdOptions;
  signal: AbortSignal;
}

export function wantsIds({ blob, tree, pack }: IdOptions): boolean {
  return blob || tree || pack;
}

export async function findIds({ output }: Context, search: IdSearch): Promise<undefined> {
  const { vault, snapshots, options, signal } = search;
  const wanted = await wantedOf(search);
  const tracer = new browse.Tracer(vault, wanted);
  let hits = 0;
  for (const snapshot of snapshots) {
    for await (const use of tracer.usesIn(snapshot, signal)) {
      hits++;
      await show(output, use, { vault, snapshot, showsPack: options.showPackId });
    }
  }
  if (hits === 0) output.note('No snapshot uses it.');
  output.summary({ hits });
  return undefined;
}

async function wantedOf({ vault, ids, options, signal }: IdSearch): Promise<browse.Wanted> {
  for (const id of ids) {
    if (!/^[0-9a-f]{1,64}$/.test(id))
      throw new AppError('usage', { detail: `not an id: ${id}`, hint: 'Ids are hex digits.' });
  }
  if (!options.pack) return { trees: options.tree ? ids : [], data: options.blob ? ids : [] };
  const index = await vault.index(signal);
  const blobs = ids.flatMap((id) => inspect.blobsInPacks(index, id));
  if (blobs.length === 0) throw new AppError('not-found', { detail: `pack ${ids.join(', ')}`, hint: 'Check the id.' });
  const idsOf = (kind: string): string[] => blobs.filter((blob) => blob.kind === kind).map(({ id }) => id);
  return { trees: idsOf('tree'), data: idsOf('data') };
}

async function show(
  output: Output,
  { kind, id, path, parent }: browse.Use,
  { vault, snapshot, showsPack }: { vault: Vault; snapshot: Snapshot; showsPack: boolean },
): Promise<void> {
  const pack = showsPack ? (await vault.placeOf(kind, id)).pack : undefined;
  const name = kind === 'data' ? 'blob' : 'tree';
  output.line(`Found ${name} ${id}`);
  output.line(kind === 'data' ? `  in file ${textOfName(path)}, tree ${parent}` : `  at ${textOfName(path)}`);
  output.line(`  in snapshot ${shortId(snapshot.id)} of ${formatTime(snapshot.timeMs)}`);
  if (pack !== undefined) output.line(`  in pack ${pack}`);
  output.record('object', {
    object_type: name,
    id,
    ...pathFields(path),
    ...(parent === undefined ? {} : { parent_tree: parent }),
    snapshot: snapshot.id,
    time: snapshot.time,
    ...(pack === undefined ? {} : { pack }),
  });
}
