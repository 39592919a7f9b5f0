import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../../test/fuzz.ts';
import { COROSYNC_CHARACTERS_MAX } from '../../base/cluster-limits.ts';
import { checkCorosync } from './check.ts';
import { entryOf, formatCorosync, parseCorosync, sectionsAt, sectionsOf } from './document.ts';
import { setCorosync } from './edit.ts';
import { settingsOf } from './settings.ts';

const SAMPLE = `# the pair
totem {
\tversion: 2
\ttransport:knet
\tcluster_name : scratch   
\ttoken: 1000
\ttoken: 5000

\tinterface {
\t\t# the first link
\t\tlinknumber: 0
\t}
}
nodelist {
    node {
        name: oss1
        nodeid: 1
        ring0_addr: fd00::1
    }
    node {
        name: oss2
        nodeid: 2
        ring0_addr: fd00::2
    }
}
`;
const problems = (text: string): string[] =>
  parseCorosync(text, 'c').problems.map(({ place, text: what }) => `${place.line}:${place.column} ${what}`);
const written = (text: string): string => formatCorosync(parseCorosync(text, 'c'));

describe('corosync.conf', () => {
  it('is read as sections, keys and values', () => {
    const document = parseCorosync(SAMPLE, 'c');
    assert.deepEqual(document.problems, []);
    const top = sectionsOf(document);
    const totem = sectionsAt(top, 'totem');
    assert.deepEqual(
      totem[0]!.entries.map(({ key, value }) => [key, value]),
      [
        ['version', '2'],
        ['transport', 'knet'],
        ['cluster_name', 'scratch'],
        ['token', '1000'],
        ['token', '5000'],
      ],
    );
    assert.equal(entryOf(totem, 'token')!.value, '5000', 'the last one counts');
    assert.deepEqual(entryOf(totem, 'token')!.place, { file: 'c', line: 7, column: 2 });
    assert.equal(entryOf(totem, 'linknumber'), undefined);
    assert.deepEqual(
      sectionsAt(top, 'nodelist', 'node').map((node) => entryOf([node], 'ring0_addr')!.value),
      ['fd00::1', 'fd00::2'],
    );
  });

  it('is written as it was read', () => {
    for (const text of ['', '\n', 'x', SAMPLE, SAMPLE.replaceAll('\n', '\r\n'), SAMPLE.trimEnd(), '}\n{\n:\n'])
      assert.equal(written(text), text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(written(text), text)));
    fc.assert(
      fc.property(damaged(Buffer.from(SAMPLE)), (bytes) => {
        const text = Buffer.from(bytes).toString('utf8');
        throwsOnlyAppError(() => {
          const document = parseCorosync(text, 'c');
          if (formatCorosync(document) !== text) throw new Error('not the same');
          settingsOf(document);
          checkCorosync(document);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('says what corosync would not read, all of it, with its place', () => {
    assert.deepEqual(problems('system { sched_rr: no\n}\n'), [
      '1:1 something follows the { of a section',
      '2:1 a } that closes nothing',
    ]);
    assert.deepEqual(problems('a {\n  foo\n  }x\n {\n: x\n}\n'), [
      '2:3 this is neither a section nor a key with its value',
      '3:3 something stands beside the } of a section',
      '4:2 a section without a name',
      '5:1 a value without a key',
    ]);
    assert.deepEqual(problems('a {\n b {\n }\n'), ['1:1 this section is never closed']);
    assert.deepEqual(problems(`a {\n${'x'.repeat(511)}\n}\n`), [
      '2:1 a line of more than 511 bytes, which corosync does not read',
    ]);
    assert.deepEqual(problems(`#${'x'.repeat(509)}\n#${'é'.repeat(255)}\n`), [
      '2:1 a line of more than 511 bytes, which corosync does not read',
    ]);
    assert.deepEqual(problems('a: b\0c'), ['1:1 a line with a NUL character, which corosync does not read']);
    assert.equal(problems('a {\n'.repeat(33))[0], '1:1 this section is never closed');
    assert.ok(
      problems(`${'a {\n'.repeat(33)}${'}\n'.repeat(33)}`).some((text) => text.includes('more than 32 sections')),
    );
    assert.throws(() => parseCorosync(' '.repeat(COROSYNC_CHARACTERS_MAX + 1), 'c'), { code: 'config' });
  });
});

describe('a change of corosync.conf', () => {
  const document = parseCorosync(SAMPLE, 'c');
  const change = (...args: Parameters<typeof setCorosync> extends [unknown, infer Rest] ? [Rest] : never): string[] => {
    const before = SAMPLE.split('\n');
    return formatCorosync(setCorosync(document, args[0]))
      .split('\n')
      .filter((line) => !before.includes(line));
  };

  it('replaces a value on its line, and nothing else', () => {
    assert.deepEqual(change({ path: ['totem'], key: 'token', value: '3000' }), ['\ttoken: 3000']);
    assert.deepEqual(change({ path: ['totem'], key: 'cluster_name', value: 'home' }), ['\tcluster_name : home   ']);
    assert.deepEqual(change({ path: ['totem'], key: 'transport', value: 'udpu' }), ['\ttransport:udpu']);
    assert.equal(formatCorosync(document), SAMPLE, 'the document itself stays');
  });

  it('finds one of several sections by a key', () => {
    const where = { key: 'name', value: 'oss2' };
    assert.deepEqual(change({ path: ['nodelist', 'node'], key: 'ring0_addr', value: 'fd00::9', where }), [
      '        ring0_addr: fd00::9',
    ]);
    assert.deepEqual(change({ path: ['nodelist', 'node'], key: 'ring1_addr', value: 'fd01::2', where }), [
      '        ring1_addr: fd01::2',
    ]);
    const nobody = { key: 'name', value: 'oss9' };
    assert.throws(() => setCorosync(document, { path: ['nodelist', 'node'], key: 'x', value: 'y', where: nobody }), {
      code: 'config',
    });
  });

  it('adds keys behind the last of their section, and sections at the end', () => {
    const lines = formatCorosync(
      setCorosync(document, { path: ['totem', 'interface'], key: 'knet_link_priority', value: '1' }),
    );
    assert.match(lines, /\t\tlinknumber: 0\n\t\tknet_link_priority: 1\n\t}/);
    assert.ok(
      formatCorosync(setCorosync(document, { path: ['quorum', 'device'], key: 'model', value: 'net' })).endsWith(
        '}\nquorum {\n\tdevice {\n\t\tmodel: net\n\t}\n}\n',
      ),
    );
    const cut = parseCorosync('totem {\r\n}', 'c');
    assert.equal(
      formatCorosync(setCorosync(cut, { path: ['totem'], key: 'version', value: '2' })),
      'totem {\r\n\tversion: 2\r\n}',
    );
    assert.equal(
      formatCorosync(setCorosync(cut, { path: ['quorum'], key: 'votes', value: '1' })),
      'totem {\r\n}\r\nquorum {\r\n\tvotes: 1\r\n}\r\n',
    );
  });

  it('removes a key wherever it stands', () => {
    const text = formatCorosync(setCorosync(document, { path: ['totem'], key: 'token', value: undefined }));
    assert.equal(text, SAMPLE.replace(/\ttoken: .*\n/g, ''));
  });

  it('takes no value that would be another line', () => {
    for (const value of ['a\nb', 'a\r', 'a {'])
      assert.throws(() => setCorosync(document, { path: ['totem'], key: 'x', value }), { code: 'config' });
  });

  it('is read back, whatever the value', () => {
    const value = fc.stringMatching(/^[!-z|-~]{1,20}$/).filter((text) => !text.includes('{'));
    fc.assert(
      fc.property(fc.constantFrom('token', 'new_key'), value, (key, given) => {
        const changed = setCorosync(document, { path: ['totem'], key, value: given });
        assert.equal(entryOf(sectionsAt(sectionsOf(changed), 'totem'), key)!.value, given);
        assert.deepEqual(changed.problems, []);
      }),
    );
  });
});
