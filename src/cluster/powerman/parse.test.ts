import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { POWERMAN_DEPTH_MAX } from '../../base/cluster-limits.ts';
import type { PowermanItem, Specification, Statement } from './model.ts';
import { formatPowerman, parsePowerman } from './parse.ts';
import { quoted, unquoted } from './tokens.ts';

const FIXTURES = new URL('../../../test/fixtures/powerman/', import.meta.url);

/** What stands in a file, without its places. */
function entriesOf(text: string): unknown[] {
  return parsePowerman('f', text).items.map(({ place: _p, start: _s, end: _e, ...entry }) => entry);
}

function problemsOf(text: string): string[] {
  return parsePowerman('f', text).problems.map(({ place, text: told }) => `${place.line}:${place.column} ${told}`);
}

function specificationOf(text: string): Specification {
  const found = parsePowerman('f', text);
  assert.deepEqual(found.problems, []);
  const item = found.items[0]!;
  assert.equal(item.kind, 'specification');
  return item as PowermanItem & Specification;
}

describe('parsePowerman', () => {
  it('reads every directive', () => {
    assert.deepEqual(
      entriesOf(
        'listen "0.0.0.0:1"\ntcpwrappers yes tcpwrappers no tcpwrappers\nplug_log_level "info"\ninclude "/etc/a.dev"\n' +
          'device "d" "s" "h:23"\ndevice "e" "s" "/dev/ttyS0" "9600,8n1"\nnode "n[0-1]" "d"\nnode "m" "e" "1" # x\nalias "a" "n0,m"\n',
      ),
      [
        { kind: 'listen', address: '0.0.0.0:1' },
        { kind: 'tcpwrappers', isOn: true },
        { kind: 'tcpwrappers', isOn: false },
        { kind: 'tcpwrappers', isOn: true },
        { kind: 'plug_log_level', level: 'info' },
        { kind: 'include', path: '/etc/a.dev' },
        { kind: 'device', name: 'd', specification: 's', address: 'h:23', flags: undefined },
        { kind: 'device', name: 'e', specification: 's', address: '/dev/ttyS0', flags: '9600,8n1' },
        { kind: 'node', nodes: 'n[0-1]', device: 'd', plugs: undefined },
        { kind: 'node', nodes: 'm', device: 'e', plugs: '1' },
        { kind: 'alias', name: 'a', hosts: 'n0,m' },
      ],
    );
  });

  it('reads a device specification with all its statements', () => {
    const text = readFileSync(new URL('pdu.dev', FIXTURES), 'utf8');
    const found = specificationOf(text);
    assert.equal(found.timeoutMs, 5500);
    assert.equal(found.pingPeriodMs, 250);
    assert.deepEqual(found.plugs, ['1', '2', '3']);
    assert.deepEqual(
      found.scripts.map(({ name }) => name),
      ['login', 'status_all', 'status', 'on_ranged', 'ping'],
    );
    assert.deepEqual(found.scripts[0]!.statements, [
      { kind: 'expect', pattern: 'login: ' },
      { kind: 'send', text: 'admin\r\n' },
      { kind: 'expect', pattern: '\x1b\\[m> ' },
    ]);
    const block = found.scripts[1]!.statements[1] as Extract<Statement, { body: unknown }>;
    assert.deepEqual(block.body.slice(1), [
      {
        kind: 'setplugstate',
        plug: 1,
        state: 2,
        states: [
          { state: 'on', pattern: '^ON' },
          { state: 'off', pattern: '^OFF' },
        ],
      },
      { kind: 'ifoff', body: [{ kind: 'delay', delayMs: 1000 }] },
    ]);
    assert.deepEqual(found.scripts[3]!.statements[1], {
      kind: 'foreachnode',
      body: [
        { kind: 'expect', pattern: '([^\n:]+): (.*)\n' },
        { kind: 'setresult', plug: 1, result: 2, success: ['^ok'] },
      ],
    });
    assert.deepEqual(found.scripts[2]!.statements[2], {
      kind: 'setplugstate',
      plug: undefined,
      state: 1,
      states: [
        { state: 'on', pattern: 'ON' },
        { state: 'off', pattern: 'OFF' },
      ],
    });
    assert.deepEqual(found.scripts[4]!.statements, [{ kind: 'setplugstate', plug: '3', state: 1, states: [] }]);
  });

  it('tells where each thing stands', () => {
    const { items } = parsePowerman('x.conf', '# a\n\n  listen "a"\tlisten\n  "b" # c\n');
    assert.deepEqual(
      items.map(({ place, start, end }) => ({ ...place, start, end })),
      [
        { file: 'x.conf', line: 3, column: 3, start: 7, end: 17 },
        { file: 'x.conf', line: 3, column: 14, start: 18, end: 30 },
      ],
    );
  });

  it('tells what is wrong, all of it, with places', () => {
    assert.deepEqual(problemsOf('nod "a" "d"\nlisten 5\nlisten "x"\ndevice "a"\n"b" Listen\n'), [
      '1:1 "nod" is no directive of PowerMan',
      '2:8 a number stands where a string should',
      '5:5 something that is no word of PowerMan stands where a string should',
      '5:5 this is no word of PowerMan',
    ]);
    assert.deepEqual(problemsOf('include /etc/a.dev\ninclude'), [
      '1:9 the path of an include does not stand in quotes',
      '2:8 the end of the file stands where the path of a file in quotes should',
    ]);
    assert.deepEqual(problemsOf('listen "a\nlisten "b"\n'), [
      '1:8 something that is no word of PowerMan stands where a string should',
      '1:8 this string does not end in its line',
    ]);
    assert.deepEqual(problemsOf('listen "a"\n# the end'), [
      '2:1 powermand cannot read a comment that ends with the file',
    ]);
    assert.deepEqual(problemsOf(`listen "${'a'.repeat(8192)}"\n`), ['1:8 this string is too long for powermand']);
    assert.deepEqual(problemsOf(`listen "${'\\n'.repeat(8191)}"\n`), []);
  });

  it('tells what is wrong in a specification, and reads on', () => {
    const wrong = (body: string) => problemsOf(`specification "s" {\n${body}\n}\nlisten "a"\n`);
    assert.deepEqual(wrong(''), ['3:1 the specification is empty']);
    assert.deepEqual(wrong('timeou 5\nscript on { send "a" }'), [
      '2:1 "timeou" is no setting of a specification of PowerMan',
    ]);
    assert.deepEqual(wrong('timeout "5"'), ['2:9 a string stands where a number of seconds should']);
    assert.deepEqual(wrong('timeout 99999999999999999999'), ['2:9 this time is longer than powermand can count']);
    assert.deepEqual(wrong('script onn { send "a" }'), ['2:8 "onn" is no script of PowerMan']);
    assert.deepEqual(wrong('script on { }'), ['2:13 this block has no statement']);
    assert.deepEqual(wrong('script on { sned "a" send "b" }'), ['2:13 "sned" is no statement of PowerMan']);
    assert.deepEqual(wrong('script on { send "a" }\nscript on { send "a" }'), ['3:1 script on is there twice']);
    assert.deepEqual(wrong('plug name { }'), ['2:13 } stands where the name of a plug in quotes should']);
    assert.deepEqual(wrong('plug name { "a" }\nplug name { "a" }'), ['3:1 the plugs are named twice']);
    assert.deepEqual(wrong('script on { setresult $1 $2 }'), ['2:29 } stands where success="PATTERN" should']);
    assert.deepEqual(wrong('script on { setplugstate $1 on "a" }'), ['2:32 a string stands where = should']);
    assert.equal(parsePowerman('f', 'specification "s" { timeou 5 }\nlisten "a"\n').items.at(-1)!.kind, 'listen');
    assert.deepEqual(problemsOf('specification "s" { script on { send "a"\n'), ['1:31 this { is never closed']);
  });

  it('says what may have been meant', () => {
    const remedy = (text: string) => parsePowerman('f', text).problems[0]!.remedy;
    assert.equal(remedy('devise "a" "b" "c:1"\n'), 'did you mean device?');
    assert.equal(remedy('specification "s" { script status_al { send "a" } }\n'), 'did you mean status_all?');
    assert.match(remedy('specification "s" { script soft { send "a" } }\n'), /^use one of login, /);
  });

  it('tells nothing of a string, which may be a password', () => {
    const { problems } = parsePowerman('f', 'alias "s3cret" 5\nlisten "s3cret\nx "s3cret" #s3cret');
    assert.equal(problems.length > 2, true);
    assert.doesNotMatch(JSON.stringify(problems), /s3cret/);
  });

  it('stays upright in blocks as deep as one likes', () => {
    const deep = (count: number) =>
      `specification "s" { script on_all { ${'foreachplug { '.repeat(count)}send "a" ${'} '.repeat(count)}} }\n`;
    assert.deepEqual(problemsOf(deep(POWERMAN_DEPTH_MAX - 1)), []);
    const told = problemsOf(deep(20_000));
    assert.equal(told.length, 1);
    assert.match(told[0]!, /blocks stand 33 deep/);
  });
});

describe('formatPowerman', () => {
  it('gives back what was read, whatever it is', () => {
    const word = fc.constantFrom(
      ...[
        'include',
        'listen',
        'device',
        'node',
        'specification',
        'script',
        'on',
        'status',
        'send',
        'expect',
        'plug name',
      ],
      ...[
        '{',
        '}',
        '$1',
        '"a"',
        '"',
        '#',
        '\n',
        ' ',
        '\\',
        '=',
        '5',
        '.5',
        'setplugstate',
        'foreachplug',
        'timeout',
        '\r',
      ],
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(word).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const parsed = parsePowerman('f', given);
        assert.equal(formatPowerman(parsed), given);
        for (const { place, start, end } of parsed.items) {
          const before = given.slice(0, start).split('\n');
          assert.deepEqual([place.line, place.column], [before.length, before.at(-1)!.length + 1]);
          assert.equal(end > start && end <= given.length, true);
        }
        for (const { place } of parsed.problems) assert.equal(place.line >= 1 && place.column >= 1, true);
      }),
      { numRuns: 600 },
    );
  });

  it('gives back a good file of which bytes were changed', () => {
    const good = readFileSync(new URL('pdu.dev', FIXTURES), 'utf8');
    const change = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(12),
      put: fc.constantFrom('', '"', '{', '}', '#', '$', 'x', '\n'),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const text = changes.reduce((was, { at, cut, put }) => was.slice(0, at) + put + was.slice(at + cut), good);
        assert.equal(formatPowerman(parsePowerman('f', text)), text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('strings', () => {
  it('are read with the escapes of C', () => {
    assert.equal(unquoted('"\\a\\b\\e\\f\\n\\r\\t\\v\\\\\\"\\q\\033[\\101"'), '\x07\b\x1b\f\n\r\t\v\\"q\x1b[A');
    assert.equal(unquoted('"a\\\nb"'), 'a\nb');
  });

  it('are written so that they are read as the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        assert.equal(unquoted(quoted(value)), value);
        assert.doesNotMatch(quoted(value), /\n/);
      }),
    );
  });
});
