import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fenceAttributesOf } from './attributes.ts';
import { fenceDevicesOf } from './devices.ts';

describe('the plugin that came with PowerMan', () => {
  const planOf = (params: string[]) => {
    const place = { file: 'ha.cf', line: 1, column: 1 };
    const line = { from: '*', plugin: 'external/powerman', params, configFile: undefined, place };
    return fenceDevicesOf([line], ['oss01', 'oss02']);
  };

  it('becomes fence_powerman at its address', () => {
    const common = { pcmk_host_list: 'oss01,oss02', pcmk_host_check: 'static-list', pcmk_delay_base: 'oss01:10s' };
    const cases: [string, string, Record<string, string>][] = [
      ['pm.example:10102', '0', { ip: 'pm.example', ipport: '10102' }],
      ['pm.example', '1', { ip: 'pm.example', ipport: '10101', pcmk_reboot_action: 'off' }],
      ['[fd00::1]:1', '0', { ip: 'fd00::1', ipport: '1' }],
    ];
    for (const [address, poweroff, expected] of cases) {
      const [device] = planOf([address, poweroff]).devices;
      assert.equal(device!.agent, 'fence_powerman');
      assert.deepEqual(Object.fromEntries(fenceAttributesOf(device!)), { ...expected, ...common });
    }
  });

  it('is refused with a word that it does not know', () => {
    const { devices, unmapped } = planOf(['pm', '2']);
    assert.deepEqual([devices.length, unmapped.length], [0, 1]);
  });
});
