import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  assertSound,
  type Checked,
  check,
  contents,
  copyOf,
  namesOf,
  type SmallVault,
  smallVault,
  vaultOn,
} from '../../test/vaults.ts';
import { fileId, idBytes } from '../base/ids.ts';
import { simulated } from '../host.ts';
import { type FileKind, faultStorage, type Storage } from '../storage.ts';
import { BlobSaver } from './blob-saver.ts';
import { choosePacks } from './check/subset.ts';
import { checkVault, parseSubset } from './check.ts';
import { headerLength } from './pack-file.ts';

/** Kinds of what is found about `name`, without repetitions. */
function kindsAbout({ findings }: Checked, name: string): string[] {
  const about = findings.filter(({ id, message }) => id === name || message.includes(name));
  return [...new Set(about.map(({ kind }) => kind))].sort();
}

/** Every file of a kind in turn, changed by `change` in a copy of the vault; undefined removes it. */
async function* damage(
  { storage }: SmallVault,
  kind: FileKind,
  change: (bytes: Uint8Array, name: string) => Uint8Array | undefined,
): AsyncGenerator<{ name: string; copy: Storage }> {
  const names = await namesOf(storage, kind);
  assert.ok(names.length > 1);
  for (const name of names) {
    const copy = await copyOf(storage);
    const bytes = change(await storage.load({ kind, name }), name);
    if (bytes === undefined) await copy.remove({ kind, name });
    else await copy.save({ kind, name }, bytes);
    yield { name, copy };
  }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at < 0 ? bytes.length + at : at]! ^= 4;
  return bytes;
}

for (const threads of [0, 2])
  test(`a good vault has no findings, with ${threads} threads`, async () => {
    const { storage, vault } = await smallVault();
    const packs = await namesOf(storage, 'pack');
    const { findings, ...result } = await check(storage, vault, threads);
    assert.deepEqual(findings, []);
    assert.deepEqual([result.errors, result.hints, result.snapshots, result.indexFiles], [0, 0, 3, 3]);
    assert.deepEqual([result.packs, result.packsRead], [packs.length, packs.length]);
    assert.equal(result.trees, 9);
    assert.deepEqual([result.blobs, result.bytesRead > 50_000], [54, true]);
  });

test('checking changes nothing', async () => {
  const { storage, vault } = await smallVault();
  const counted = faultStorage(storage);
  await check(counted, vault);
  assert.equal(counted.mutations, 0);
});

for (const [what, change] of [
  ['the first byte of a pack', (bytes: Uint8Array) => flipped(bytes, 0)],
  ['a tag of a pack', (bytes: Uint8Array) => flipped(bytes, 60)],
  ['the header of a pack', (bytes: Uint8Array) => flipped(bytes, -headerLength(bytes, bytes.length, ''))],
  ['the length word of a pack', (bytes: Uint8Array) => flipped(bytes, -4)],
] as const)
  test(`a flipped bit in ${what} is found by reading`, async () => {
    const small = await smallVault();
    for await (const { name, copy } of damage(small, 'pack', change)) {
      const found = await check(copy, small.vault);
      assert.ok(found.errors > 0 && kindsAbout(found, name).includes('pack-damaged'), `pack ${name}`);
    }
  });

test('packs cut off, lengthened and missing are found without reading them', async () => {
  const small = await smallVault();
  const structure = async (storage: Storage): Promise<string[]> => {
    const found: string[] = [];
    const options = { threads: 0, random: simulated.seededRandom(1) };
    await checkVault(vaultOn(storage, small.vault), {
      ...options,
      onFinding: ({ kind, id }) => found.push(`${kind} ${id}`),
    });
    return found;
  };
  for await (const { name, copy } of damage(small, 'pack', (bytes) => bytes.subarray(0, bytes.length >> 1)))
    assert.ok((await structure(copy)).includes(`pack-size ${name}`));
  for await (const { name, copy } of damage(small, 'pack', (bytes) => Buffer.concat([bytes, Buffer.of(0)])))
    assert.ok((await structure(copy)).includes(`pack-size ${name}`));
  for await (const { name, copy } of damage(small, 'pack', () => undefined))
    assert.ok((await structure(copy)).includes(`pack-missing ${name}`));
});

test('reading a pack that is cut off tells what is lost', async () => {
  const small = await smallVault();
  for await (const { name, copy } of damage(small, 'pack', (bytes) => bytes.subarray(0, bytes.length >> 1))) {
    const kinds = kindsAbout(await check(copy, small.vault), name);
    assert.ok(
      ['blob-damaged', 'pack-damaged', 'pack-size'].every((kind) => kinds.includes(kind)),
      `${kinds}`,
    );
  }
});

test('a missing index shows in what is not indexed any more', async () => {
  const small = await smallVault();
  for await (const { copy } of damage(small, 'index', () => undefined)) {
    const found = await check(copy, small.vault);
    const kinds = new Set(found.findings.map(({ kind }) => kind));
    assert.ok(found.errors > 0 && found.hints > 0);
    assert.ok(kinds.has('pack-orphan') && (kinds.has('tree-missing') || kinds.has('blob-missing')));
  }
});

for (const kind of ['index', 'snapshot'] as const)
  test(`damaged ${kind} files are named`, async () => {
    const small = await smallVault();
    for (const change of [(bytes: Uint8Array) => flipped(bytes, 40), (bytes: Uint8Array) => bytes.subarray(0, 20)])
      for await (const { name, copy } of damage(small, kind, change)) {
        const found = await check(copy, small.vault);
        assert.ok(kindsAbout(found, name).includes(`${kind}-damaged`));
        assert.ok(found.errors > 0);
      }
  });

test('files that do not belong there are named or passed over', async () => {
  const { storage, vault } = await smallVault();
  const name = 'ab'.repeat(32);
  await storage.save({ kind: 'pack', name }, Buffer.from('stray'));
  const found = await check(storage, vault);
  assert.deepEqual([found.errors, found.hints, kindsAbout(found, name)], [0, 1, ['pack-orphan']]);
  await storage.save({ kind: 'snapshot', name }, Buffer.from('stray'));
  assert.deepEqual(kindsAbout(await check(storage, vault), name), ['pack-orphan', 'snapshot-damaged']);
});

test('a pack in several index files and packs of both kinds are hints', async () => {
  const { storage, vault } = await smallVault();
  const kept = await contents(vault);
  const [index] = await namesOf(storage, 'index');
  const text = Buffer.from(await vault.documents.load('index', fileId(index!))).toString();
  await vault.documents.save('index', text);
  const found = await check(storage, vault);
  assert.equal(found.errors, 0);
  assert.ok(found.hints > 0 && found.findings.every(({ kind }) => kind === 'pack-repeated'));
  await assertSound(storage, vault, kept);
});

test('trees that break the rules are found', async () => {
  const { storage, vault, snapshots } = await smallVault();
  const node =
    '"mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z","uid":0,"gid":0';
  const entry = (name: string, rest: string): string => `{"name":"${name}",${rest.replace('…', node)}}`;
  const missing = 'ef'.repeat(32);
  const cases: [string, string][] = [
    [
      `{"nodes":[${entry('b', '"type":"fifo",…,"content":null')},${entry('a', '"type":"fifo",…,"content":null')}]}\n`,
      'tree-invalid',
    ],
    [`{"nodes":[${entry('a', '"type":"file",…,"content":null')}]}\n`, 'tree-invalid'],
    [`{"nodes":[${entry('a', '"type":"dir",…,"content":null')}]}\n`, 'tree-invalid'],
    [`{"nodes":[${entry('a', '"type":"alien",…,"content":null')}]}\n`, 'tree-damaged'],
    [`{"nodes":[${entry('a', `"type":"file",…,"content":["${missing}"]`)}]}\n`, 'blob-missing'],
    [`{"nodes":[${entry('a', `"type":"dir",…,"content":null,"subtree":"${missing}"`)}]}\n`, 'tree-missing'],
    ['no tree', 'tree-damaged'],
  ];
  const { id: _, timeMs: __, ...document } = snapshots[0]!;
  for (const [text, kind] of cases) {
    const copy = await copyOf(storage);
    const changed = vaultOn(copy, vault);
    const saver = new BlobSaver(changed, { compression: 'auto', packBytesTarget: 4096 });
    const id = createHash('sha256').update(text).digest('hex');
    await saver.add('tree', Buffer.from(text), idBytes(id));
    await saver.finish();
    await changed.saveSnapshot({ ...document, tree: id as typeof document.tree });
    const found = await check(copy, vault);
    assert.deepEqual(
      found.findings.map((each) => each.kind),
      [kind],
      text,
    );
    assert.ok(found.findings[0]!.message.includes(kind === 'tree-missing' || kind === 'blob-missing' ? missing : id));
  }
});

test('parts of the packs can be read', () => {
  assert.deepEqual(['1/7', '256/256', '2.5%', '100%', '1M'].map(parseSubset), [
    { part: 1, of: 7 },
    { part: 256, of: 256 },
    { share: 0.025 },
    { share: 1 },
    { bytes: 2 ** 20 },
  ]);
  for (const wrong of ['0/2', '3/2', '1/257', '0%', '101%', '0', 'x', '1/'])
    assert.throws(() => parseSubset(wrong), { code: 'usage' }, wrong);
  const packs = Array.from({ length: 300 }, (_, i) => ({
    name: fileId(createHash('sha256').update(`${i}`).digest('hex')),
    size: 10,
  }));
  const random = simulated.seededRandom(7);
  const parts = Array.from({ length: 7 }, (_, i) => choosePacks(packs, { part: i + 1, of: 7 }, random));
  assert.deepEqual(new Set(parts.flat()), new Set(packs));
  assert.equal(parts.flat().length, 300);
  assert.equal(new Set(choosePacks(packs, { share: 0.1 }, random)).size, 30);
  assert.equal(choosePacks(packs, { bytes: 95 }, random).length, 10);
  assert.equal(choosePacks(packs, { bytes: 10 ** 6 }, random).length, 300);
  assert.deepEqual(
    choosePacks(packs, { share: 0.1 }, simulated.seededRandom(3)),
    choosePacks(packs, { share: 0.1 }, simulated.seededRandom(3)),
  );
  assert.deepEqual(choosePacks([], { share: 0.1 }, random), []);
});
