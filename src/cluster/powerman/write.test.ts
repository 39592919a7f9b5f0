import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PowermanEntry, Script, Statement } from './model.ts';
import { formatPowerman, parsePowerman } from './parse.ts';
import { SCRIPT_NAMES } from './script.ts';
import { addEntry, formatEntry, removeItem, replaceItem } from './write.ts';

const FIXTURES = new URL('../../../test/fixtures/powerman/', import.meta.url);

/** As the parser makes them, with the usual prototype. */
function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const text = fc.string({ unit: 'binary', maxLength: 8 });
const match = fc.nat(99);
const timeMs = fc.oneof(
  fc.nat(10_000),
  fc.nat(100).map((seconds) => seconds * 1000),
);

const leaf: fc.Arbitrary<Statement> = fc.oneof(
  record({ kind: fc.constant('send' as const), text }),
  record({ kind: fc.constant('expect' as const), pattern: text }),
  record({ kind: fc.constant('delay' as const), delayMs: timeMs }),
  record({
    kind: fc.constant('setplugstate' as const),
    plug: fc.option(fc.oneof(text, match), { nil: undefined }),
    state: match,
    states: fc.array(record({ state: fc.constantFrom('on' as const, 'off' as const), pattern: text }), {
      maxLength: 3,
    }),
  }),
  record({
    kind: fc.constant('setresult' as const),
    plug: match,
    result: match,
    success: fc.array(text, { minLength: 1, maxLength: 2 }),
  }),
);
const { statement } = fc.letrec<{ statement: Statement }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small' },
    leaf,
    record({
      kind: fc.constantFrom('foreachplug' as const, 'foreachnode' as const, 'ifon' as const, 'ifoff' as const),
      body: fc.array(tie('statement'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));
const scripts: fc.Arbitrary<Script[]> = fc.uniqueArray(
  record({
    name: fc.constantFrom(...SCRIPT_NAMES),
    statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const entry: fc.Arbitrary<PowermanEntry> = fc.oneof(
  record({ kind: fc.constant('include' as const), path: fc.stringMatching(/^[^\s"]{1,12}$/) }),
  record({ kind: fc.constant('listen' as const), address: text }),
  record({ kind: fc.constant('tcpwrappers' as const), isOn: fc.boolean() }),
  record({ kind: fc.constant('plug_log_level' as const), level: text }),
  record({
    kind: fc.constant('device' as const),
    name: text,
    specification: text,
    address: text,
    flags: optional(text),
  }),
  record({ kind: fc.constant('node' as const), nodes: text, device: text, plugs: optional(text) }),
  record({ kind: fc.constant('alias' as const), name: text, hosts: text }),
  record({
    kind: fc.constant('specification' as const),
    name: text,
    timeoutMs: optional(timeMs),
    pingPeriodMs: optional(timeMs),
    plugs: optional(fc.array(text, { minLength: 1, maxLength: 3 })),
    scripts,
  }),
);

function entriesOf(given: string): unknown[] {
  const found = parsePowerman('f', given);
  assert.deepEqual(found.problems, [], given);
  return found.items.map(({ place: _p, start: _s, end: _e, ...each }) => each);
}

describe('formatEntry', () => {
  it('writes what is read as the same', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        assert.deepEqual(entriesOf(`${entries.map(formatEntry).join('\n')}\n`), entries);
      }),
      { numRuns: 300 },
    );
  });

  it('writes the fixtures anew, with the same meaning', () => {
    for (const name of ['pair.conf', 'pdu.dev']) {
      const { items } = parsePowerman(name, readFileSync(new URL(name, FIXTURES), 'utf8'));
      assert.equal(items.length >= 2, true);
      const bare = items.map(({ place: _p, start: _s, end: _e, ...each }) => each);
      assert.deepEqual(entriesOf(`${items.map(formatEntry).join('\n')}\n`), bare);
    }
  });

  it('refuses an include that powermand could not read', () => {
    for (const path of ['', '/a b', '/a"b', '/a\nb'])
      assert.throws(() => formatEntry({ kind: 'include', path }), { code: 'config' });
  });
});

describe('changes', () => {
  const given = '# head\nlisten "a" # old\n\n  node "n" "d" "1"\nalias "x" "n" # why\n';

  it('replace one entry and nothing around it', () => {
    const file = parsePowerman('f', given);
    const changed = replaceItem(file, file.items[1]!, { kind: 'node', nodes: 'n', device: 'd', plugs: '2' });
    assert.equal(formatPowerman(changed), given.replace('"1"', '"2"'));
    assert.equal(changed.file, 'f');
  });

  it('add behind all', () => {
    const added = addEntry(parsePowerman('f', 'listen "a"'), { kind: 'tcpwrappers', isOn: true });
    assert.equal(formatPowerman(added), 'listen "a"\ntcpwrappers yes\n');
    assert.equal(formatPowerman(addEntry(parsePowerman('f', ''), { kind: 'listen', address: 'a' })), 'listen "a"\n');
  });

  it('remove an entry with its line, but not a comment beside it', () => {
    const file = parsePowerman('f', given);
    assert.equal(formatPowerman(removeItem(file, file.items[1]!)), given.replace('  node "n" "d" "1"\n', ''));
    assert.equal(formatPowerman(removeItem(file, file.items[2]!)), given.replace('alias "x" "n" # why', '# why'));
    const two = parsePowerman('f', 'listen "a" listen "b"\n');
    assert.equal(formatPowerman(removeItem(two, two.items[1]!)), 'listen "a" \n');
  });

  it('keep all other entries, whatever is changed', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.nat(), entry, (entries, at, other) => {
        const file = parsePowerman('f', `${entries.map(formatEntry).join(' # c\n')}\n`);
        const which = at % entries.length;
        const replaced = entriesOf(formatPowerman(replaceItem(file, file.items[which]!, other)));
        assert.deepEqual(replaced, entries.with(which, other));
        const removed = entriesOf(formatPowerman(removeItem(file, file.items[which]!)));
        assert.deepEqual(removed, entries.toSpliced(which, 1));
        assert.deepEqual(entriesOf(formatPowerman(addEntry(file, other))), [...entries, other]);
      }),
      { numRuns: 150 },
    );
  });
});
