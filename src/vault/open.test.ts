import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallVault } from '../../test/vaults.ts';
import { simulated } from '../host.ts';
import { memoryStorage, type Storage } from '../storage.ts';
import { sealBytes } from './documents.ts';
import { initVault, openVault } from './open.ts';
import { Sealer } from './seal.ts';

const SURROUNDINGS = { clock: simulated.fixedClock(0), identity: simulated.fixedIdentity() };
const CONFIG = { kind: 'config', name: 'config' } as const;

function open(storage: Storage, password = 'secret'): Promise<unknown> {
  return openVault(storage, { ...SURROUNDINGS, password });
}

test('each thing that can be wrong has a code of its own', async () => {
  const { storage, vault } = await smallVault();
  await open(storage);
  await assert.rejects(open(storage, 'guess'), { code: 'password-wrong', exitCode: 12 });
  await assert.rejects(open(memoryStorage()), { code: 'vault-missing', exitCode: 10 });

  const future = JSON.stringify({ version: 3, id: '0'.repeat(64), chunker_polynomial: '3da3358b4dc173' });
  await storage.replace(CONFIG, sealBytes(new Sealer(vault.parts.key), Buffer.from(future)));
  await assert.rejects(open(storage), { code: 'vault-version', exitCode: 1, message: /version 3/ });

  await storage.replace(CONFIG, Buffer.from('something else altogether, and not sealed by anybody'));
  await assert.rejects(open(storage), { code: 'file-damaged', message: /config/ });

  await storage.remove({ kind: 'key', name: vault.keyId });
  await assert.rejects(open(storage), { code: 'vault-foreign', exitCode: 10 });
});

test('a vault of version 1, or with the chunker of another, is made when asked for', async () => {
  const storage = memoryStorage();
  const random = simulated.seededRandom(3);
  const made = { ...SURROUNDINGS, random, password: 'p', scrypt: { N: 2, r: 1, p: 1 } };
  const vault = await initVault(storage, { ...made, version: 1, polynomial: '3da3358b4dc173' });
  assert.deepEqual([vault.config.version, vault.config.chunkerPolynomial], [1, '3da3358b4dc173']);
  await assert.rejects(initVault(storage, made), { code: 'vault-exists' });
  const other = await initVault(memoryStorage(), made);
  assert.equal(other.config.version, 2);
  assert.notEqual(other.config.chunkerPolynomial, vault.config.chunkerPolynomial);
});
