import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { simulated } from '../host.ts';
import { type FileRef, memoryStorage, type Storage } from '../storage.ts';
import { encodeConfig } from './config-file.ts';
import { nameOf, sealBytes } from './documents.ts';
import { initVault, openVault, saveKey } from './open.ts';
import { Sealer } from './seal.ts';

const CONFIG: FileRef = { kind: 'config', name: 'config' };
const SCRYPT = { N: 2, r: 1, p: 1 };
const surroundings = { clock: simulated.fixedClock(1_700_000_000_000), identity: simulated.fixedIdentity() };
const access = { ...surroundings, password: 'secret' };
const creation = { ...access, random: simulated.seededRandom(1), scrypt: SCRYPT };

async function made(storage: Storage = memoryStorage()): Promise<Storage> {
  await initVault(storage, creation);
  return storage;
}

describe('a new vault', () => {
  it('opens with its password, and is the same', async () => {
    const storage = memoryStorage();
    const vault = await initVault(storage, creation);
    const again = await openVault(storage, access);
    assert.deepEqual([again.config, again.keyId], [vault.config, vault.keyId]);
    assert.equal(again.config.version, 2);
    assert.match(again.config.id, /^[0-9a-f]{64}$/);
  });

  it('may be of version 1, and cut as another one does', async () => {
    const storage = memoryStorage();
    const { config } = await initVault(storage, { ...creation, version: 1, polynomial: '3da3358b4dc173' });
    assert.deepEqual([config.version, config.chunkerPolynomial], [1, '3da3358b4dc173']);
    assert.deepEqual((await openVault(storage, access)).config, config);
  });

  it('is not made where a config, a key or a snapshot is', async () => {
    await assert.rejects(initVault(await made(), creation), { code: 'vault-exists' });
    for (const kind of ['key', 'snapshot'] as const) {
      const storage = memoryStorage();
      await storage.save({ kind, name: 'a'.repeat(64) }, randomBytes(10));
      await assert.rejects(initVault(storage, creation), { code: 'vault-exists', message: new RegExp(kind) });
      await assert.rejects(storage.stat(CONFIG), { code: 'not-found' });
    }
  });

  it('has its key before its config', async () => {
    const storage = memoryStorage();
    const order: string[] = [];
    const save = storage.save.bind(storage);
    storage.save = async (ref, bytes) => {
      order.push(ref.kind);
      await save(ref, bytes);
    };
    await made(storage);
    assert.deepEqual(order, ['key', 'config']);
  });
});

describe('opening', () => {
  it('says that there is no vault, or something else', async () => {
    const storage = memoryStorage();
    await assert.rejects(openVault(storage, access), { code: 'vault-missing' });
    await storage.save(CONFIG, Buffer.from('{"some": "file"}'));
    await assert.rejects(openVault(storage, access), { code: 'vault-foreign' });
  });

  it('says that the password is wrong', async () => {
    await assert.rejects(openVault(await made(), { ...access, password: 'Secret' }), { code: 'password-wrong' });
  });

  it('says that the vault is of a version to come', async () => {
    const storage = await made();
    const vault = await openVault(storage, access);
    const text = encodeConfig({ ...vault.config, version: 3 as 2 });
    await storage.replace(CONFIG, sealBytes(new Sealer(vault.parts.key), Buffer.from(text)));
    await assert.rejects(openVault(storage, access), { code: 'vault-version', message: /3/ });
  });

  it('says that the config is damaged', async () => {
    const storage = await made();
    const bytes = Uint8Array.from(await storage.load(CONFIG));
    bytes[20]! ^= 1;
    await storage.replace(CONFIG, bytes);
    await assert.rejects(openVault(storage, access), { code: 'file-damaged', message: /config/ });
    await storage.replace(CONFIG, bytes.subarray(0, 10));
    await assert.rejects(openVault(storage, access), { code: 'file-damaged', message: /config/ });
  });

  it('takes whichever key the password opens, the one hinted at first', async () => {
    const storage = await made();
    const { parts } = await openVault(storage, access);
    const ids = [];
    for (let at = 0; at < 5; at++) {
      const password = `p${at % 2}`;
      ids.push({ password, id: await saveKey(storage, parts.key, { ...access, password, scrypt: SCRYPT }) });
    }
    for (const { password, id } of ids) {
      assert.equal((await openVault(storage, { ...access, password, keyHint: id.slice(0, 10) })).keyId, id);
      assert.notEqual((await openVault(storage, { ...access, keyHint: id })).keyId, id);
    }
    await assert.rejects(openVault(storage, { ...access, password: 'p9' }), {
      code: 'password-wrong',
      message: /keys tried: 6/,
    });
  });
});

describe('documents', () => {
  it('come back as they were, in both versions, uncompressed in the first', async () => {
    for (const version of [1, 2] as const) {
      const storage = memoryStorage();
      const { documents } = await initVault(storage, { ...creation, version });
      const text = JSON.stringify({ long: 'x'.repeat(10_000) });
      const name = await documents.save('snapshot', text);
      assert.equal(Buffer.from(await documents.load('snapshot', name)).toString(), text);
      assert.deepEqual(await documents.list('snapshot'), [name]);
      const { size } = await storage.stat({ kind: 'snapshot', name });
      assert.equal(size < 1000, version === 2);
      await documents.remove('snapshot', name);
      await assert.rejects(documents.load('snapshot', name), { code: 'not-found' });
    }
  });

  it('are refused when their name, their tag or their form is not right', async () => {
    const storage = memoryStorage();
    const vault = await initVault(storage, creation);
    const name = await vault.documents.save('snapshot', '{}');
    const sealed = Uint8Array.from(await storage.load({ kind: 'snapshot', name }));
    const put = async (bytes: Uint8Array, as = nameOf(bytes)) => {
      await storage.save({ kind: 'snapshot', name: as }, bytes);
      return as;
    };
    const bad = {
      name: await put(sealed, nameOf(Buffer.from('other'))),
      tag: await put(sealed.with(20, sealed[20]! ^ 1)),
      short: await put(sealed.subarray(0, 20)),
      form: await put(sealBytes(new Sealer(vault.parts.key), Buffer.from('\x07?'))),
    };
    for (const [what, id] of Object.entries(bad))
      await assert.rejects(
        vault.documents.load('snapshot', id),
        { code: 'file-damaged', message: new RegExp(id) },
        what,
      );
    const other = await initVault(memoryStorage(), { ...creation, random: simulated.seededRandom(2) });
    const foreign = sealBytes(new Sealer(other.parts.key), Buffer.from('{}'));
    await assert.rejects(vault.documents.load('snapshot', await put(foreign)), { code: 'file-damaged' });
  });
});
