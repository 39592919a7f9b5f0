import { AppError } from '../base/errors.ts';
import { browse, type Node } from '../vault.ts';
import { chooseInside, SNAPSHOT_ARGUMENT } from './choose.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { longLine, nodeFields, snapshotFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';
import { textOfName } from './text.ts';
import { formatTime } from './time.ts';

export const command = defineCommand({
  description:
    'Lists what is in a snapshot. With directories given, what is directly in them, and with --recursive everything ' +
    'below. What a terminal would obey is shown escaped. With --json the snapshot is a line of type snapshot and each ' +
    'entry one of type node; path_raw (base64) holds the bytes of a path that is not UTF-8.',
  examples: [
    { line: 'ls latest', does: 'list everything in the newest snapshot' },
    { line: 'ls --long latest /etc /root', does: 'list two directories, with modes, owners, sizes and times' },
    { line: 'ls latest:/var/lib', does: 'take a directory for the root' },
  ],
  arguments: [
    { usage: '<snapshot>', description: `${SNAPSHOT_ARGUMENT}; with :/path for a part of it` },
    { usage: '[dir...]', description: 'Absolute paths of directories; everything when none is given' },
  ],
  options: {
    ...FILTER_OPTIONS,
    long: flag('Show mode, owner, group, size and time', { short: 'l' }),
    recursive: flag('Also what is in directories below those given'),
    ...LOCK_OPTIONS,
  },
  async run(context, [name, ...dirs], options) {
    const { output } = context;
    const directories = dirs.map(rawDirectory);
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    const { snapshot, path } = chooseInside(await listSnapshots(context, opened), name!, options);
    const start = await browse.findPath(vault, { tree: snapshot.tree, path, signal });
    output.record('snapshot', snapshotFields(snapshot));
    output.note(`Snapshot ${shortId(snapshot.id)} of ${snapshot.paths.join(', ')} at ${formatTime(snapshot.timeMs)}`);
    let count = 0;
    const show = (node: Node, at: string): void => {
      count++;
      output.line(options.long ? longLine(node, at) : textOfName(at));
      output.record('node', nodeFields(node, at));
    };
    const tree = browse.treeOf(start);
    if (tree === undefined && start.kind === 'entry') show(start.node, start.path);
    const enter = ({ path: at }: browse.WalkEntry): boolean => isOnTheWay(at, directories, options.recursive);
    if (tree !== undefined) {
      for await (const entry of browse.walkTree(vault, tree, { enter, signal })) {
        if (isListed(entry.path, directories, options.recursive)) show(entry.node, entry.path);
      }
    }
    output.summary({ nodes: count });
    return undefined;
  },
});

function rawDirectory(given: string): string {
  if (!given.startsWith('/'))
    throw new AppError('usage', { detail: `not an absolute path: ${given}`, hint: 'Begin directories with a slash.' });
  return Buffer.from(given).toString('latin1').replace(/\/+/g, '/').replace(/\/$/, '');
}

/** What is asked for is listed itself, with what is in it; deeper entries only when asked for. */
function isListed(path: string, directories: readonly string[], isRecursive: boolean): boolean {
  if (directories.length === 0) return true;
  const parent = path.slice(0, path.lastIndexOf('/'));
  return directories.some((directory) => {
    if (path === directory || parent === directory) return true;
    return isRecursive && path.startsWith(`${directory}/`);
  });
}

function isOnTheWay(path: string, directories: readonly string[], isRecursive: boolean): boolean {
  if (directories.length === 0) return true;
  return directories.some((directory) => {
    if (path === directory || directory.startsWith(`${path}/`)) return true;
    return isRecursive && path.startsWith(`${directory}/`);
  });
}
