/** Files that do not hold still, that may not be read, and streams that break off. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { syscalls } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { makeDepth } from './backup-tree.ts';
import { noise, World } from './backup-world.ts';

const MIB = 2 ** 20;
const MOVER = new URL('./mover.ts', import.meta.url).pathname;
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const DEEDS = ['grow', 'shrink', 'rewrite', 'replace', 'vanish', 'symlink', 'fifo', 'directory'];

describePeer('files that move', ['restic'], () => {
  let world: World;
  before(async () => {
    world = new World();
    await world.init();
  });
  after(() => world[Symbol.dispose]());

  for (const [sort, count, size] of [
    ['small', 40, 20_000],
    ['large', 2, 20 * MIB],
  ] as const)
    for (const deed of DEEDS)
      it(`${sort}, ${deed}`, { timeout: 60_000 }, async () => {
        const folder = `${sort}-${deed}`;
        fs.mkdirSync(world.at(folder));
        fs.writeFileSync(world.at('still'), 'still');
        for (let i = 0; i < count; i++) fs.writeFileSync(world.at(folder, `f${i}`), Buffer.alloc(size, i));
        const mover = await startMover([deed, world.at(folder), String(size)]);
        const ran = await world.ours([folder, 'still']).finally(() => stop(mover));
        assert.notEqual(ran.tree, '');
        for (const { path } of ran.problems) assert.ok(path.startsWith(world.at(folder)), path);
        await assertWhole(world, ran.tree, {
          size,
          isMixed: deed === 'rewrite' || deed === 'shrink' || deed === 'grow',
        });
      });

  it('leave a vault that is whole', () => {
    const checked = world.restic(['check', '--read-data']);
    assert.equal(checked.status, 0, checked.stderr + checked.stdout);
  });
});

/** Every file of the tree has the size its blobs add up to; one that was only ever replaced is of one piece. */
async function assertWhole(world: World, id: string, { size, isMixed }: { size: number; isMixed: boolean }) {
  await using vault = await world.open();
  let files = 0;
  const visit = async (treeId: string): Promise<void> => {
    for (const node of (await vault.loadTree(treeId as never)).nodes) {
      if (node.subtree !== undefined) await visit(node.subtree);
      if (node.type !== 'file') continue;
      files++;
      const parts = await Promise.all((node.content ?? []).map((blob) => vault.loadBlob('data', blob)));
      const bytes = Buffer.concat(parts);
      assert.equal(bytes.length, node.size, node.name);
      if (isMixed || bytes.length !== size) continue;
      assert.equal(bytes.compare(Buffer.alloc(size, bytes[0])), 0, `${node.name} is a mixture`);
    }
  };
  await visit(id);
  assert.ok(files > 0);
}

async function startMover(args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MOVER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('odd places', () => {
  it('deeper than a path may be long are captured', async () => {
    using world = new World();
    await world.init();
    makeDepth(world.at('depth'));
    const first = await world.ours(['depth']);
    assert.deepEqual([first.problems, first.counts.filesNew], [[], 1]);
    const again = await world.ours(['depth']);
    assert.deepEqual([again.counts.filesUnmodified, again.tree], [1, first.tree]);
    await using vault = await world.open();
    let tree = await vault.loadTree(first.tree as never);
    for (let level = 0; level <= 25; level++) tree = await vault.loadTree(tree.nodes[0]!.subtree!);
    assert.deepEqual(
      tree.nodes.map(({ name, type }) => [name, type]),
      [
        ['bottom', 'file'],
        ['link', 'symlink'],
      ],
    );
  });

  it('a fifo nobody writes to holds nothing up, be it given or found', async () => {
    using world = new World();
    await world.init();
    fs.mkdirSync(world.at('d'));
    syscalls.makeFifo(syscalls.CWD, world.at('d', 'fifo'), 0o600);
    syscalls.makeFifo(syscalls.CWD, world.at('fifo'), 0o600);
    const ran = await world.ours(['d', 'fifo'], { selection: { excludeIfPresent: ['fifo:x'] } });
    assert.deepEqual(ran.problems, []);
    assert.notEqual(ran.tree, '');
  });
});

describePeer('without the rights to read', ['root'], () => {
  let world: World;
  before(async () => {
    world = new World();
    await world.init();
    fs.mkdirSync(world.at('tree', 'closed'), { recursive: true });
    fs.mkdirSync(world.at('searchable', 'open'), { recursive: true });
    for (const name of ['tree/open', 'tree/secret', 'tree/large', 'tree/closed/x', 'searchable/open/y'])
      fs.writeFileSync(world.at(name), name);
    fs.truncateSync(world.at('tree/large'), 3 * MIB);
    syscalls.setXattr(syscalls.CWD, world.at('tree/secret'), { attribute: 'user.x', value: Buffer.from('x') });
    for (const name of ['tree/secret', 'tree/large', 'tree/closed']) fs.chmodSync(world.at(name), 0);
    fs.chmodSync(world.at('searchable'), 0o711);
    fs.chmodSync(world.folder, 0o755);
    spawnSync('chown', ['-R', 'nobody', world.path('vault')]);
  });
  after(() => world[Symbol.dispose]());

  it('each thing is told in a line, the rest is there, and the exit code is 3', () => {
    const ran = holdfast(world, ['backup', '--json', 'tree', 'searchable/open'], asNobody);
    assert.equal(ran.status, 3, ran.stderr);
    const lines = messages(ran.stdout + ran.stderr);
    const told = lines.filter((line) => line['message_type'] === 'warning').map((line) => String(line['item']));
    assert.deepEqual(
      told.map((path) => path.slice(world.source.length + 1)).toSorted(),
      ['tree/closed', 'tree/large', 'tree/secret'],
      ran.stdout + ran.stderr,
    );
    const summary = lines.at(-1)!;
    assert.deepEqual([summary['errors'], summary['files_new']], [3, 2]);
    assert.match(String(summary['snapshot_id']), /^[0-9a-f]{64}$/);
  });

  it('a target that cannot be read makes no snapshot, and the exit code is 1', () => {
    const before = world.files();
    for (const target of ['tree/secret', 'tree/closed', 'tree/closed/x', 'tree/large']) {
      const ran = holdfast(world, ['backup', target], asNobody);
      assert.equal(ran.status, 1, ran.stderr);
      assert.match(ran.stderr, /nothing to back up/);
    }
    assert.deepEqual(world.files(), before);
  });
});

describePeer('streams', ['restic'], () => {
  let world: World;
  before(async () => {
    world = new World();
    await world.init();
  });
  after(() => world[Symbol.dispose]());

  for (const size of [0, 1, 40 * MIB])
    it(`standard input of ${size} bytes`, async () => {
      const input = noise(5, size);
      const name = `dir/of ${size}`;
      const ran = holdfast(world, ['backup', '--stdin', '--stdin-filename', name, '--json'], { input });
      assert.equal(ran.status, 0, ran.stderr);
      const snapshot = String(messages(ran.stdout).at(-1)!['snapshot_id']);
      assert.equal(digest(world.dump(snapshot, `/${name}`)), digest(input));
    });

  it('slow ones and what a command gives', () => {
    const script = 'for i in 1 2 3; do echo part $i; sleep 0.2; done';
    const ran = holdfast(world, ['backup', '--stdin-from-command', '--', 'sh', '-c', script]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(world.restic(['dump', 'latest', '/stdin']).stdout, 'part 1\npart 2\npart 3\n');
  });

  const BROKEN: Record<string, string[]> = {
    'that fails': ['sh', '-c', 'exit 3'],
    'that fails after output': ['sh', '-c', 'head -c 3000000 /dev/urandom; echo no more >&2; exit 1'],
    'that is killed': ['sh', '-c', 'echo some; kill -9 $$'],
    'that gives nothing': ['true'],
    'that does not exist': ['/no/such/command'],
    'that was not given': [],
  };
  for (const [name, args] of Object.entries(BROKEN))
    it(`a command ${name} makes no snapshot`, () => {
      const before = fs.readdirSync(world.path('vault', 'snapshots'));
      const ran = holdfast(world, ['backup', '--stdin-from-command', '--', ...args]);
      assert.equal(ran.status, args.length === 0 ? 2 : 1, ran.stderr);
      assert.match(ran.stderr, /^error: /m);
      assert.deepEqual(fs.readdirSync(world.path('vault', 'snapshots')), before);
      assert.deepEqual(fs.readdirSync(world.path('vault', 'locks')), []);
    });

  it('leave a vault that is whole', () => {
    assert.equal(world.restic(['check', '--read-data']).status, 0);
  });
});

interface RunOptions {
  input?: Buffer;
  /** Put before the command. */
  prefix?: string[];
}

const asNobody: RunOptions = { prefix: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] };

/** The program as a process of its own. */
function holdfast(world: World, args: string[], { input, prefix = [] }: RunOptions = {}) {
  const [command = '', ...rest] = [...prefix, process.execPath, MAIN, ...args];
  const env = { PATH: process.env['PATH'], HOLDFAST_VAULT: world.path('vault'), HOLDFAST_PASSWORD: 'quick', HOME: '/' };
  return spawnSync(command, rest, { cwd: world.source, env, encoding: 'utf8', input: input ?? '', maxBuffer: 2 ** 28 });
}

function messages(text: string): Record<string, unknown>[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
