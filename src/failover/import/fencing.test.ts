import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { powerman } from '../../cluster.ts';
import { documentsOf } from './documents.ts';
import { planImport } from './plan.ts';
import { sampleInput } from './sample.ts';

const FREE = 'specification "f" {\n script login { send "x" }\n}\n';
const viewOf = (text: string): powerman.PowermanView =>
  powerman.powermanViewOf(powerman.loadPowerman('powerman.conf', () => text));
const GOOD = viewOf(`${FREE}listen "pm.example:10101"\ndevice "d" "f" "h:1"\nnode "oss01,oss02" "d"\n`);

describe('fencing by PowerMan', () => {
  it('becomes a device for the nodes that hang on its plugs', () => {
    for (const survivor of ['oss01', 'oss02']) {
      const plan = planImport(sampleInput({ cf: [] }, { powerman: GOOD, options: { survivor } }));
      const { cibXml } = documentsOf(plan);
      assert.match(cibXml, /type="fence_powerman"/);
      assert.equal(plan.explanations.find(({ about }) => about === 'fence-powerman')!.was, 'stonith of line 6');
      assert.match(cibXml, /name="ip" value="pm\.example"/);
      assert.match(cibXml, /name="pcmk_host_list" value="oss01,oss02"/);
      assert.match(cibXml, new RegExp(`name="pcmk_delay_base" value="${survivor}:10s"`));
      assert.deepEqual(
        plan.unmapped.filter(({ what }) => /fencing/.test(what)),
        [],
      );
    }
  });

  it('gives way to a line of STONITH that names it', () => {
    const cf = ['stonith_host * external/powerman other:10101 0'];
    const { fencing } = planImport(sampleInput({ cf }, { powerman: GOOD }));
    assert.deepEqual(
      fencing.map(({ device }) => device.options['ip']),
      ['other'],
    );
  });

  it('is refused where powermand would not start, or knows none of the nodes', () => {
    const refused = (text: string, message: RegExp): void =>
      assert.throws(() => planImport(sampleInput({ cf: [] }, { powerman: viewOf(text) })), { code: 'config', message });
    refused('node "oss01" "nosuch" "1"\n', /powerman\.conf:1:\d+: .*nosuch/);
    refused(`${FREE}device "d" "f" "h:1"\nnode "mds1" "d"\n`, /PowerMan switches none of oss01, oss02/);
  });
});
