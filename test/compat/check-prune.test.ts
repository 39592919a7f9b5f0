/** Stock restic's vaults checked, pruned and repaired by us, and judged by stock restic; and the other way round. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { PackId } from '../../src/base/ids.ts';
import { simulated, systemClock, systemIdentity } from '../../src/host.ts';
import { openStorage } from '../../src/storage.ts';
import { check, openVault, prune, repair, type Vault } from '../../src/vault.ts';
import { cut, flip, gone, stray, writable } from './file-damage.ts';
import { openQuickRestic, type QuickRestic, skipWithoutRestic } from './quick-restic.ts';

const PASSWORD = 'quick';
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const RUN = { threads: 2, compression: 'auto', packBytesTarget: 4 << 20 } as const;

suite('checking, pruning and repairing beside restic', { skip: skipWithoutRestic }, () => {
  let restic: QuickRestic;
  let vaultPath: string;
  /** The vault with three snapshots, to start from each time. */
  let pristine: string;

  before(async () => {
    restic = openQuickRestic();
    vaultPath = join(restic.directory, 'vault');
    pristine = join(restic.directory, 'pristine');
    await backups(restic);
    cpSync(vaultPath, pristine, { recursive: true });
  });
  after(() => restic[Symbol.dispose]());

  function reset(): void {
    rmSync(vaultPath, { recursive: true });
    cpSync(pristine, vaultPath, { recursive: true });
  }

  async function open(): Promise<Vault> {
    return await openVault(await openStorage(vaultPath), {
      clock: systemClock,
      identity: systemIdentity(),
      password: PASSWORD,
    });
  }

  async function findings(): Promise<check.Finding[]> {
    await using vault = await open();
    const found: check.Finding[] = [];
    const options = { threads: 2, readData: 'all', random: simulated.seededRandom(1) } as const;
    const result = await check.checkVault(vault, { ...options, onFinding: (finding) => found.push(finding) });
    assert.ok(found.length > 0 || (result.packs > 0 && result.packsRead === result.packs && result.trees > 0));
    return found;
  }

  async function assertResticClean(): Promise<void> {
    const { status, stdout, stderr } = await restic.run(['check', '--read-data']);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /no errors were found/);
    assert.doesNotMatch(stdout + stderr, /not referenced|rebuild-index/);
  }

  /** Digest of what restic restores, by snapshot. */
  async function restored(): Promise<Record<string, string>> {
    const { stdout } = await restic.run(['snapshots', '--json']);
    const digests: Record<string, string> = {};
    for (const { id } of JSON.parse(stdout) as { id: string }[]) {
      const target = join(restic.directory, 'restored');
      const { status, stderr } = await restic.run(['restore', id, '--target', target]);
      assert.equal(status, 0, stderr);
      digests[id] = digestOf(target);
      rmSync(target, { recursive: true });
    }
    return digests;
  }

  function files(kind: 'data' | 'index' | 'snapshots'): string[] {
    return readdirSync(join(vaultPath, kind), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }

  /** The largest pack holds data. */
  function dataPack(): string {
    return files('data').sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
  }

  function run(...args: string[]): { status: number | null; output: string } {
    const env = { ...process.env, HOLDFAST_VAULT: vaultPath, HOLDFAST_PASSWORD: PASSWORD, NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  test('what we prune is clean to restic and restores the same', async () => {
    reset();
    const whole = await restored();
    await using vault = await open();
    const snapshots = await vault.listSnapshots();
    const [gone] = snapshots;
    await prune.executeForget(vault, { seen: snapshots.map(({ id }) => id), remove: [gone!.id] });
    const policy = { maxUnused: { share: 0 }, packBytesTarget: RUN.packBytesTarget } as const;
    const plan = await prune.planPrune(vault, policy, RUN);
    assert.ok(plan.totals.repackedPacks > 0 && plan.totals.freedBytes > 500_000);
    await prune.executePrune(vault, plan, RUN);
    await assertResticClean();
    const { [gone!.id]: _, ...kept } = whole;
    assert.deepEqual(await restored(), kept);
    const { stdout } = await restic.run(['prune', '--dry-run', '--max-unused', '0']);
    assert.match(stdout, /to repack:\s+0 blobs/);
    assert.match(stdout, /total prune:\s+0 blobs/);
    assert.deepEqual(await findings(), []);
  });

  test('what restic prunes is clean to us', async () => {
    reset();
    assert.deepEqual(await findings(), []);
    const { status } = await restic.run(['forget', '--keep-last', '1', '--prune', '--max-unused', '0']);
    assert.equal(status, 0);
    assert.deepEqual(await findings(), []);
  });

  test('an index made anew satisfies restic', async () => {
    const damages = [() => void gone(files('index')[0]!), () => files('index').map((file) => flip(file, 30))];
    for (const damage of damages) {
      reset();
      const whole = await restored();
      damage();
      assert.ok((await findings()).some(({ severity }) => severity === 'error'));
      await using vault = await open();
      await repair.executeRepairIndex(vault, await repair.planRepairIndex(vault, { readAllPacks: false }));
      await assertResticClean();
      assert.deepEqual(await restored(), whole);
    }
  });

  test('damaged packs and snapshots are repaired so that restic finds no fault', async () => {
    for (const damage of [
      (file: string) => flip(file, 1000),
      (file: string) => truncateSync(writable(file), 500_000),
    ]) {
      reset();
      const pack = dataPack();
      damage(pack);
      const name = pack.slice(-64) as PackId;
      assert.ok((await findings()).every(({ message }) => message.includes(name)));
      await using vault = await open();
      await repair.executeRepairPacks(vault, await repair.planRepairPacks(vault, { names: [name] }), RUN);
      const plan = await repair.planRepairSnapshots(vault);
      assert.ok(plan.repairs.length > 0 && plan.repairs.some(({ losses }) => losses.length > 0));
      await repair.executeRepairSnapshots(vault, plan, { forget: true });
      await assertResticClean();
      assert.equal(Object.keys(await restored()).length, 3);
      const { stdout } = await restic.run(['snapshots', '--tag', 'repaired', '--json']);
      assert.equal((JSON.parse(stdout) as unknown[]).length, plan.repairs.length);
    }
  });

  const STRAY = 'ab'.repeat(32);
  const MATRIX: [what: string, damage: () => string, expected: { status: number; text: RegExp }][] = [
    ['a flipped byte in a blob', () => flip(dataPack(), 100), { status: 1, text: /blob.*authentication tag is wrong/ }],
    ['a flipped byte in a header', () => flip(dataPack(), -20), { status: 1, text: /header whose authentication tag/ }],
    ['a flipped length word', () => flip(dataPack(), -1), { status: 1, text: /says its header has \d+ bytes/ }],
    ['a pack cut off', () => cut(dataPack()), { status: 1, text: /bytes where the index tells of/ }],
    ['a missing pack', () => gone(dataPack()), { status: 1, text: /in the index but not in the vault/ }],
    ['a damaged index', () => flip(files('index')[0]!, 40), { status: 1, text: /content does not match its name/ }],
    [
      'a damaged snapshot',
      () => flip(files('snapshots')[0]!, 40),
      { status: 1, text: /content does not match its name/ },
    ],
    ['a pack nobody knows', () => stray(join(vaultPath, 'data/ab', STRAY)), { status: 0, text: /hint: .*in no index/ }],
    [
      'a snapshot that is none',
      () => stray(join(vaultPath, 'snapshots', STRAY)),
      { status: 1, text: /does not match/ },
    ],
  ];
  for (const [what, damage, expected] of MATRIX)
    test(`check finds ${what} and says what to do`, () => {
      reset();
      const name = damage().slice(-64);
      const { status, output } = run('check', '--read-data');
      assert.equal(status, expected.status, output);
      assert.match(output, expected.text);
      assert.ok(output.includes(name) && output.includes('What to do: '), output);
    });

  test('a missing index shows, temporary files do not', () => {
    reset();
    writeFileSync(join(vaultPath, 'data', '00', 'left-tmp-behind'), 'x');
    writeFileSync(join(vaultPath, 'index', 'README'), 'x');
    assert.equal(run('check').status, 0);
    gone(files('index')[0]!);
    const { status, output } = run('check');
    assert.equal(status, 1);
    assert.match(output, /in no index/);
  });

  test('a check goes beside a backup and waits for nothing but removal', async () => {
    reset();
    await using vault = await open();
    {
      await using _ = await vault.lock({ exclusive: false });
      assert.equal(run('check', '--read-data-subset', '1/4').status, 0);
      assert.equal(run('prune').status, 11);
      assert.equal(run('forget', '--keep-last', '1', '--dry-run').status, 0);
    }
    await using _ = await vault.lock({ exclusive: true });
    assert.equal(run('check').status, 11);
  });

  test('the commands do what they say', async () => {
    reset();
    const dry = run('forget', '--keep-last', '1', '--prune', '--dry-run', '--json');
    const last = JSON.parse(dry.output.trimEnd().split('\n').at(-1)!);
    assert.deepEqual([last.message_type, last.kept, last.removed, last.dry_run], ['summary', 1, 2, true]);
    assert.ok(last.freed_bytes > 0);
    assert.equal(files('snapshots').length, 3);
    assert.match(run('forget', '--keep-last', '1').output, /last snapshot[\s\S]*Removed 2 snapshots/);
    assert.match(run('prune', '--max-unused', '0').output, /Done: .* freed/);
    await assertResticClean();
    const pack = dataPack();
    flip(pack, 100);
    assert.equal(run('repair', 'packs', pack.slice(-64), '--dry-run').status, 0);
    assert.ok(existsSync(pack));
    assert.equal(run('repair', 'packs', pack.slice(-64)).status, 3);
    assert.equal(run('repair', 'index').status, 0);
    assert.match(run('repair', 'snapshots', '--forget').output, /1 snapshot made anew/);
    await assertResticClean();
    assert.equal(run('check', '--read-data').status, 0);
    for (const wrong of [['forget'], ['check', '--read-data-subset', '9/7'], ['prune', '--max-unused', '200%']])
      assert.equal(run(...wrong).status, 2, wrong.join(' '));
  });
});

/** Three snapshots; each later one lacks some files of the one before and has others. */
async function backups(restic: QuickRestic): Promise<void> {
  const source = join(restic.directory, 'source');
  mkdirSync(join(source, 'deep/deeper'), { recursive: true });
  for (let i = 0; i < 60; i++) writeFileSync(join(source, `deep/text ${i}`), `line ${i}\n`.repeat(i * 20));
  for (let i = 0; i < 4; i++) writeFileSync(join(source, `deep/deeper/noise ${i}`), randomBytes(700_000));
  for (let round = 0; round < 3; round++) {
    rmSync(join(source, `deep/deeper/noise ${round}`));
    writeFileSync(join(source, `deep/deeper/late ${round}`), randomBytes(1_200_000));
    writeFileSync(join(source, `deep/text ${round}`), `changed ${round}\n`);
    const { status, stderr } = await restic.run(['backup', source]);
    assert.equal(status, 0, stderr);
  }
}

function digestOf(directory: string): string {
  const hash = createHash('sha256');
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeNs } = statSync(path, { bigint: true });
    hash.update(`${path}\0${mode}\0${mtimeNs}\0`);
    if (entry.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}
