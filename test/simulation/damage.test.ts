/**
 * Flipped bits and cut files in every kind of file of a vault, met by the commands. The table says with which exit code
 * each ends; an error names the file, nothing is lost, and once the file is whole again, so is the vault.
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { simulated } from '../../src/host.ts';
import { browse } from '../../src/vault.ts';
import { World } from '../compat/backup-world.ts';
import { assertSound, contents } from '../vaults.ts';
import { holdfast } from './program.ts';

const COMMANDS: Record<string, (world: World) => string[]> = {
  backup: ({ source }) => ['backup', '--threads', '1', '--host', 'alpha', source],
  restore: (world) => ['restore', 'latest', '--target', world.path('restored')],
  ls: () => ['ls', 'latest'],
  check: () => ['check', '--threads', '1'],
  'check --read-data': () => ['check', '--threads', '1', '--read-data'],
  prune: () => ['prune', '--threads', '1', '--max-unused', 'unlimited'],
};

type Damage = (bytes: Buffer) => Uint8Array;

const FLIP_MIDDLE: Damage = (bytes) => flipped(bytes, bytes.length >> 1);
const FLIP_END: Damage = (bytes) => flipped(bytes, bytes.length - 30);
const CUT: Damage = (bytes) => bytes.subarray(0, bytes.length >> 1);
const EMPTY: Damage = () => new Uint8Array(0);

interface Case {
  what: string;
  damage: Damage;
  /** Exit codes in the order of the commands; those of commands that cannot notice the damage are 0. */
  codes: number[];
  /** What the file is called in messages, before its id. */
  kind: string;
}

const CASES: Case[] = [
  { what: 'config', damage: FLIP_MIDDLE, codes: [1, 1, 1, 1, 1, 1], kind: 'config' },
  { what: 'config', damage: CUT, codes: [1, 1, 1, 1, 1, 1], kind: 'config' },
  { what: 'config', damage: EMPTY, codes: [1, 1, 1, 1, 1, 1], kind: 'config' },
  { what: 'keys', damage: FLIP_MIDDLE, codes: [1, 1, 1, 1, 1, 1], kind: 'key' },
  { what: 'keys', damage: CUT, codes: [1, 1, 1, 1, 1, 1], kind: 'key' },
  { what: 'snapshots', damage: FLIP_MIDDLE, codes: [3, 0, 0, 1, 1, 1], kind: 'snapshot' },
  { what: 'snapshots', damage: CUT, codes: [3, 0, 0, 1, 1, 1], kind: 'snapshot' },
  { what: 'snapshots', damage: EMPTY, codes: [3, 0, 0, 1, 1, 1], kind: 'snapshot' },
  { what: 'index', damage: FLIP_MIDDLE, codes: [1, 1, 1, 1, 1, 1], kind: 'index' },
  { what: 'index', damage: CUT, codes: [1, 1, 1, 1, 1, 1], kind: 'index' },
  { what: 'index', damage: EMPTY, codes: [1, 1, 1, 1, 1, 1], kind: 'index' },
  { what: 'trees', damage: FLIP_MIDDLE, codes: [3, 0, 0, 1, 1, 1], kind: 'pack' },
  { what: 'trees', damage: CUT, codes: [3, 0, 0, 1, 1, 1], kind: 'pack' },
  { what: 'trees', damage: EMPTY, codes: [3, 0, 0, 1, 1, 1], kind: 'pack' },
  { what: 'data', damage: FLIP_MIDDLE, codes: [0, 3, 0, 0, 1, 0], kind: 'pack' },
  { what: 'data', damage: FLIP_END, codes: [0, 0, 0, 0, 1, 0], kind: 'pack' },
  { what: 'data', damage: CUT, codes: [0, 3, 0, 1, 1, 1], kind: 'pack' },
  { what: 'data', damage: EMPTY, codes: [0, 3, 0, 1, 1, 1], kind: 'pack' },
  { what: 'locks', damage: FLIP_MIDDLE, codes: [11, 11, 11, 11, 11, 11], kind: 'lock' },
  { what: 'locks', damage: EMPTY, codes: [11, 11, 11, 11, 11, 11], kind: 'lock' },
];

describe('a damaged file in a vault', () => {
  const world = new World();
  let kept: Map<string, string>;
  const paths = new Map<string, string>();
  const environment = { HOLDFAST_VAULT: world.path('struck'), HOLDFAST_PASSWORD: 'quick' };

  before(async () => {
    await world.init();
    writeFileSync(world.at('first'), simulated.seededRandom(1).bytes(50_000));
    await world.ours([world.source], { threads: 1 });
    paths.set('snapshots', onlyFile(world, 'snapshots'));
    paths.set('index', onlyFile(world, 'index'));
    writeFileSync(world.at('second'), simulated.seededRandom(2).bytes(50_000));
    await world.ours([world.source], { threads: 1 });
    paths.set('config', 'config');
    paths.set('keys', onlyFile(world, 'keys'));
    await using vault = await world.open();
    const latest = (await vault.listSnapshots()).at(-1)!;
    paths.set('trees', packPath((await vault.placeOf('tree', latest.tree)).pack));
    const { table, packs } = await vault.index();
    const blob = Array.from({ length: table.count }, (_, at) => at).find((at) => table.kindOf(at) === 'data')!;
    paths.set('data', packPath(packs[table.packOf(blob)]!));
    kept = await contents(vault);
    assert.equal(kept.size, 2);
    writeFileSync(world.at('third'), simulated.seededRandom(3).bytes(50_000));
  });
  after(() => world[Symbol.dispose]());

  for (const each of CASES)
    it(`${each.what}, ${nameOf(each.damage)}: exit codes ${each.codes.join(' ')}`, async () => {
      copyVault();
      const relative = each.what === 'locks' ? leaveLock() : paths.get(each.what)!;
      const path = world.path('struck', relative);
      const whole = readFileSync(path);
      strike(path, each.damage);
      const id = relative.split('/').at(-1)!;
      await runAll(each.codes, id === 'config' ? /config/ : new RegExp(`(${each.kind} |/)${id}`));
      assert.ok(existsSync(path), 'the file is left for repair');
      writeFileSync(path, whole);
      await using vault = await world.open('struck');
      if (each.what === 'locks') rmSync(path);
      await assertSound(world.storage('struck'), vault, kept);
      assert.deepEqual(readdirSync(world.path('struck', 'locks')), []);
    });

  it('a backup of what has not changed stores damaged trees anew instead of referring to them', async () => {
    for (const damage of [FLIP_MIDDLE, EMPTY]) {
      copyVault();
      rmSync(world.at('third'), { force: true });
      strike(world.path('struck', paths.get('trees')!), damage);
      assert.equal((await holdfast(COMMANDS['ls']!(world), environment)).status, 1);
      assert.equal((await holdfast(COMMANDS['backup']!(world), environment)).status, 3);
      await using vault = await world.open('struck');
      const [latest] = (await vault.listSnapshots()).slice(-1);
      for await (const { node } of browse.walkTree(vault, latest!.tree))
        for await (const _ of browse.contentOf(vault, node));
    }
  });

  /** Runs every command; each ends with its code, and who fails names the file. */
  async function runAll(codes: readonly number[], name: RegExp): Promise<void> {
    const found: number[] = [];
    const said: string[] = [];
    for (const [command, argsOf] of Object.entries(COMMANDS)) {
      rmSync(world.path('restored'), { recursive: true, force: true });
      const { status, stdout, stderr } = await holdfast(argsOf(world), environment);
      found.push(status);
      said.push(`--- ${command}: ${status}\n${stdout}${stderr}`);
      if (status !== 0 && !name.test(stdout + stderr)) said.push(`--- ${command} does not name ${name}`);
    }
    assert.deepEqual(found, codes, said.join('\n'));
    assert.doesNotMatch(said.join('\n'), /does not name/);
  }

  function copyVault(): void {
    rmSync(world.path('struck'), { recursive: true, force: true });
    cpSync(world.path('vault'), world.path('struck'), { recursive: true });
  }

  /** A lock as another host may hold it; its content plays no part. */
  function leaveLock(): string {
    const name = 'c'.repeat(64);
    writeFileSync(world.path('struck', 'locks', name), simulated.seededRandom(4).bytes(150));
    return join('locks', name);
  }
});

function packPath(name: string): string {
  return join('data', name.slice(0, 2), name);
}

function strike(path: string, damage: Damage): void {
  chmodSync(path, 0o600);
  writeFileSync(path, damage(readFileSync(path)));
}

function flipped(bytes: Buffer, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 0x10;
  return copy;
}

function onlyFile(world: World, directory: string): string {
  const names = readdirSync(world.path('vault', directory));
  assert.equal(names.length, 1);
  return join(directory, names[0]!);
}

function nameOf(damage: Damage): string {
  if (damage === EMPTY) return 'empty';
  if (damage === CUT) return 'cut to half';
  return damage === FLIP_END ? 'a bit flipped near the end' : 'a bit flipped in the middle';
}
