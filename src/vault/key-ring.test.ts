import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesOf, smallVault, vaultOn } from '../../test/vaults.ts';
import { faultStorage, type Storage } from '../storage.ts';
import { addKey, changePassword, listKeys, removeKey } from './key-ring.ts';
import { openVault } from './open.ts';
import type { Vault } from './vault.ts';

const CHEAP = { scrypt: { N: 2, r: 1, p: 1 } };

async function open(storage: Storage, password: string, { parts }: Vault): Promise<Vault> {
  return await openVault(storage, { password, clock: parts.clock, identity: parts.identity });
}

test('a key is added, listed and removed, and its password opens the vault in between', async () => {
  const { storage, vault } = await smallVault();
  const id = await addKey(vault, { ...CHEAP, password: 'second', username: 'u', hostname: 'h' });
  const opened = await open(storage, 'second', vault);
  assert.equal(opened.keyId, id);
  assert.deepEqual((await opened.listSnapshots()).length, 3);
  const { keys } = await listKeys(opened);
  assert.deepEqual(keys.map((key) => [key.id === id, key.isCurrent, key.username]).sort(), [
    [false, false, 'user'],
    [true, true, 'u'],
  ]);
  assert.equal(await removeKey(vault, id.slice(0, 12)), id);
  await assert.rejects(open(storage, 'second', vault), { code: 'password-wrong' });
});

test('neither the last key nor the one in use is removed', async () => {
  const { storage, vault } = await smallVault();
  await assert.rejects(removeKey(vault, vault.keyId), { code: 'refused', message: /last key/ });
  const second = await addKey(vault, { ...CHEAP, password: 'second' });
  await assert.rejects(removeKey(vault, vault.keyId), { code: 'refused', message: /opened the vault just now/ });
  await assert.rejects(removeKey(vault, 'f0f0f0f0'), { code: 'not-found' });
  await assert.rejects(removeKey(vault, ''), { code: 'id-ambiguous' });
  assert.deepEqual(await namesOf(storage, 'key'), [vault.keyId, second].sort());
});

test('a change of password that dies at any step leaves a password that opens', async () => {
  for (const mutation of [1, 2])
    for (const after of [false, true]) {
      const { storage, vault } = await smallVault();
      const dying = vaultOn(faultStorage(storage, { crash: { mutation, after } }), vault);
      await assert.rejects(changePassword(dying, { ...CHEAP, password: 'new' }), /died here/);
      const opened = await Promise.allSettled(['secret', 'new'].map((password) => open(storage, password, vault)));
      const works = opened.map(({ status }) => status === 'fulfilled');
      const expected = [!(mutation === 2 && after), mutation === 2 || after];
      assert.deepEqual(works, expected, `mutation ${mutation}, ${after ? 'after' : 'before'} it`);
    }
});

test('a new key that does not read back is taken away, and the old one stays', async () => {
  const { storage, vault } = await smallVault();
  for (const effect of ['flip', 'truncate'] as const) {
    const call = effect === 'flip' ? 'load' : 'save';
    const faulty = vaultOn(faultStorage(storage, { script: [{ call, kind: 'key', effect, nth: 1 }] }), vault);
    await assert.rejects(changePassword(faulty, { ...CHEAP, password: 'new' }), { code: 'failed' });
    assert.deepEqual(await namesOf(storage, 'key'), [vault.keyId]);
  }
});

test('a damaged key file is told of, keeps nobody out, and can be removed', async () => {
  const { storage, vault } = await smallVault();
  const name = 'ab'.repeat(32);
  await storage.save({ kind: 'key', name }, Buffer.from('{"kdf":'));
  const { keys, damaged } = await listKeys(vault);
  assert.deepEqual([keys.length, damaged.map(({ id }) => id)], [1, [name]]);
  await removeKey(await open(storage, 'secret', vault), name);
  assert.deepEqual(await namesOf(storage, 'key'), [vault.keyId]);
});
