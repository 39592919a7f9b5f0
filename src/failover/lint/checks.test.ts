/** Every check finds what it is for, and is silent where that is right. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Finding } from '../../cluster.ts';
import { CASES, type Pair } from './cases.ts';
import { CHECKS, lint } from './checks.ts';
import { AUTHKEYS, HA_CF, HARESOURCES, sampleNode } from './sample-nodes.ts';

function findings([one = {}, two = one]: Pair): Finding[] {
  return lint([sampleNode('oss01', one), sampleNode('oss02', two)]);
}

describe('lint', () => {
  it('finds nothing in a sound pair', () => assert.deepEqual(findings([]), []));

  it('has a good and a bad example for each check', () => {
    assert.deepEqual(Object.keys(CASES).toSorted(), CHECKS.map(({ code }) => code).toSorted());
    assert.ok(CHECKS.length >= 40);
  });

  const [ofHeartbeat = '', ofPacemaker = ''] = readFileSync(
    new URL('../../../docs/ha-lint.md', import.meta.url),
    'utf8',
  ).split(/^## Pacemaker$/m);

  it('has each check in its page, and no other', () => {
    const codes = [...ofHeartbeat.matchAll(/^\| `([a-z-]+)` +\| (?:error|warning|note)/gm)].map((match) => match[1]!);
    assert.deepEqual(codes.toSorted(), CHECKS.map(({ code }) => code).toSorted());
  });

  it('has in its page whatever is said of a node of Pacemaker', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => /^(?:cib|pacemaker)(?:-\w+)?\.ts$/.test(name));
    assert.ok(files.length > 4);
    const source = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n');
    const said = new Set(
      [...source.matchAll(/(?:code: |error\(\s*)'([a-z]+(?:-[a-z]+)+)'/g)].map((match) => match[1]!),
    );
    const told = [...ofPacemaker.matchAll(/^\| ((?:`[a-z-]+(?:, )?`(?:, )?)+) +\| (?:error|warning|note)/gm)];
    const codes = told.flatMap((match) => [...match[1]!.matchAll(/`([a-z-]+)`/g)].map((code) => code[1]!));
    assert.deepEqual([...said].toSorted(), codes.toSorted());
  });

  for (const [code, { bad, good }] of Object.entries(CASES)) {
    describe(code, () => {
      for (const [name, { pair, level, text }] of Object.entries(bad))
        it(`finds: ${name}`, () => {
          const found = findings(pair).filter((finding) => finding.code === code);
          assert.ok(found.length > 0, inspect(findings(pair)));
          assert.deepEqual([...new Set(found.map((finding) => finding.level))], [level]);
          assert.match(found.map((finding) => finding.text).join('\n'), text);
          assert.ok(found.every(({ remedy, place }) => remedy !== '' && place.line >= 1 && place.column >= 1));
        });
      for (const [name, pair] of Object.entries(good))
        it(`lets pass: ${name}`, () =>
          assert.deepEqual(
            findings(pair).filter((finding) => finding.code === code),
            [],
          ));
    });
  }

  it('points at the file of the node that is meant, and at the line', () => {
    const [finding] = findings([{}, { haCf: HA_CF.replace('initdead 180', 'initdead 90') }]).filter(
      ({ code }) => code === 'initdead-short',
    );
    assert.deepEqual(finding!.place, { file: 'oss02:/etc/ha.d/ha.cf', line: 5, column: 1 });
  });

  it('tells a thing of both nodes once when only another file differs', () => {
    const haCf = HA_CF.replace('initdead 180', 'initdead 90');
    const found = findings([{ haCf }, { haCf, haresources: `${HARESOURCES}# x\n` }]);
    assert.equal(found.filter(({ code }) => code === 'initdead-short').length, 1);
  });

  it('never shows a key or a password', () => {
    const secret = 'Pa55w0rd';
    const broken = [
      { authkeys: `auth 1\n1 ${secret}\n` },
      { authkeys: `auth 1\n1 sha1 ${secret}\n` },
      { haCf: HA_CF.replace('external/ipmi oss02', `"${secret}"`) },
      { haCf: HA_CF.replaceAll(/root Pa55w0rd/g, `root "${secret}"`) },
      { haresources: HARESOURCES.replace('::lustre', `::cifs::user=u,password=${secret}`) },
      { haresources: HARESOURCES.replace('::lustre', `::cifs::password=${secret}::`) },
      { haCf: `${HA_CF}respawn root /bin/x --password=${secret}\n` },
    ];
    for (const one of broken) assert.doesNotMatch(JSON.stringify(findings([one, {}])), /Pa55w0rd/);
    assert.doesNotMatch(inspect(sampleNode('oss01'), { depth: 9 }), new RegExp(AUTHKEYS.split(' ')[3]!.trim()));
  });

  it('takes any text for the files, and places every finding in one', () => {
    const line = fc.constantFrom(
      ...HA_CF.split('\n'),
      ...HARESOURCES.split('\n'),
      ...AUTHKEYS.split('\n'),
      'crm on',
      'bcast',
    );
    const text = fc.array(fc.oneof(line, fc.string({ unit: 'grapheme' }))).map((lines) => lines.join('\n'));
    const change = fc.record({ haCf: text, haresources: text, authkeys: text, fstab: text, mdadmConf: text });
    fc.assert(
      fc.property(change, change, (one, two) => {
        for (const { place, remedy } of findings([one, two]))
          assert.ok(place.file.startsWith('oss0') && place.line >= 1 && place.column >= 1 && remedy !== '');
      }),
    );
  });
});
