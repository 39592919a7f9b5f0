import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addToCib } from './build.ts';
import { diffCibs, wordsOf } from './diff.ts';
import { elementById, insertElement, removeElement, setAttribute } from './write.ts';
import { copyOf, element, elementsOf, everyElement, formatXml, parseXml, rootOf, type XmlDocument } from './xml.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const fixture = (name: string): XmlDocument => parseXml(readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8'), name);

/** What is told of a change to a fixture. */
function told(name: string, change: (document: XmlDocument) => void): string[] {
  const before = fixture(name);
  const after = copyOf(before);
  change(after);
  return diffCibs(before, after).map(wordsOf);
}
const set = (id: string, name: string, value: string | undefined) => (document: XmlDocument) =>
  setAttribute(elementById(document, id)!, name, value);
const move = (id: string, into: string, before?: string) => (document: XmlDocument) => {
  const child = elementById(document, id)!;
  removeElement(document, child);
  const parent = elementById(document, into)!;
  insertElement(document, parent, {
    child,
    ...(before === undefined ? {} : { before: elementById(document, before)! }),
  });
};

describe('the difference of two CIBs', () => {
  it('is nothing for spelling, comments, the status, or what the cluster counts', () => {
    const before = fixture('two-node');
    const text = formatXml(before)
      .replace(/<!--.*?-->/g, '')
      .replace(/>\s+</g, '><')
      .replace('name="ip" value="10.0.9.1"', 'value="&#49;0.0.9.1" name="ip"')
      .replace('epoch="41"', 'epoch="99"')
      .replace(/cib-last-written="[^"]*"/, '')
      .replace(/<status>.*<\/status>/s, '<status/>');
    assert.deepEqual(diffCibs(before, parseXml(text, 'f')), []);
  });

  it('tells values by what they belong to', () => {
    const cases: [id: string, words: string][] = [
      ['cib-bootstrap-options-stonith-enabled', 'property stonith-enabled changed from true to x'],
      ['rsc-options-migration', 'resource default migration-threshold changed from 3 to x'],
      ['op-options-timeout', 'operation default timeout changed from 60s to x'],
      ['ost0-device', 'device of ost0 changed from /dev/disk/by-id/ost0 to x'],
      ['oss1-targets-stickiness', 'meta attribute resource-stickiness of oss1-targets changed from INFINITY to x'],
      ['nodes-1-site', 'site of 1 changed from "hall <2>" to x'],
      ['ost0-monitor-depth', 'OCF_CHECK_LEVEL of ost0-monitor changed from 20 to x'],
    ];
    for (const [id, words] of cases) assert.deepEqual(told('two-node', set(id, 'value', 'x')), [words]);
    const attributes: [id: string, name: string, words: string][] = [
      ['oss1-prefers', 'score', 'score of location constraint oss1-prefers changed from 100 to x'],
      ['ost0-monitor', 'timeout', 'timeout of operation monitor of ost0 changed from 40 to x'],
      ['ost0', 'description', 'description of primitive ost0 (ocf:heartbeat:Filesystem) set to x'],
      ['fl-1', 'devices', 'devices of fencing level 1 of oss1 changed from fence-oss1,fence-pdu-a to x'],
    ];
    for (const [id, name, words] of attributes) assert.deepEqual(told('two-node', set(id, name, 'x')), [words]);
    assert.deepEqual(told('two-node', set('cli-ban-ip0', 'role', undefined)), [
      'role of location constraint cli-ban-ip0 removed, was Started',
    ]);
  });

  it('never tells a secret', () => {
    const before = fixture('two-node');
    const after = copyOf(before);
    set('fence-oss1-password', 'value', 'new sesame')(after);
    const changes = diffCibs(before, after);
    assert.deepEqual(changes.map(wordsOf), ['password of fence-oss1 changed (its value is secret)']);
    assert.doesNotMatch(JSON.stringify(changes), /sesame/);
    const gone = told('two-node', (document) => removeElement(document, elementById(document, 'fence-oss1')!));
    assert.deepEqual(gone, ['primitive fence-oss1 (stonith:fence_ipmilan) removed']);
  });

  it('tells what came and went once, not each of its parts', () => {
    assert.deepEqual(
      told('two-node', (document) => {
        removeElement(document, elementById(document, 'oss1-targets')!);
        addToCib(document, {
          resources: [{ kind: 'primitive', id: 'new', agent: 'ocf:heartbeat:IPaddr2', params: { ip: '1' } }],
          constraints: [{ kind: 'order', id: 'o', first: 'new', next: 'ost0' }],
        });
      }),
      ['group oss1-targets removed', 'primitive new (ocf:heartbeat:IPaddr2) added', 'order constraint o added'],
    );
  });

  it('tells what moved, within a group and out of it', () => {
    assert.deepEqual(told('two-node', move('ip0', 'oss1-targets', 'ost0')), [
      'primitive ost0 (ocf:heartbeat:Filesystem) moved in group oss1-targets from place 1 to 2',
    ]);
    const out = told('two-node', (document) => {
      const child = elementById(document, 'ip0')!;
      removeElement(document, child);
      insertElement(document, elementsOf(elementsOf(rootOf(document), 'configuration')[0]!, 'resources')[0]!, {
        child,
      });
    });
    assert.deepEqual(out, ['primitive ip0 (ocf:heartbeat:IPaddr2) moved from group oss1-targets to resources']);
    const sets = told('clones', (document) => {
      const [first] = elementsOf(elementById(document, 'cs1')!);
      const child = element('resource_ref', { id: 'pm' });
      removeElement(document, elementsOf(elementById(document, 'cs1')!)[1]!);
      insertElement(document, elementById(document, 'cs1')!, { child, before: first! });
    });
    assert.deepEqual(sets, ['ms in the set of cs1 moved in resource_set cs1 from place 1 to 2']);
  });

  it('holds ids and paths for programs', () => {
    const before = fixture('two-node');
    const after = copyOf(before);
    set('ost0-device', 'value', '/dev/b')(after);
    assert.deepEqual(diffCibs(before, after), [
      {
        kind: 'changed',
        subject: {
          name: 'nvpair',
          id: 'ost0-device',
          words: 'device of ost0',
          path: ['cib', 'configuration', 'resources', 'oss1-targets', 'ost0', 'ost0-params', 'ost0-device'],
        },
        attribute: 'value',
        from: '/dev/disk/by-id/ost0',
        to: '/dev/b',
        isSecret: false,
      },
    ]);
  });

  it('is there for any change of the configuration, in both directions', () => {
    for (const name of ['two-node', 'clones', 'heartbeat-2']) {
      const before = fixture(name);
      const count = configured(before).length;
      fc.assert(
        fc.property(fc.nat(count - 1), fc.constantFrom('set', 'remove', 'insert'), (at, kind) => {
          const after = copyOf(before);
          const chosen = configured(after)[at]!;
          if (kind === 'set') setAttribute(chosen, 'x-probe', '1');
          else if (kind === 'insert') insertElement(after, chosen, { child: element('probe', {}) });
          else removeElement(after, chosen);
          const [there, back] = [diffCibs(before, after), diffCibs(after, before)];
          assert.equal(there.length, 1, JSON.stringify(there));
          assert.equal(back.length, 1);
          const opposite = { added: 'removed', removed: 'added', changed: 'changed', moved: 'moved' } as const;
          assert.equal(back[0]!.kind, opposite[there[0]!.kind]);
          assert.equal(back[0]!.subject.words, there[0]!.subject.words);
        }),
      );
    }
  });
});

/** Elements below the configuration, but those that are told by their number. */
function configured(document: XmlDocument): ReturnType<typeof elementsOf> {
  const [configuration] = elementsOf(rootOf(document), 'configuration');
  return [...everyElement(configuration!)].filter((each) => each !== configuration);
}
