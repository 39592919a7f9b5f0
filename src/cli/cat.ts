import { AppError } from '../base/errors.ts';
import { browse, inspect, type Vault } from '../vault.ts';
import { chooseInside } from './choose.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import type { OptionValues } from './options.ts';
import { defineCommand } from './spec.ts';

const KINDS = ['config', 'index', 'snapshot', 'key', 'lock', 'blob', 'tree', 'pack', 'masterkey'] as const;
type Kind = (typeof KINDS)[number];

interface Request {
  id: string;
  filter: OptionValues<typeof FILTER_OPTIONS>;
  signal: AbortSignal;
}

export const command = defineCommand({
  description:
    'Prints one of the objects a vault consists of, opened where it is sealed: documents as JSON, blobs as they were ' +
    'before compression, packs as they are stored. Key files are printed with their sealed part; the master key never is.',
  examples: [
    { line: 'cat config', does: "show the vault's version, id and chunker polynomial" },
    { line: 'cat snapshot latest', does: 'show the document of the newest snapshot' },
    { line: 'cat tree latest:/etc', does: 'show the tree of a directory' },
  ],
  arguments: [
    { usage: '<kind>', description: `One of ${KINDS.slice(0, -1).join(', ')}`, choices: KINDS.slice(0, -1) },
    { usage: '[id]', description: 'Id or its first digits; for a tree also snapshot:/path. None for config' },
  ],
  options: { ...FILTER_OPTIONS, ...LOCK_OPTIONS },
  writesBytes: true,
  async run(context, [kind, id], options) {
    const known = kindOf(kind!, id);
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    await context.output.bytes(await print(vault, known, { id: id ?? '', filter: options, signal }));
    return undefined;
  },
});

function kindOf(given: string, id: string | undefined): Kind {
  const kind = KINDS.find((each) => each === given);
  const hint = `Give one of: ${KINDS.slice(0, -1).join(', ')}.`;
  if (kind === undefined) throw new AppError('usage', { detail: `cat does not know ${JSON.stringify(given)}`, hint });
  if (kind === 'masterkey')
    throw new AppError('refused', {
      detail: 'the master key is never printed: whoever reads it can read the vault for ever',
      hint: 'To let somebody in, use: holdfast key add',
    });
  if (kind === 'config' && id !== undefined) throw new AppError('usage', { detail: 'cat config takes no id' });
  if (kind !== 'config' && (id === undefined || id === ''))
    throw new AppError('usage', { detail: `cat ${kind} needs an id`, hint: 'Give the id or its first digits.' });
  return kind;
}

async function print(vault: Vault, kind: Kind, { id, filter, signal }: Request): Promise<string | Uint8Array> {
  switch (kind) {
    case 'config':
      return indented(inspect.configText(vault));
    case 'snapshot':
      return indented(inspect.snapshotText(browse.selectSnapshot(await vault.listSnapshots(signal), id)));
    case 'key':
    case 'lock':
      return indented(Buffer.from(await inspect.loadObject(vault, { kind, id, signal })).toString());
    case 'blob': {
      const blob = inspect.findBlob(await vault.index(signal), id);
      return await vault.loadBlob(blob.kind, blob.id, signal);
    }
    case 'tree':
      return await treeBytes(vault, { id, filter, signal });
    default:
      return await inspect.loadObject(vault, { kind: kind as inspect.ObjectKind, id, signal });
  }
}

async function treeBytes(vault: Vault, { id, filter, signal }: Request): Promise<Uint8Array> {
  if (!id.includes(':') && id !== 'latest') {
    const blob = inspect.findBlob(await vault.index(signal), id, 'tree');
    return await vault.loadBlob('tree', blob.id, signal);
  }
  const { snapshot, path } = chooseInside(await vault.listSnapshots(signal), id, filter);
  const tree = browse.treeOf(await browse.findPath(vault, { tree: snapshot.tree, path, signal }));
  if (tree === undefined) throw new AppError('path-missing', { detail: `${path} is not a directory`, hint: '' });
  return await vault.loadBlob('tree', tree, signal);
}

function indented(json: string): string {
  return `${JSON.stringify(JSON.parse(json), undefined, 2)}\n`;
}
