/** Vaults with something missing or wrong in them: everything else comes back, and nothing is whole only by its name. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { damageBlob, emptyVault, plant, restoreFrom } from '../../test/planted.ts';
import type { BlobId } from '../base/ids.ts';
import { memoryStorage, type Storage } from '../storage.ts';
import type { Vault } from '../vault.ts';

const NOWHERE = 'ab'.repeat(32);
const [ONE, TWO, THREE] = ['first part. '.repeat(50), 'second part. '.repeat(50), 'third part.'];

describe('a damaged vault', () => {
  let target: string;
  let storage: Storage;
  let vault: Vault;
  let tree: BlobId;

  beforeEach(async () => {
    target = mkdtempSync(join(tmpdir(), 'holdfast-'));
    storage = memoryStorage();
    vault = await emptyVault(storage);
    tree = await plant(vault, {
      dir: { children: { alone: TWO, other: 'not touched', whole: { parts: [ONE, THREE] } } },
      large: { parts: [ONE, TWO, THREE] },
      unlucky: { parts: [TWO, TWO] },
    });
  });
  afterEach(() => rmSync(target, { recursive: true, force: true }));

  async function damage(text: string): Promise<void> {
    await damageBlob({ storage, vault }, text);
  }

  it('gives up the files that need a damaged blob, by name, and no others', async () => {
    await damage(TWO);
    const { problems, restored } = await restoreFrom(vault, { tree, target, verify: true });
    assert.deepEqual(problems.map(({ path }) => path).sort(), ['dir/alone', 'large', 'unlucky']);
    for (const { message } of problems) assert.match(message, /not restored.*authentication tag is wrong/);
    assert.equal(restored, 2);
    assert.deepEqual(readdirSync(target).sort(), ['dir', 'large.holdfast-incomplete']);
    assert.deepEqual(readdirSync(join(target, 'dir')).sort(), ['other', 'whole']);
    const rest = readFileSync(join(target, 'large.holdfast-incomplete'), 'utf8');
    assert.equal(rest, ONE + '\0'.repeat(TWO.length) + THREE);
  });

  it('keeps a whole old file of one blob where the new one cannot be had', async () => {
    await damage(TWO);
    mkdirSync(join(target, 'dir'));
    writeFileSync(join(target, 'dir', 'alone'), 'yesterday');
    await restoreFrom(vault, { tree, target });
    assert.equal(readFileSync(join(target, 'dir', 'alone'), 'utf8'), 'yesterday');
  });

  it('takes another copy of a damaged blob', async () => {
    await plantAgain();
    await damage(TWO);
    const { problems } = await restoreFrom(vault, { tree, target });
    assert.deepEqual(problems, []);
    assert.equal(readFileSync(join(target, 'large'), 'utf8'), ONE + TWO + THREE);
    assert.equal(readFileSync(join(target, 'unlucky'), 'utf8'), TWO + TWO);
  });

  /** The same blob once more, in another pack. */
  async function plantAgain(): Promise<void> {
    await plant(vault, { again: { parts: [TWO, 'x'] } });
  }

  it('restores what is in other packs when one is missing', async () => {
    const more = await plant(vault, { dir: { children: { late: 'in a later pack' } }, more: { parts: [ONE, 'y'] } });
    const { pack } = await vault.placeOf('data', idOf('in a later pack'));
    await storage.remove({ kind: 'pack', name: pack });
    const { problems } = await restoreFrom(vault, { tree: more, target });
    assert.deepEqual(problems.map(({ path }) => path).sort(), ['dir/late', 'more']);
    assert.deepEqual(readdirSync(target).sort(), ['dir', 'more.holdfast-incomplete']);
  });

  it('names files with blobs that no index knows, and directories without a tree', async () => {
    const bad = await plant(vault, {
      bad: { content: [NOWHERE] },
      fine: 'fine',
      gone: { subtree: NOWHERE },
      wrongSize: { parts: ['five!'], size: 6 },
    });
    const { problems } = await restoreFrom(vault, { tree: bad, target });
    assert.deepEqual(problems.map(({ path }) => path).sort(), ['/bad', '/gone', '/wrongSize']);
    assert.deepEqual(readdirSync(target).sort(), ['fine', 'gone', 'wrongSize']);
  });

  it('does not delete what it could not restore', async () => {
    const bad = await plant(vault, { bad: { content: [NOWHERE] }, gone: { subtree: NOWHERE }, x: 'x' });
    mkdirSync(join(target, 'gone'));
    for (const file of ['bad', 'gone/kept', 'stranger']) writeFileSync(join(target, file), 'old');
    const { deleted } = await restoreFrom(vault, { tree: bad, target, delete: true });
    assert.equal(deleted, 1);
    assert.deepEqual(readdirSync(target).sort(), ['bad', 'gone', 'x']);
    assert.equal(readFileSync(join(target, 'gone', 'kept'), 'utf8'), 'old');
  });

  it('fails at once when the snapshot itself cannot be read', async () => {
    await assert.rejects(restoreFrom(vault, { tree: NOWHERE as BlobId, target }), { code: 'blob-missing' });
    assert.deepEqual(readdirSync(target), []);
  });
});

function idOf(text: string): BlobId {
  return createHash('sha256').update(text).digest('hex') as BlobId;
}
