import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { damaged } from '../../test/fuzz.ts';
import { AppError } from '../base/errors.ts';
import { calibrateScrypt, createKey, describeKey, openKey, scryptFor } from './keyfile.ts';
import type { MasterKey } from './seal.ts';

interface Repository {
  password: string;
  key: { id: string; text: string };
  master: Record<keyof MasterKey, string>;
}
const fixture = new URL('../../test/fixtures/vault/repository.json', import.meta.url);
const repository = JSON.parse(readFileSync(fixture, 'utf8')) as Repository;
const CHEAP = { N: 2, r: 1, p: 1 };
const MASTER: MasterKey = {
  encrypt: new Uint8Array(32).fill(1),
  macK: new Uint8Array(16).fill(2),
  macR: new Uint8Array(16).fill(255),
};
const OPTIONS = { username: 'me', hostname: 'a<b', createdMs: 1_700_000_000_120, params: CHEAP };

suite('key files', () => {
  test('of restic open with their password and no other', async () => {
    const { password, key, master } = repository;
    const opened = await openKey(key.text, password);
    assert.ok(opened !== undefined);
    for (const part of ['encrypt', 'macK', 'macR'] as const)
      assert.equal(Buffer.from(opened[part]).toString('hex'), master[part]);
    assert.equal(await openKey(key.text, `${password} `), undefined);
    assert.deepEqual(describeKey(key.text), {
      created: '2026-11-20T23:13:53.482972886Z',
      username: 'root',
      hostname: 'vm',
    });
  });

  test('open again with any password, and give back the very key', async () => {
    const password = fc.string({ unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(password, async (secret) => {
        const { id, text } = await createKey(secret, MASTER, OPTIONS);
        assert.equal(id, createHash('sha256').update(text).digest('hex'));
        assert.deepEqual(await openKey(text, secret), MASTER);
        assert.equal(await openKey(text, `${secret}x`), undefined);
      }),
      { numRuns: 20 },
    );
  });

  test('have the fields and the order of restic', async () => {
    const { text } = await createKey('secret', MASTER, OPTIONS);
    const form =
      /^\{"created":"2023-11-14T22:13:20\.12Z","username":"me","hostname":"a\\u003cb","kdf":"scrypt","N":2,"r":1,"p":1,"salt":"[^"]{88}","data":"[^"]{216}"\}$/;
    assert.match(text, form);
    const names = (json: string): string[] => Object.keys(JSON.parse(json) as object);
    assert.deepEqual(names(text), names(repository.key.text));
    assert.equal(JSON.parse(text).data.length, JSON.parse(repository.key.text).data.length);
  });

  test('that ask for absurd work or have wrong parts are refused', async () => {
    const { text } = await createKey('secret', MASTER, OPTIONS);
    const bad = [
      ...['', '[]', text.replace('scrypt', 'argon2'), text.replace('"N":2', '"N":3'), text.replace('"p":1', '"p":0')],
      ...[text.replace('"N":2', '"N":1099511627776'), text.replace('"p":1', '"p":100000000000')],
      ...[text.replace(/"salt":"..../, '"salt":"'), text.replace(/"salt":"./, '"salt":"?')],
    ];
    for (const each of bad) await assert.rejects(openKey(each, 'secret'), { code: 'file-damaged' }, each);
  });

  test('damaged anyhow raise nothing but an error of the registry', async () => {
    const { text } = await createKey('secret', MASTER, OPTIONS);
    await fc.assert(
      fc.asyncProperty(damaged(Buffer.from(text)), async (bytes) => {
        await openKey(Buffer.from(bytes).toString(), 'secret').catch((error: unknown) => {
          assert.ok(error instanceof AppError, String(error));
        });
      }),
      { numRuns: 300 },
    );
  });
});

suite('the cost of a key', () => {
  test('is never below the floor, and grows with the machine', () => {
    assert.deepEqual(scryptFor(1000), { N: 32_768, r: 8, p: 3 });
    assert.deepEqual(scryptFor(60), { N: 32_768, r: 8, p: 3 });
    assert.deepEqual(scryptFor(50), { N: 65_536, r: 8, p: 2 });
    assert.deepEqual(scryptFor(25), { N: 65_536, r: 8, p: 4 });
    assert.deepEqual(scryptFor(0), { N: 65_536, r: 8, p: 16 });
  });

  test('is measured on this machine and fits into 64 MiB', async () => {
    const { N, r, p } = await calibrateScrypt();
    assert.ok(128 * N * r <= 64 * 1024 * 1024 && N * p >= 32_768 * 3, JSON.stringify({ N, r, p }));
  });
});
