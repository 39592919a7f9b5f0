/**
 * No false green: whatever goes wrong, the time of the last success stays where it was, the exit code says so, and a
 * notice leaves. Each kind of failure strikes a plan that succeeded before, and the plan succeeds again when it is over.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { GreenWorld, type PlanText } from './false-green-world.ts';

interface Case {
  name: string;
  plan: (world: GreenWorld) => PlanText;
  spoil: (world: GreenWorld, plan: string) => void;
  mend: (world: GreenWorld, plan: string) => void;
  exit: number;
  code: string;
}

/** A program that does what its file says now. */
function script(world: GreenWorld, name: string, body: string): string {
  const path = world.at(name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const ofCommand = (file: string) => (world: GreenWorld) => ({
  sources: [{ command: [script(world, file, 'seq 1000')], as: 'dump.sql', minSize: 100, timeLimit: '5s' }],
});
const ofHook = (moment: string) => (world: GreenWorld) => ({
  sources: [{ files: [world.at('source')] }],
  hooks: { [moment]: [{ command: [script(world, `hook-${moment}`, 'true')], timeLimit: '5s' }] },
});

const CASES: Case[] = [
  {
    name: 'the source is missing',
    plan: (world) => {
      mkdirSync(world.at('gone'));
      writeFileSync(world.at('gone/file'), 'content');
      return { sources: [{ files: [world.at('gone')] }] };
    },
    spoil: (world) => renameSync(world.at('gone'), world.at('moved')),
    mend: (world) => renameSync(world.at('moved'), world.at('gone')),
    exit: 1,
    code: 'source-missing',
  },
  {
    name: 'one of two sources is missing',
    plan: (world) => {
      mkdirSync(world.at('there'));
      return { sources: [{ files: [world.at('source'), world.at('there')] }] };
    },
    spoil: (world) => rmSync(world.at('there'), { recursive: true }),
    mend: (world) => void mkdirSync(world.at('there')),
    exit: 3,
    code: 'incomplete',
  },
  {
    name: 'a file cannot be read to its end',
    plan: (world) => ({ sources: [{ files: [world.at('source')] }] }),
    // It opens, and then fails with EIO whoever reads it.
    spoil: (world, plan) => world.configure(plan, { sources: [{ files: [world.at('source'), '/proc/self/mem'] }] }),
    mend: (world, plan) => world.configure(plan, { sources: [{ files: [world.at('source')] }] }),
    exit: 3,
    code: 'incomplete',
  },
  {
    name: 'a command fails halfway',
    plan: ofCommand('halfway'),
    spoil: (world) => void script(world, 'halfway', 'seq 100000; echo cut off >&2; exit 7'),
    mend: (world) => void script(world, 'halfway', 'seq 1000'),
    exit: 1,
    code: 'source-failed',
  },
  {
    name: 'a command is killed in the middle of its output',
    plan: ofCommand('killed'),
    spoil: (world) => void script(world, 'killed', 'seq 100000; kill -9 $$'),
    mend: (world) => void script(world, 'killed', 'seq 1000'),
    exit: 1,
    code: 'command-failed',
  },
  {
    name: 'a dump is empty',
    plan: ofCommand('empty'),
    spoil: (world) => void script(world, 'empty', 'exit 0'),
    mend: (world) => void script(world, 'empty', 'seq 1000'),
    exit: 1,
    code: 'command-empty',
  },
  {
    name: 'a dump is only its header',
    plan: ofCommand('header'),
    spoil: (world) => void script(world, 'header', 'echo -- dump'),
    mend: (world) => void script(world, 'header', 'seq 1000'),
    exit: 1,
    code: 'command-empty',
  },
  {
    name: 'a command hangs',
    plan: ofCommand('hanging'),
    spoil: (world) => void script(world, 'hanging', 'seq 1000; exec sleep 60'),
    mend: (world) => void script(world, 'hanging', 'seq 1000'),
    exit: 1,
    code: 'command-timeout',
  },
  {
    name: 'the program of a source is gone',
    plan: ofCommand('tool'),
    spoil: (world) => rmSync(world.at('tool')),
    mend: (world) => void script(world, 'tool', 'seq 1000'),
    exit: 1,
    code: 'command-missing',
  },
  {
    name: 'a hook before fails',
    plan: ofHook('before'),
    spoil: (world) => void script(world, 'hook-before', 'exit 1'),
    mend: (world) => void script(world, 'hook-before', 'true'),
    exit: 1,
    code: 'hook-failed',
  },
  {
    name: 'a hook after fails',
    plan: ofHook('after'),
    spoil: (world) => void script(world, 'hook-after', 'exit 1'),
    mend: (world) => void script(world, 'hook-after', 'true'),
    exit: 1,
    code: 'hook-failed',
  },
  {
    name: 'the vault is gone',
    plan: (world) => ({ sources: [{ files: [world.at('source')] }] }),
    spoil: (world) => renameSync(world.at('vault'), world.at('elsewhere')),
    mend: (world) => renameSync(world.at('elsewhere'), world.at('vault')),
    exit: 10,
    code: 'vault-missing',
  },
  {
    name: 'the password is another one',
    plan: (world) => ({ sources: [{ files: [world.at('source')] }] }),
    spoil: (world) => writeFileSync(world.at('password'), 'other'),
    mend: (world) => writeFileSync(world.at('password'), 'secret'),
    exit: 12,
    code: 'password-wrong',
  },
  {
    name: 'the password file is gone',
    plan: (world) => ({ sources: [{ files: [world.at('source')] }] }),
    spoil: (world) => renameSync(world.at('password'), world.at('password-elsewhere')),
    mend: (world) => renameSync(world.at('password-elsewhere'), world.at('password')),
    exit: 2,
    code: 'secret-missing',
  },
];

describe('no false green', () => {
  let world: GreenWorld;
  before(async () => {
    world = await GreenWorld.open();
    await world.makeVault(world.at('vault'));
  });
  after(() => world[Symbol.asyncDispose]());

  for (const [number, { name, plan, spoil, mend, exit, code }] of CASES.entries())
    it(`when ${name}`, async () => {
      const subject = `plan${number}`;
      world.configure(subject, plan(world));
      await strike(world, subject, { spoil, mend, exit, code });
    });
});

/** Success, failure, success; what each must leave behind. */
async function strike(
  world: GreenWorld,
  plan: string,
  { spoil, mend, exit, code }: Pick<Case, 'spoil' | 'mend' | 'exit' | 'code'>,
): Promise<void> {
  const first = await world.holdfast('run', plan);
  assert.equal(first.status, 0, first.stderr);
  const good = await world.status(plan);
  assert.equal(good['state'], 'ok');
  world.heard.length = 0;
  spoil(world, plan);
  let failed: Awaited<ReturnType<typeof world.holdfast>>;
  try {
    failed = await world.holdfast('run', plan);
  } finally {
    mend(world, plan);
  }
  const bad = await world.status(plan);
  assert.equal(failed.status, exit, `${failed.text}${failed.stderr}`);
  assert.equal(bad['last_success'], good['last_success'], 'the time of the last success has moved');
  assert.equal(bad['proven_snapshot'], good['proven_snapshot'], 'a failed run has become the proven point');
  assert.notEqual(bad['state'], 'ok');
  const { error_code: kept, log } = bad['last_run'] as Record<string, string>;
  assert.equal(kept, code);
  assert.match(readFileSync(log!, 'utf8').trimEnd().split('\n').at(-1)!, /"level":"error"/);
  assert.deepEqual(
    world.heard.map((each) => [each.kind, each.plan]),
    [['failure', plan]],
    'exactly one notice of the failure leaves',
  );
  const again = await world.holdfast('run', plan);
  assert.equal(again.status, 0, again.stderr);
  assert.ok(String((await world.status(plan))['last_success']) > String(good['last_success']));
  assert.deepEqual(
    world.heard.slice(1).map((each) => [each.kind, each.plan]),
    [['recovery', plan]],
  );
}

describePeer('no false green on a full disk', ['root'], () => {
  it('when the vault is full', async () => {
    await using world = await GreenWorld.open();
    const small = world.mount('small', '6m');
    await world.makeVault(join(small, 'vault'));
    world.configure('full', { vault: 'small', sources: [{ files: [world.at('source')] }] });
    const filler = join(small, 'filler');
    await strike(world, 'full', {
      spoil: () => {
        writeFileSync(
          world.at('source/new'),
          Buffer.alloc(3 << 20, 'incompressible?').map((byte, at) => (byte * at) % 251),
        );
        fill(filler);
      },
      mend: () => rmSync(filler),
      exit: 1,
      code: 'storage-full',
    });
  });
});

/** Takes all the space there is. */
function fill(path: string): void {
  for (let size = 1 << 20; size >= 4096; size >>= 1)
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
}

describe('no false green in the vault', () => {
  it('when a pack is damaged, a verification takes the proof away and says so', async () => {
    await using world = await GreenWorld.open();
    await world.makeVault(world.at('vault'));
    world.configure('etc', { sources: [{ files: [world.at('source')] }] });
    assert.equal((await world.holdfast('run', 'etc')).status, 0);
    const packs = readdirSync(world.at('vault/data'), { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    assert.ok(packs.length > 0);
    for (const { parentPath, name } of packs) {
      const path = join(parentPath, name);
      const bytes = readFileSync(path);
      bytes[10]! ^= 1;
      chmodSync(path, 0o600);
      writeFileSync(path, bytes);
    }
    world.heard.length = 0;
    const found = await world.holdfast('run', '--verify', 'main');
    assert.equal(found.status, 1, found.text);
    const status = await world.status('etc');
    assert.deepEqual([status['state'], status['proven_snapshot']], ['unproven', null]);
    const checked = await world.holdfast('status', '--check');
    assert.equal(checked.status, 1);
    assert.match(checked.stderr, /1 plan and 1 vault not ok/);
    assert.deepEqual(
      world.heard.map(({ kind, lines }) => [kind, /damaged/.test(lines.join('\n'))]),
      [['failure', true]],
    );
  });
});
