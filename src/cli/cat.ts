import { AppError } from '../base/errors.ts';
import { browse, inspect, type Snapshot } from '../vault.ts';
import { chooseInside, chooseSnapshots } from './choose.ts';
import type { Context } from './context.ts';
import { listSnapshots } from './listed.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, type OpenedVault, openLocked } from './open.ts';
import type { OptionValues } from './options.ts';
import { defineCommand } from './spec.ts';

const KINDS = ['config', 'index', 'snapshot', 'key', 'lock', 'blob', 'tree', 'pack', 'masterkey'] as const;
type Kind = (typeof KINDS)[number];

interface Request {
  id: string;
  filter: OptionValues<typeof FILTER_OPTIONS>;
  opened: OpenedVault;
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
    await context.output.bytes(await print(context, known, { id: id ?? '', filter: options, opened }));
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

async function print(context: Context, kind: Kind, request: Request): Promise<string | Uint8Array> {
  const { id, opened } = request;
  const { vault, signal } = opened;
  switch (kind) {
    case 'config':
      return indented(inspect.configText(vault));
    case 'snapshot':
      return await textOf(opened, kind, id === 'latest' ? (await latest(context, request)).id : id);
    case 'key':
    case 'lock':
      return await textOf(opened, kind, id);
    case 'blob': {
      const blob = inspect.findBlob(await vault.index(signal), id);
      return await vault.loadBlob(blob.kind, blob.id, signal);
    }
    case 'tree':
      return await treeBytes(context, request);
    default:
      return await inspect.loadObject(vault, { kind: kind as inspect.ObjectKind, id, signal });
  }
}

async function treeBytes(context: Context, { id, filter, opened }: Request): Promise<Uint8Array> {
  const { vault, signal } = opened;
  if (!id.includes(':') && id !== 'latest') {
    const blob = inspect.findBlob(await vault.index(signal), id, 'tree');
    return await vault.loadBlob('tree', blob.id, signal);
  }
  const { snapshot, path } = chooseInside(await listSnapshots(context, opened), id, filter);
  const tree = browse.treeOf(await browse.findPath(vault, { tree: snapshot.tree, path, signal }));
  if (tree === undefined) throw new AppError('path-missing', { detail: `${path} is not a directory`, hint: '' });
  return await vault.loadBlob('tree', tree, signal);
}

async function latest(context: Context, { filter, opened }: Request): Promise<Snapshot> {
  const [snapshot] = chooseSnapshots(await listSnapshots(context, opened), ['latest'], filter);
  return snapshot!;
}

async function textOf({ vault, signal }: OpenedVault, kind: inspect.ObjectKind, id: string): Promise<string> {
  return indented(Buffer.from(await inspect.loadObject(vault, { kind, id, signal })).toString());
}

/** What is not JSON, though it should be, is shown as it is: somebody wants to see what is wrong with it. */
function indented(json: string): string {
  try {
    return `${JSON.stringify(JSON.parse(json), undefined, 2)}\n`;
  } catch (error) {
    if (error instanceof SyntaxError) return json;
    throw error;
  }
}
