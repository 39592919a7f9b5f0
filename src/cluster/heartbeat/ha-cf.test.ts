import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DIRECTIVE_NAMES } from './directives.ts';
import { addDirective, directivesOf, formatHaCf, parseHaCf, removeDirective, setDirective } from './ha-cf.ts';

const PAIR = readFileSync(new URL('../../../test/fixtures/heartbeat/oss-pair/ha.cf', import.meta.url), 'utf8');

const problems = (text: string): string[] => parseHaCf(text).problems.map((problem) => problem.text);
const words = (text: string): string[][] => directivesOf(parseHaCf(text)).map(({ name, args }) => [name, ...args]);

/** Text that has much of what the parser looks for. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '\t', ',', '\n', '\r\n', '\r', '#', '\f', '"', '\\\n', '::', '*'),
      fc.constantFrom(...DIRECTIVE_NAMES),
      fc.constantFrom('1', '200ms', 'eth0', 'on', 'n1', '10.0.0.1', '/x'),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('ha.cf', () => {
  it('is written back as it was, whatever it is', () => {
    fc.assert(fc.property(text, (given) => assert.equal(formatHaCf(parseHaCf(given)), given)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (given) => assert.equal(formatHaCf(parseHaCf(given)), given)));
  });

  it('names places that are in the text', () => {
    fc.assert(
      fc.property(text, (given) => {
        const { lines, problems: found } = parseHaCf(given, 'f');
        for (const { place } of [...found, ...lines.flatMap(({ directive }) => directive ?? [])]) {
          assert.equal(place.file, 'f');
          assert.match(lines[place.line - 1]!.text[place.column - 1]!, /[^ \t\r\n\f]/);
        }
      }),
    );
  });

  it('reads the configuration of a pair without problems', () => {
    const cf = parseHaCf(PAIR);
    assert.deepEqual(cf.problems, []);
    assert.equal(directivesOf(cf).length, 14);
  });

  it('takes white space and commas between values, a # anywhere as a comment, and no quotes', () => {
    assert.deepEqual(words('  node n1,n2\tN3#x y\nbcast eth0 , eth1 # more\n\n #\r\n'), [
      ['node', 'n1', 'n2', 'N3'],
      ['bcast', 'eth0', 'eth1'],
    ]);
    assert.deepEqual(words('node "a b"'), [['node', '"a', 'b"']]);
    assert.match(problems('node "a b"').join(), /quotes/);
  });

  it('lets commas stand where a whole line is one value', () => {
    const given = 'stonith_host * external/ssh h1,h2\napiauth x uid=a,b gid=c\nrespawn root /bin/x a,b';
    assert.deepEqual(
      words(given).map((each) => each.at(-1)),
      ['h1,h2', 'gid=c', 'a,b'],
    );
    assert.deepEqual(problems(given), []);
  });

  it('ends a line at a carriage return', () => {
    assert.deepEqual(words('node a\rb\r\nkeepalive 1\r\n'), [
      ['node', 'a'],
      ['keepalive', '1'],
    ]);
  });

  it('tells an unknown directive by line and column, and what may be meant', () => {
    const [problem] = parseHaCf('keepalive 2\n  initdaed 30\n', '/etc/ha.d/ha.cf').problems;
    assert.deepEqual(problem, {
      place: { file: '/etc/ha.d/ha.cf', line: 2, column: 3 },
      text: 'initdaed is no directive; Heartbeat does not start',
      remedy: 'Did you mean initdead?',
    });
    assert.match(problems('NODE a')[0]!, /NODE is no directive/);
    assert.match(problems('__proto__ a')[0]!, /no directive/);
  });

  it('tells all problems at once', () => {
    assert.equal(problems('keepalive 2s\nwarntime\nudpport 0\nfoo\n').length, 4);
  });

  it('never repeats the parameters of a fence device', () => {
    const given = 'stonith_host * external/ipmi n2 sp "s3cret"\nstonith_host s3cret\nstonith\n';
    const { problems: found } = parseHaCf(given);
    assert.ok(found.length >= 3);
    assert.doesNotMatch(JSON.stringify(found), /s3cret/);
  });
});

describe('values of ha.cf', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    keepalive: /has no value/,
    'keepalive 0': /too short/,
    'deadtime 1500 ms': /2 words where 1/,
    'hopfudge 256': /no number/,
    'udpport 70000': /no number/,
    'baud 1234': /not known/,
    'autojoin maybe': /not known/,
    'auto_failback perhaps': /not known/,
    'msgfmt x': /not known/,
    'logfacility nonesuch': /not known/,
    'apiauth foo': /1 of at least 2/,
    'apiauth foo bar': /uid= and gid=/,
    'apiauth x uid=a uid=b': /twice/,
    'respawn root notabs': /full path/,
    'ucast eth0': /1 of at least 2/,
    'mcast eth0 1.2.3.4 694 1 0': /multicast/,
    'mcast eth0 239.0.0.1 694 300 0': /TTL/,
    'mcast eth0 239.0.0.1 694 1 2': /loop/,
    'mcast eth0 239.0.0.1 0 1 0': /port/,
    'mcast6 eth0 fe80::1 694 1 0': /multicast/,
    'ping_group g': /1 of at least 2/,
    'env A': /no =/,
    'crm on\npacemaker on': /second/,
    'watchdog /dev/w\nwatchdog /dev/v': /second/,
  };
  for (const [given, message] of Object.entries(refused))
    it(`${JSON.stringify(given)} is a problem`, () => assert.match(problems(given).join(), message));

  const taken = [
    'crm RESPAWN',
    'auto_failback LEGACY',
    'use_logd y',
    'mcast6 eth0 ff12::1:2 694 1 0',
    'env A=1 B=2',
    'stonith meatware /etc/ha.d/meat.cf',
    'logfacility none',
    'compression bz2',
    'udp eth0',
  ];
  for (const given of taken) it(`${given} is taken`, () => assert.deepEqual(problems(given), []));
});

describe('changes of ha.cf', () => {
  it('keep comments, order and spacing', () => {
    const cf = parseHaCf('# times\n  keepalive\t1   # often\ndeadtime 10\nkeepalive 2\t# late\n');
    assert.equal(formatHaCf(setDirective(cf, 'keepalive', ['3'])), '# times\ndeadtime 10\nkeepalive 3\t# late\n');
    assert.equal(formatHaCf(setDirective(cf, 'deadtime', ['30'])), formatHaCf(cf).replace('10', '30'));
    assert.equal(formatHaCf(removeDirective(cf, 'keepalive')), '# times\ndeadtime 10\n');
  });

  it('add at the end, on a line of its own', () => {
    assert.equal(formatHaCf(setDirective(parseHaCf('node a'), 'keepalive', ['2'])), 'node a\nkeepalive 2\n');
    assert.equal(formatHaCf(addDirective(parseHaCf(''), 'node', ['a', 'b'])), 'node a b\n');
  });

  it('are read back, in any file', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('node', 'deadtime', 'stonith_host'), (given, name) => {
        const changed = parseHaCf(formatHaCf(setDirective(parseHaCf(given), name, ['7', '8'])));
        const found = directivesOf(changed).filter((directive) => directive.name === name);
        assert.deepEqual(
          found.map(({ args }) => args),
          [['7', '8']],
        );
        const others = (of: string): string[] =>
          directivesOf(parseHaCf(of)).flatMap((each) => (each.name === name ? [] : [each.name]));
        assert.deepEqual(others(formatHaCf(changed)), others(given));
      }),
    );
  });
});
