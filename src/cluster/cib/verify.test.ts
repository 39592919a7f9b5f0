import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import fc from 'fast-check';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { systemProcesses } from '../../host.ts';
import { addToCib, buildCib } from './build.ts';
import { diffCibs, wordsOf } from './diff.ts';
import type { PlainCib, PlainPrimitive } from './plain.ts';
import { compareVersions, epochOf, readCib } from './read.ts';
import { constraints, ip, whole } from './sample.ts';
import { insertElement, sectionOf, setAttribute } from './write.ts';
import { copyOf, element, formatXml, parseXml, rootOf, type XmlDocument } from './xml.ts';

describePeer('crm_verify', ['crm_verify'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cib-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function verify(document: XmlDocument): Promise<void> {
    const file = join(folder, 'cib.xml');
    writeFileSync(file, formatXml(withNodesUp(document)));
    const args = ['-V', '-x', file];
    const { exitCode, errorText } = await systemProcesses.run(requirePeer('crm_verify'), args, { timeLimitMs: 30_000 });
    assert.equal(exitCode, 0, `${errorText}\n${formatXml(document)}`);
    assert.equal(errorText, '', formatXml(document));
  }

  it('takes what is built, under each schema there is', async () => {
    for (const minor of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      await verify(buildCib(whole, { file: 'new', validateWith: `pacemaker-3.${minor}` }));
  });

  it('takes what is added to another', async () => {
    const document = buildCib({ ...whole, constraints: [] }, { file: 'new' });
    const before = copyOf(document);
    addToCib(document, { constraints, properties: { 'stonith-action': 'off' } });
    await verify(parseXml(formatXml(document), 'f'));
    assert.equal(diffCibs(before, document).map(wordsOf)[0], 'property stonith-action added');
    assert.equal(compareVersions(epochOf(before), epochOf(document)), 0);
  });

  it('takes any resources that can be built', async () => {
    const word = fc.stringMatching(/^[A-Za-z_][-\w.]{0,10}$/);
    const value = fc
      .string({ unit: 'grapheme', maxLength: 10 })
      .filter((text) => !/[\0-\x08\x0b-\x1f\ufffe\uffff]/.test(text));
    const params = fc.dictionary(word, value, { maxKeys: 3, noNullPrototype: true });
    const primitive = fc.record({ id: word, params, description: value });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(primitive, { selector: ({ id }) => id, minLength: 1, maxLength: 4 }),
        async (list) => {
          const [first, ...more] = list.map((each): PlainPrimitive => ({ ...ip, ...each }));
          const plain: PlainCib = {
            properties: { 'stonith-enabled': 'false' },
            resources: [
              ...(more.length > 0 ? [{ kind: 'group', id: 'group-of-the-others', members: more } as const] : []),
              first!,
            ],
          };
          await verify(buildCib(plain, { file: 'f' }));
        },
      ),
      { numRuns: 15 },
    );
  });
});

/** Nodes that are listed and not up would have to be fenced, which is no matter of the configuration. */
function withNodesUp(document: XmlDocument): XmlDocument {
  const copy = copyOf(document);
  setAttribute(rootOf(copy), 'have-quorum', '1');
  for (const { id, name } of readCib(document).nodes) {
    const state = { id, uname: name, in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' };
    insertElement(copy, sectionOf(copy, 'status'), { child: element('node_state', state) });
  }
  return copy;
}
