import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { BugError } from '../base/assert.ts';
import type { BlobId } from '../base/ids.ts';
import type { Node, NodeType } from './model.ts';
import { encodeNode } from './node.ts';
import { checkTree, decodeTree, encodeTree, splitTree } from './tree.ts';

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const raw = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const words = fc.constantFrom('a', 'file.txt', '},{"name":"b"', '"content":[]', '\\', 'é'.repeat(3), '\xff');
const name = fc
  .oneof(
    raw,
    words,
    fc.string({ minLength: 1, maxLength: 8 }).map((text) => Buffer.from(text).toString('latin1')),
  )
  .filter((text) => !/^\.{1,2}$|[/\0]/.test(text));
const id = bytesOf(32).map((bytes) => Buffer.from(bytes).toString('hex') as BlobId);
const text = fc.string({ unit: 'binary', maxLength: 8 });
const u64 = fc.oneof(fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n));
const ns = fc.bigInt(-(10n ** 18n), 10n ** 19n);
const attribute = fc.record(
  { name: raw.map((bytes) => bytes.replace(/[^ -~]/g, '')), value: fc.uint8Array() },
  { noNullPrototype: true },
);
const TYPES: NodeType[] = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular'];
const node: fc.Arbitrary<Node> = fc.record(
  {
    name,
    type: fc.constantFrom(...TYPES),
    mode: fc.nat(0xffff_ffff),
    ...{
      mtimeNs: ns,
      atimeNs: ns,
      ctimeNs: ns,
      uid: fc.nat(0xffff_ffff),
      gid: fc.nat(0xffff_ffff),
      user: text,
      group: text,
    },
    ...{ inode: u64, deviceId: u64, size: fc.maxSafeNat(), links: fc.nat(), linkTarget: raw, device: u64, error: text },
    extendedAttributes: fc.array(attribute, { maxLength: 3 }),
    content: fc.oneof(fc.constant(undefined), fc.array(id, { maxLength: 3 })),
    subtree: fc.oneof(fc.constant(undefined), id),
    genericAttributes: fc.constantFrom('', '{"a":[{"name":"x","type":"file"},{"name":"y","content":null}]}'),
  },
  { noNullPrototype: true },
);
const nodes = fc
  .uniqueArray(node, { maxLength: 6, selector: (each) => each.name })
  .map((list) => list.sort((a, b) => (a.name < b.name ? -1 : 1)));

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const decode = (json: string): Node[] => decodeTree(Buffer.from(json)).nodes;
const TIMES = '"mtime":"2023-11-14T22:13:20Z","atime":"2023-11-14T22:13:20Z","ctime":"2023-11-14T22:13:20Z"';
const treeOf = (members: string): string => `{"nodes":[{${members},${TIMES},"uid":0,"gid":0,"content":null}]}\n`;

suite('trees', () => {
  test('of nothing have the well-known id', () => {
    const id256 = createHash('sha256').update(encodeTree([])).digest('hex');
    assert.equal(id256, 'ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8');
    assert.deepEqual(decode('{"nodes":[]}\n'), []);
    assert.deepEqual(splitTree('{"nodes":[]}\n'), []);
  });

  test('read back as written, whatever is in them', () => {
    fc.assert(
      fc.property(nodes, (list) => assert.deepEqual(decodeTree(encodeTree(list)).nodes, list)),
      { numRuns: 300 },
    );
  });

  test('longer than one batch of text are whole', () => {
    const [first] = fc.sample(node, 1);
    const list = Array.from({ length: 5000 }, (_, i) => ({
      ...first!,
      name: String(i).padStart(6, '0'),
      error: 'x'.repeat(300),
    }));
    assert.deepEqual(decodeTree(encodeTree(list)).nodes, list);
    assert.throws(() => encodeTree([list[1]!, list[0]!]), BugError);
    assert.throws(() => encodeTree([list[0]!, list[0]!]), BugError);
  });

  test('are read with keys in any order, spaces, nulls, and keys nobody knows', () => {
    const [odd] = decode(
      `{"x":[{}], "nodes": [ {"content":["${'ab'.repeat(32)}"],"inode":18446744073709551615,"user":null,"new":{"name":"z"},
      "type":"file", "extended_attributes":[{"value":null,"name":"user.\\u0061"}],"n\\u0061me":"\\\\xff\\u00e9" } ] , "y":1}`,
    );
    assert.equal(odd?.name, '\xff\xc3\xa9');
    assert.equal(odd.inode, 2n ** 64n - 1n);
    assert.deepEqual(odd.extendedAttributes, [{ name: 'user.a', value: new Uint8Array(0) }]);
    assert.deepEqual(decode('{"nodes":null}'), []);
  });

  test('take the raw link target before the text, in either order', () => {
    const members = ['"linktarget":"a\\ufffd"', '"linktarget_raw":"Yf8="'];
    for (const both of [members, members.toReversed()])
      assert.equal(decode(treeOf(`"name":"l","type":"symlink",${both.join(',')}`))[0]?.linkTarget, 'a\xff');
    assert.equal(decode(treeOf(`"name":"l","type":"symlink",${members[0]}`))[0]?.linkTarget, 'a\xef\xbf\xbd');
  });

  test('with names that lead elsewhere are refused, naming them', () => {
    for (const bad of ['', '.', '..', '/', 'a/b', '../x', '\\\\x00', 'a\\\\x2fb', '\\\\x2e.', '\\u0000'])
      for (const read of [decode, splitTree])
        assert.throws(
          () => read(treeOf(`"name":"${bad}","type":"file"`)),
          { code: 'tree-invalid', message: /unsafe name ".*" at byte \d+/ },
          bad,
        );
  });

  test('that cannot be true are refused', () => {
    const good = '"name":"a","type":"file"';
    const bad = [
      ...[
        '',
        '{}',
        '[]',
        '{"nodes":[]}{',
        '{"nodes":[],"nodes":[]}',
        '{"nodes":[1]}',
        treeOf('"name":"a"'),
        treeOf('"type":"file"'),
      ],
      ...[treeOf('"name":"a","type":"door"'), treeOf('"name":"a","type":""'), treeOf(`${good},"name":"b"`)],
      ...[treeOf(`${good},"mode":4294967296`), treeOf(`${good},"size":-1`), treeOf(`${good},"subtree":"xy"`)],
      ...[
        treeOf(good).replace('2023', '20z3'),
        treeOf(good).replace('null', '["ab"]'),
        treeOf('"name":"\\\\q","type":"file"'),
      ],
    ];
    for (const each of bad) assert.throws(() => decode(each), { code: 'tree-invalid' }, each);
  });

  test('damaged anyhow raise nothing but an error of the registry', () => {
    const seed = encodeTree(fc.sample(nodes, { numRuns: 1, seed: 7 })[0]!);
    fc.assert(
      fc.property(damaged(seed), (bytes) => {
        throwsOnlyAppError(() => decodeTree(bytes));
        throwsOnlyAppError(() => splitTree(latin1(bytes)));
      }),
      { numRuns: 1500 },
    );
  });
});

suite('splitting a tree', () => {
  test('is not misled by entries inside an entry', () => {
    const inner = '{"name":"x","type":"file","content":null},{"name":"y","type":"file","content":null}';
    for (const list of [`[${inner}]`, `[1,${inner}]`, `[[],${inner}]`, `{"nodes":[${inner}]}`, `"},{\\"name\\":\\""`]) {
      const whole = `{"nodes":[{"name":"a","new":${list},"type":"file"},{"name":"b","type":"file"}]}`;
      assert.deepEqual(
        splitTree(whole).map(({ start, end }) => whole.slice(start, end)),
        [`{"name":"a","new":${list},"type":"file"}`, '{"name":"b","type":"file"}'],
      );
    }
  });

  test('gives the name and the exact text of each node', () => {
    fc.assert(
      fc.property(nodes, (list) => {
        const whole = latin1(encodeTree(list));
        const spans = splitTree(whole);
        assert.deepEqual(
          spans.map((span) => span.name),
          list.map((each) => each.name),
        );
        const texts = spans.map(({ start, end }) => Buffer.from(whole.slice(start, end), 'latin1').toString());
        assert.deepEqual(texts, list.map(encodeNode));
      }),
      { numRuns: 300 },
    );
  });

  test('copes with any other JSON of a tree', () => {
    fc.assert(
      fc.property(nodes, fc.boolean(), (list, reverse) => {
        const parsed = JSON.parse(Buffer.from(encodeTree(list)).toString()) as { nodes: object[] };
        if (reverse) parsed.nodes = parsed.nodes.map((each) => Object.fromEntries(Object.entries(each).toReversed()));
        const whole = latin1(
          Buffer.from(JSON.stringify({ a: parsed.nodes, ...parsed, b: [{ name: 1 }] }, undefined, 1)),
        );
        const spans = splitTree(whole);
        assert.deepEqual(
          spans.map((span) => span.name),
          list.map((each) => each.name),
        );
        const texts = spans.map(({ start, end }) =>
          JSON.parse(Buffer.from(whole.slice(start, end), 'latin1').toString()),
        );
        assert.deepEqual(texts, parsed.nodes);
      }),
    );
  });
});

test('a tree is checked for order, duplicates and what each type must have', () => {
  const one = decode(treeOf('"name":"m","type":"fifo"'))[0]!;
  const id1 = 'ab'.repeat(32) as BlobId;
  const problems = (list: Partial<Node>[]): string[] => checkTree({ nodes: list.map((each) => ({ ...one, ...each })) });
  assert.deepEqual(
    problems([{ name: 'a', type: 'dir', subtree: id1 }, { name: 'b', type: 'file', content: [] }, {}]),
    [],
  );
  assert.deepEqual(problems([{}, { name: 'a' }, { name: 'a' }]), ['"a" is not in order', '"a" is there twice']);
  assert.deepEqual(problems([{ type: 'file' }]), ['"m" is a file without a list of content']);
  assert.deepEqual(problems([{ type: 'dir' }]), ['"m" is a directory without a subtree']);
  assert.deepEqual(problems([{ content: [id1], subtree: id1 }]), [
    '"m" is a fifo with content',
    '"m" is a fifo with a subtree',
  ]);
});
