import { join } from 'node:path';
import { formatBytes } from '../base/bytes.ts';
import { AppError, hasCode } from '../base/errors.ts';
import { live } from '../cluster.ts';
import { bundle } from '../failover.ts';
import { systemProcesses, systemRandom } from '../host.ts';
import { localEnd, make, type ShelfEnd, type ShelfItem, type ShelfOptions } from '../shelf.ts';
import type { Context } from './context.ts';
import { makeFolder, makePrivate, makeRoot } from './ha-bundle-folder.ts';
import { type FindHost, LOCAL, openHosts } from './ha-mmp-devices.ts';
import { text } from './options.ts';
import { defineCommand } from './spec.ts';
import { suggestion } from './suggest.ts';
import { counted, printable } from './text.ts';

const CATEGORY = 'support';

export const command = defineCommand({
  description:
    'Gathers from all nodes of a cluster, over ssh, what a support case needs: configuration, the CIB and its past, state, ' +
    'the ends of the logs, multiple-mount protection of the shared devices, versions. Passwords and keys are taken out, ' +
    'wherever they turn up. Packed as one dated archive with sidecars, in the layout of a shelf. manifest.json in it names ' +
    'all that could not be had; a node that is dead is named there and stops nothing. Exit code 3 when a node could not be ' +
    'reached or something that is there could not be read. Look through it before it leaves the house: logs may hold what ' +
    'nobody can know to be secret.',
  examples: [
    { line: 'ha bundle --to /root/support', does: 'gather from this machine and all other nodes of its cluster' },
    { line: 'ha bundle --to /root/support oss1 oss2', does: 'gather from these hosts' },
    { line: 'ha bundle --shelf support --item ha/pair1 oss1 oss2', does: 'put it on a shelf of the configuration' },
  ],
  arguments: [
    { usage: '[host...]', description: 'Hosts of the configuration, or names that ssh knows; local is this one' },
  ],
  options: {
    to: text('dir', `Folder that gets ${CATEGORY}/NAME/YYYY/MM/DD/HHMMSS/NAME.tar.gz`),
    name: text('name', 'With --to: the NAME in it (default cluster)'),
    shelf: text('shelf', 'Put it on this shelf of the configuration instead'),
    item: text('category/name', 'With --shelf: its item, where it has several'),
  },
  async run(context, hosts, values) {
    const { output, signal, clock, version } = context;
    const place = await placeOf(context, values);
    if (values.to !== undefined) await makeRoot(values.to);
    await using end = localEnd(place.shelf.root, { onProblem: () => undefined });
    // Rather than when all is gathered.
    await end.freeBytes();
    const find = await openHosts(context);
    const names = hosts.length > 0 ? [...new Set(hosts)] : await membersOf(context, find);
    using progress = output.progress();
    let done = 0;
    const onItem = (): void => progress.update({ filesDone: ++done, bytesDone: 0 });
    const nodes = await Promise.all(names.map((name) => bundle.gatherNode(find(name), { signal, onItem })));
    const made = bundle.bundleOf(nodes, { nowMs: clock.nowMs(), version });
    const put = await pack(context, made, { ...place, end });
    progress.end();
    show(context, made);
    output.line(printable(`Put ${join(place.shelf.root, put.path)}: ${formatBytes(put.bytes)}.`));
    output.record('put', {
      path: put.path,
      root: place.shelf.root,
      bytes: put.bytes,
      md5: put.md5,
      sha256: put.sha256,
    });
    const lacking = made.nodes.filter(({ isReached, missing }) => !isReached || missing.some(isTrouble));
    output.summary({
      path: join(place.shelf.root, put.path),
      nodes: made.nodes.length,
      reached: made.nodes.filter(({ isReached }) => isReached).length,
      secrets_removed: made.secretsRemoved,
    });
    if (made.nodes.every(({ isReached }) => !isReached))
      throw new AppError('failed', {
        detail: 'no node could be reached',
        hint: 'The archive holds only the manifest.',
      });
    return lacking.length > 0 ? 'incomplete' : undefined;
  },
});

type Missing = bundle.Bundle['nodes'][number]['missing'][number];

/** What is left out on purpose is no trouble, nor what most nodes have not. */
function isTrouble({ isAbsent, isChosen }: Missing): boolean {
  return !isAbsent && !isChosen;
}

interface Place {
  shelf: ShelfOptions;
  item: ShelfItem;
}

async function placeOf(
  context: Context,
  {
    to,
    name,
    shelf,
    item,
  }: { to: string | undefined; name: string | undefined; shelf: string | undefined; item: string | undefined },
): Promise<Place> {
  if ((to === undefined) === (shelf === undefined))
    throw new AppError('usage', { detail: 'the bundle needs a place', hint: 'Give --to DIR or --shelf NAME.' });
  if (shelf !== undefined) {
    if (name !== undefined) throw new AppError('usage', { detail: '--name belongs to --to', hint: 'Give --item.' });
    return await shelfPlace(context, shelf, item);
  }
  if (item !== undefined) throw new AppError('usage', { detail: '--item belongs to --shelf', hint: 'Give --name.' });
  const own = name ?? 'cluster';
  if (!/^\w[\w.-]*$/.test(own)) throw new AppError('usage', { detail: `${own} is no name for a folder` });
  const one: ShelfItem = { category: CATEGORY, name: own, file: '*.tar.gz', perDay: 1, minBytes: 1, keep: 1 };
  const options = { name: CATEGORY, root: to!, layout: 'dated', items: [one], timezone: undefined };
  return { shelf: { ...options, sidecars: ['dna', 'sha256'] }, item: one };
}

async function shelfPlace(
  { configFile, environment }: Context,
  name: string,
  wanted: string | undefined,
): Promise<Place> {
  const [{ loadConfig }, { shelfOptions }] = await Promise.all([import('../config.ts'), import('./shelf-open.ts')]);
  const { config } = await loadConfig({ file: configFile, environment });
  const found = Object.hasOwn(config.shelves, name) ? config.shelves[name] : undefined;
  if (found === undefined) {
    const names = Object.keys(config.shelves);
    const hint = suggestion(name, names) ?? `There are: ${names.join(', ') || 'none'}.`;
    throw new AppError('shelf-missing', { detail: name, hint });
  }
  const shelf = shelfOptions(name, found, config.timezone);
  const items = shelf.items.filter((item) => wanted === undefined || `${item.category}/${item.name}` === wanted);
  if (items.length === 1) return { shelf, item: items[0]! };
  const all = shelf.items.map((item) => `${item.category}/${item.name}`).join(', ');
  throw new AppError('usage', { detail: `which item of the shelf ${name}`, hint: `Give one with --item: ${all}.` });
}

/** This machine, and all others that its cluster names; alone where no cluster answers, which is when it is needed most. */
async function membersOf({ clock, signal, output }: Context, find: FindHost): Promise<string[]> {
  const seat = find(LOCAL);
  try {
    const { nodes } = await live.readState(seat, { clock, signal });
    const own = (await ownName(seat, { clock, signal })) ?? '';
    const members = nodes.filter(({ kind }) => kind === 'member' || kind === 'unknown').map(({ name }) => name);
    return [LOCAL, ...members.filter((name) => name !== own)];
  } catch (error) {
    if (!hasCode(error, 'command-missing', 'command-timeout', 'cluster-down', 'cluster-denied', 'cluster-unclear'))
      throw error;
    output.warn(`who else is in the cluster is not known: ${error.message}`);
    return [LOCAL];
  }
}

async function ownName(seat: live.Seat, options: live.ReadOptions): Promise<string | undefined> {
  const { text, exitCode } = await live.runTool(seat, ['uname', '-n'], options);
  return exitCode === 0 ? text.trim() : undefined;
}

async function pack({ clock, signal }: Context, made: bundle.Bundle, { shelf, item, end }: Place & { end: ShelfEnd }) {
  await using folder = await makeFolder(item.name, made.files);
  const put = await make.putArchive(end, {
    shelf,
    item,
    file: undefined,
    nowMs: clock.nowMs(),
    token: Buffer.from(systemRandom.bytes(6)).toString('hex'),
    signal,
    content: (file) => make.packFolder(folder.path, file, { processes: systemProcesses, signal }),
  });
  await makePrivate(join(shelf.root, put.path));
  return put;
}

function show({ output }: Context, { nodes, secretsRemoved }: bundle.Bundle): void {
  output.table(
    [{ title: '' }, { title: 'Node' }, { title: 'Files', align: 'right' }, { title: 'Not had', flexible: 'start' }],
    nodes.map(({ name, isReached, files, missing }) => {
      const trouble = missing.filter(isTrouble);
      const first = trouble[0];
      const told =
        first === undefined
          ? ''
          : `${first.what}: ${first.why}${trouble.length > 1 ? ` (and ${trouble.length - 1} more)` : ''}`;
      return [!isReached ? '✘' : trouble.length > 0 ? '!' : '✔', name, String(files), told];
    }),
  );
  for (const { name, isReached, files, missing } of nodes)
    output.record('node', {
      node: name,
      reached: isReached,
      files,
      missing: missing.filter(isTrouble).map(({ what, why }) => ({ what, why })),
    });
  output.note(
    `${counted(secretsRemoved, 'secret')} taken out wherever they stood. manifest.json in it names all that is missing.`,
  );
}
