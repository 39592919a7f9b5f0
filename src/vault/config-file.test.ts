import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { decodeConfig, encodeConfig } from './config-file.ts';
import { type MasterKey, Sealer } from './seal.ts';

interface Repository {
  master: Record<keyof MasterKey, string>;
  config: { sealed: string; json: string };
}
const fixture = new URL('../../test/fixtures/vault/repository.json', import.meta.url);
const { master, config } = JSON.parse(readFileSync(fixture, 'utf8')) as Repository;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

test('the config of a restic repository opens, and is written again byte for byte', () => {
  const key = { encrypt: bytes(master.encrypt), macK: bytes(master.macK), macR: bytes(master.macR) };
  const plain = new Sealer(key).open(bytes(config.sealed));
  assert.ok(plain !== undefined);
  assert.equal(Buffer.from(plain).toString(), config.json);
  assert.equal(encodeConfig(decodeConfig(plain)), config.json);
});

test('both versions are read, others are named', () => {
  assert.equal(decodeConfig(Buffer.from(config.json.replace('"version":2', '"version":1'))).version, 1);
  for (const version of ['0', '3', '99'])
    assert.throws(() => decodeConfig(Buffer.from(config.json.replace('"version":2', `"version":${version}`))), {
      code: 'vault-version',
      message: new RegExp(`version ${version}`),
    });
});

test('a polynomial that would cut badly is refused, and so is anything else wrong', () => {
  const bad = [
    config.json.replace('2b834a1c37d6db', '38f1e565e288df'),
    config.json.replace('2b834a1c37d6db', '0x3da3358b4dc173'),
    ...[config.json.replace('2b834a1c37d6db', ''), config.json.replace('239122', '239g22'), '', '[]'],
  ];
  for (const text of bad) assert.throws(() => decodeConfig(Buffer.from(text)), { code: 'file-damaged' }, text);
});

test('damaged configs raise nothing but an error of the registry', () => {
  fc.assert(
    fc.property(damaged(Buffer.from(config.json)), (text) => throwsOnlyAppError(() => decodeConfig(text))),
    { numRuns: 200 },
  );
});
