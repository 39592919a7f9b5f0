import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BlobId } from '../base/ids.ts';
import { CoreMatcher } from './core-match.ts';
import type { Node } from './model.ts';
import { encodeNode, nodeMode, nodeTypeOf } from './node.ts';
import { directoryTail, fileTail, type NodeStat, nodeAttributes, nodeCore, OTHER_TAIL, withSize } from './node-text.ts';

const ID = 'ab'.repeat(32) as BlobId;
const FORMATS = [0o100000, 0o040000, 0o120000, 0o060000, 0o020000, 0o010000];
const rawText = (min: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: min, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.string({ unit: 'binary', minLength: min, maxLength: 8 }).map((text) => Buffer.from(text).toString('latin1')),
    fc.constantFrom(',"size":5,', '","links":', '$&', 'plain', '\xff'),
  );
const nanos = fc.nat(999_999_999);
const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });

const facts = fc.record({
  name: rawText(1),
  user: fc.oneof(fc.constantFrom('', 'root', 'müller', '日本', '<&>'), fc.string({ unit: 'grapheme' })),
  group: fc.constantFrom('', 'wheel', 'größe'),
  format: fc.constantFrom(...FORMATS),
  bits: fc.nat(0o7777),
  mtimeSeconds: seconds,
  mtimeNanos: nanos,
  atimeSeconds: seconds,
  atimeNanos: nanos,
  ctimeSeconds: seconds,
  ctimeNanos: nanos,
  uid: fc.nat(0xffff_ffff),
  gid: fc.nat(0xffff_ffff),
  links: fc.nat(3),
  size: fc.oneof(fc.nat(3), fc.maxSafeNat()),
  inode: fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n)),
  device: fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n)),
  rdev: fc.oneof(fc.constant(0n), fc.bigInt(1n, 2n ** 64n - 1n)),
  linkTarget: rawText(1),
  extended: fc.array(fc.record({ name: rawText(1), value: fc.uint8Array({ maxLength: 5 }) }), { maxLength: 2 }),
  withAtime: fc.boolean(),
  blobs: fc.nat(2),
});
type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never;

test('the text made from what the kernel says is that of the node', () => {
  fc.assert(
    fc.property(facts, (given) => {
      const expected = Buffer.from(encodeNode(nodeOf(given))).toString('latin1');
      assert.equal(textOf(given), expected);
    }),
    { numRuns: 2000 },
  );
});

test('a core is found in a text, and nothing else is taken for it', () => {
  const matcher = new CoreMatcher();
  const fields: (keyof Facts)[] = [
    'name',
    'user',
    'group',
    'format',
    'bits',
    'mtimeNanos',
    'ctimeSeconds',
    'uid',
    'gid',
  ];
  const changed = fc.constantFrom(...fields, 'links', 'size', 'inode', 'device', 'atimeSeconds', 'withAtime' as const);
  fc.assert(
    fc.property(facts, facts, changed, fc.nat(400), fc.nat(127), (given, other, field, place, char) => {
      const core = nodeCore(given.name, statOf(given), given);
      const isFound = (text: string, at: number, as = given): boolean =>
        matcher.matches(text, at, { name: as.name, stat: statOf(as), options: as });
      assert.ok(isFound(`,${core}"content":[]}`, 1));
      assert.ok(!isFound(core, 1) && !isFound(core.slice(0, -1), 0));
      const at = place % core.length;
      const text = core.slice(0, at) + String.fromCharCode(char) + core.slice(at + 1);
      assert.equal(isFound(text, 0), text === core);
      assert.equal(isFound(core.slice(0, at) + core.slice(at + 1), 0), false);
      const similar = { ...given, [field]: other[field] };
      assert.equal(isFound(core, 0, similar), core.startsWith(nodeCore(similar.name, statOf(similar), similar)));
    }),
    { numRuns: 2000 },
  );
});

test('a core with another size is that of a file of that size', () => {
  fc.assert(
    fc.property(facts, fc.oneof(fc.nat(3), fc.maxSafeNat()), (given, size) => {
      const file = { ...given, format: 0o100000 };
      const core = nodeCore(file.name, statOf(file), file);
      assert.equal(withSize(core, size), nodeCore(file.name, statOf({ ...file, size }), file));
    }),
  );
});

function statOf(given: Facts): NodeStat {
  return {
    ...given,
    mode: given.format | given.bits,
    inodeText: String(given.inode),
    inodeLow: Number(given.inode & 0xffff_ffffn),
    inodeHigh: Number(given.inode >> 32n),
  };
}

function textOf(given: Facts): string {
  const stat = statOf(given);
  const linkTarget = given.format === 0o120000 ? given.linkTarget : undefined;
  const tail = isFile(given) ? fileTail(idsOf(given)) : given.format === 0o040000 ? directoryTail(ID) : OTHER_TAIL;
  return nodeCore(given.name, stat, given) + nodeAttributes(stat, { linkTarget, extended: given.extended }) + tail;
}

function nodeOf(given: Facts): Node {
  const { format, bits, name, uid, gid, user, group, extended } = given;
  const mtimeNs = nsOf(given.mtimeSeconds, given.mtimeNanos);
  const isDevice = format === 0o060000 || format === 0o020000;
  return {
    ...{ name, uid, gid, user, group, type: nodeTypeOf(format), mode: nodeMode(format | bits) },
    mtimeNs,
    atimeNs: given.withAtime ? nsOf(given.atimeSeconds, given.atimeNanos) : mtimeNs,
    ctimeNs: nsOf(given.ctimeSeconds, given.ctimeNanos),
    ...{ inode: given.inode, deviceId: given.device },
    size: isFile(given) ? given.size : 0,
    links: format === 0o040000 || format === 0o010000 ? 0 : given.links,
    linkTarget: format === 0o120000 ? given.linkTarget : '',
    extendedAttributes: extended,
    device: isDevice ? given.rdev : 0n,
    content: isFile(given) ? idsOf(given) : undefined,
    subtree: format === 0o040000 ? ID : undefined,
    ...{ error: '', genericAttributes: '' },
  };
}

function isFile({ format }: Facts): boolean {
  return format === 0o100000;
}

function idsOf({ blobs }: Facts): BlobId[] {
  return Array.from({ length: blobs }, () => ID);
}

function nsOf(wholeSeconds: number, rest: number): bigint {
  return BigInt(wholeSeconds) * 1_000_000_000n + BigInt(rest);
}
