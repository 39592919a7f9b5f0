/** Pacemaker's own scheduler before and after the end of a pause. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { systemProcesses } from '../../host.ts';
import { formatXml } from '../cib/xml.ts';
import { pauseEdits } from './lease.ts';
import { applyEdits } from './patch.ts';
import { sampleCib } from './sample.ts';

const FIRST =
  '<cluster_property_set id="cib-bootstrap-options"><nvpair id="e" name="stonith-enabled" value="true"/><nvpair id="q" name="no-quorum-policy" value="ignore"/></cluster_property_set>';
const LOST =
  '<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/><node_state id="2" uname="n2" in_ccm="false" crmd="offline" join="member" expected="member"/>';

describePeer('the pause, judged by crm_simulate', ['crm_verify'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lease-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, properties] of [
    ['with the setting in the first set', FIRST],
    ['with no setting at all', FIRST.replace(/<nvpair id="e"[^>]*>/, '')],
    ['with the setting in a set of its own', FIRST.replace('cib-bootstrap-options', 'opts')],
  ] as const)
    it(`holds before its end and not after, ${name}`, async () => {
      const { document, cib } = sampleCib({ properties, status: LOST });
      const file = join(folder, 'cib.xml');
      writeFileSync(file, formatXml(applyEdits(document, pauseEdits(cib, Date.UTC(2026, 10, 21, 22)))));
      const run = async (program: string, ...args: string[]) => {
        const { output, errorText } = await systemProcesses.run(program, args, {
          timeLimitMs: 10_000,
          env: { TZ: 'UTC' },
        });
        return `${output}${errorText}`;
      };
      const at = async (date: string) =>
        /Fence \(reboot\) n2/.test(await run('crm_simulate', '-x', file, '-S', `--set-datetime=${date}`));
      assert.deepEqual([await at('2026-11-21 21:59:58Z'), await at('2026-11-21 22:00:01Z')], [false, true]);
      assert.doesNotMatch(await run('crm_verify', '--xml-file', file, '-V'), /error|invalid schema/i);
    });
});
