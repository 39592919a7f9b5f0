import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { BugError } from '../base/assert.ts';
import { type MasterKey, SEAL_OVERHEAD, Sealer } from './seal.ts';

const fixture = new URL('../../test/fixtures/vault/sealing.json', import.meta.url);
const { seal } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  seal: Record<keyof MasterKey | 'sealed' | 'plaintext', string>;
};
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
/** Its `macR` is stored unclamped, as newer restic does. */
const KEY: MasterKey = { encrypt: bytes(seal.encrypt), macK: bytes(seal.macK), macR: bytes(seal.macR) };

function sealed(sealer: Sealer, plain: Uint8Array): Uint8Array {
  const space = new Uint8Array(plain.length + SEAL_OVERHEAD);
  space.set(plain, 16);
  sealer.seal(space);
  return space;
}

test('what restic sealed opens, with the multiplier clamped or not', () => {
  const clamped = Uint8Array.from(KEY.macR, (byte, i) =>
    i % 4 === 3 ? byte & 0x0f : i % 4 === 0 && i > 0 ? byte & 0xfc : byte,
  );
  assert.notDeepEqual(clamped, KEY.macR);
  for (const macR of [KEY.macR, clamped]) {
    const plain = new Sealer({ ...KEY, macR }).open(bytes(seal.sealed));
    assert.ok(plain !== undefined);
    assert.equal(Buffer.from(plain).toString(), seal.plaintext);
  }
});

test('any plaintext comes back, sealed in place or from elsewhere', () => {
  const sealer = new Sealer(KEY);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (plain) => {
      assert.deepEqual(sealer.open(sealed(sealer, plain)), plain);
      const space = new Uint8Array(plain.length + SEAL_OVERHEAD);
      sealer.sealFrom(plain, space);
      assert.deepEqual(sealer.open(space), plain);
    }),
  );
});

test('a change of any bit, or a cut, is noticed', () => {
  const sealer = new Sealer(KEY);
  const whole = sealed(sealer, Buffer.from('twelve chars'));
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const changed = whole.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    assert.equal(sealer.open(changed), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < whole.length; length++) assert.equal(sealer.open(whole.slice(0, length)), undefined);
});

test('each sealing has its own IV', () => {
  const sealer = new Sealer(KEY);
  const ivs = Array.from({ length: 1000 }, () =>
    Buffer.from(sealed(sealer, new Uint8Array(1)).subarray(0, 16)).toString('hex'),
  );
  assert.equal(new Set(ivs).size, ivs.length);
  assert.ok(ivs.every((iv) => iv !== '0'.repeat(32)));
});

test('keys and spaces of wrong length are bugs', () => {
  assert.throws(() => new Sealer({ ...KEY, macR: new Uint8Array(15) }), BugError);
  assert.throws(() => new Sealer({ ...KEY, encrypt: new Uint8Array(16) }), BugError);
  assert.throws(() => new Sealer(KEY).seal(new Uint8Array(SEAL_OVERHEAD - 1)), BugError);
  assert.throws(() => new Sealer(KEY).sealFrom(new Uint8Array(1), new Uint8Array(SEAL_OVERHEAD)), BugError);
});
