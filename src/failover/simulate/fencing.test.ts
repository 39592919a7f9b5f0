import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Shot, shotAt } from './fencing.ts';
import { type SampleOptions, sampleWorld } from './sample.ts';

const NOBODY = new Set<string>();

function shoot(
  options: SampleOptions,
  { target = 'n1', from = ['n2'], dead = NOBODY }: { target?: string; from?: string[]; dead?: Set<string> } = {},
) {
  return shotAt(sampleWorld(options), { target, from, dead });
}

describe('who can shoot whom', () => {
  it('takes the device that lists the node', () => {
    assert.deepEqual(shoot({}), { devices: ['fence-n1'], delayMs: 0, randomMs: 0 });
  });

  it('knows delays for all, for one node, and by chance', () => {
    assert.equal((shoot({ fence: { pcmk_delay_base: '5s' } }) as Shot).delayMs, 5000);
    assert.equal((shoot({ fence: { pcmk_delay_base: 'n1:7s;n2:1s' } }) as Shot).delayMs, 7000);
    assert.equal((shoot({ fence: { pcmk_delay_base: 'n2:1s' } }) as Shot).delayMs, 0);
    assert.equal((shoot({ fence: { pcmk_delay_base: '2s', pcmk_delay_max: '10s' } }) as Shot).randomMs, 8000);
  });

  it('knows plugs of other names, and devices that tell their hosts themselves', () => {
    assert.deepEqual((shoot({ fence: { pcmk_host_list: '', pcmk_host_map: 'n1:7;x:8' } }) as Shot).devices, [
      'fence-n1',
    ]);
    const dynamic = { fence: { pcmk_host_list: '' } };
    assert.deepEqual((shoot(dynamic, { target: 'n2', from: ['n1', 'n2'] }) as Shot).devices, ['fence-n1']);
  });

  it('says why not', () => {
    assert.match(
      (shoot({}, { dead: new Set(['fence-n1']) }) as { why: string }).why,
      /fence-n1 is dead, and there is no other/,
    );
    assert.match((shoot({}, { from: ['n1'] }) as { why: string }).why, /may not be used by any node that is left/);
    assert.match(
      (shoot({ nodes: ['n1', 'n2', 'n3'] }, { target: 'n3' }) as { why: string }).why,
      /no fence device for n3/,
    );
  });

  it('goes from level to level of the topology', () => {
    const fencingLevels = [
      { target: 'n1', index: 1, devices: ['fence-n1', 'fence-n2'] },
      { target: 'n1', index: 2, devices: ['fence-n1'] },
    ];
    // The second device lists another node, so the first level lacks one.
    assert.deepEqual((shoot({ fencingLevels }) as Shot).devices, ['fence-n1']);
    const [first] = fencingLevels;
    assert.match((shoot({ fencingLevels: [first!] }) as { why: string }).why, /no level/);
  });

  it('leaves out what is disabled, and in a closed cluster what nothing allows', () => {
    assert.ok('why' in shoot({ properties: { 'symmetric-cluster': 'false' } }));
    const constraints = [
      { kind: 'location', id: 'more', resource: 'fence-n1', prefer: { node: 'n2', score: 1 } },
    ] as const;
    assert.ok('devices' in shoot({ properties: { 'symmetric-cluster': 'false' }, constraints }));
  });
});
