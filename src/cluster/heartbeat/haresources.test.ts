import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addGroup,
  formatHaresources,
  formatResource,
  parseHaresources,
  replaceGroup,
  replaceResource,
} from './haresources.ts';

const shape = (text: string): string[][] =>
  parseHaresources(text).groups.map(({ node, resources }) => [node, ...resources.map(formatResource)]);
const problems = (text: string): string[] => parseHaresources(text).problems.map((problem) => problem.text);

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ' ',
        '\t',
        '\n',
        '\\\n',
        '\\',
        '#',
        '\r\n',
        '::',
        'n1 ',
        '10.0.0.1/24/eth0',
        'Filesystem::/dev/sda::/mnt::ext4',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('haresources', () => {
  it('is written back as it was, whatever it is', () => {
    fc.assert(fc.property(text, (given) => assert.equal(formatHaresources(parseHaresources(given)), given)));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) =>
        assert.equal(formatHaresources(parseHaresources(given)), given),
      ),
    );
  });

  it('reads addresses, scripts with parameters, and plain scripts, from left to right', () => {
    const [group] = parseHaresources('OSS01 10.0.0.7/24/eth0 Filesystem::/dev/sda::/mnt/ost01::lustre httpd').groups;
    assert.equal(group!.node, 'oss01');
    assert.deepEqual(
      group!.resources.map(({ script, params, isImplicit }) => [script, params, isImplicit]),
      [
        ['IPaddr', ['10.0.0.7/24/eth0'], true],
        ['Filesystem', ['/dev/sda', '/mnt/ost01', 'lustre'], false],
        ['httpd', [], false],
      ],
    );
  });

  it('joins lines that end with a backslash, and says where each word stands', () => {
    const { groups, lines } = parseHaresources('# all\nn1 a \\\n  b::1 \\\n\tc\nn2 d', 'f');
    assert.deepEqual(
      groups[0]!.resources.map(({ place }) => place),
      [
        { file: 'f', line: 2, column: 4 },
        { file: 'f', line: 3, column: 3 },
        { file: 'f', line: 4, column: 2 },
      ],
    );
    assert.equal(groups[1]!.place.line, 5);
    assert.equal(lines.length, 3);
  });

  it('joins words across a backslash without a blank', () => {
    assert.deepEqual(shape('n1 Filesystem::/dev/sda\\\n::/mnt'), [['n1', 'Filesystem::/dev/sda::/mnt']]);
  });

  it('takes a # on a continued line for a resource, as Heartbeat does, and says so', () => {
    assert.deepEqual(shape('n1 a \\\nb # c\n'), [['n1', 'a', 'b', '#', 'c']]);
    assert.match(problems('n1 a \\\nb # c\n').join(), /not a comment/);
    assert.deepEqual(shape('n1 a # c \\\nn2 b\n'), [
      ['n1', 'a'],
      ['n2', 'b'],
    ]);
  });

  it('tells what cannot be right', () => {
    const wrong: Readonly<Record<string, RegExp>> = {
      n1: /no resource/,
      'n1 a \\ \nn2 b': /continues nothing/,
      'n1 a \\': /continues nothing/,
      'n1 ::x': /no script/,
      'n1 F::a::::b': /empty parameter/,
      'n1 F::': /empty parameter/,
      'n1 a\r\n': /carriage return/,
    };
    for (const [given, message] of Object.entries(wrong)) assert.match(problems(given).join(), message, given);
    assert.deepEqual(problems('# x\n\n \t\nn1 a b::c 1.2.3.4::x\n'), []);
  });

  it('names places that are in the text', () => {
    fc.assert(
      fc.property(text, (given) => {
        const physical = given.split('\n');
        const { groups, problems: found } = parseHaresources(given);
        const places = groups.flatMap(({ place, resources }) => [place, ...resources.map((each) => each.place)]);
        for (const place of [...places, ...found.map((problem) => problem.place)])
          assert.ok(physical[place.line - 1]![place.column - 1] !== undefined);
      }),
    );
  });
});

describe('changes of haresources', () => {
  const given = '# pair\nn1  a::1 \\\n    b   # first\nn2 c\n';

  it('keep everything around a resource', () => {
    const parsed = parseHaresources('# pair\nn1  a::1 b   # first\nn2 c\n');
    const changed = replaceResource(parsed, parsed.groups[0]!.resources[1]!, 'b::2');
    assert.equal(formatHaresources(changed), '# pair\nn1  a::1 b::2   # first\nn2 c\n');
  });

  it('replace what stands on a continued line, and what goes over two', () => {
    const parsed = parseHaresources(given);
    const changed = replaceResource(parsed, parsed.groups[0]!.resources[0]!, 'x');
    assert.equal(formatHaresources(changed), given.replace('a::1', 'x'));
    const split = parseHaresources('n1 a\\\nb c\n');
    assert.equal(formatHaresources(replaceResource(split, split.groups[0]!.resources[0]!, 'x')), 'n1 x c\n');
  });

  it('replace and add groups', () => {
    const parsed = parseHaresources('n1 a \\\n b\nn2 c # last');
    assert.equal(formatHaresources(replaceGroup(parsed, parsed.groups[0]!, ['n2', 'x'])), 'n2 x\nn2 c # last');
    assert.equal(formatHaresources(addGroup(parsed, ['n1', 'd'])), 'n1 a \\\n b\nn2 c # last\nn1 d\n');
  });

  it('change one resource and no other, in any file', () => {
    fc.assert(
      fc.property(text, fc.nat(), (any, pick) => {
        const parsed = parseHaresources(any);
        const all = parsed.groups.flatMap(({ resources }) => resources);
        const isOdd = any.includes('#') || any.includes('\r');
        const chosen = all[pick % Math.max(all.length, 1)];
        if (chosen === undefined || isOdd) return;
        const after = replaceResource(parsed, chosen, 'New::1').groups.flatMap(({ resources }) => resources);
        assert.deepEqual(
          after.map(formatResource),
          all.map((each) => (each === chosen ? 'New::1' : formatResource(each))),
        );
      }),
      { examples: [['n1 a\\\nb c', 0]] },
    );
  });
});
