import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseHaCf } from './ha-cf.ts';
import type { HaSettings } from './model.ts';
import { settingsOf } from './settings.ts';

const PAIR = readFileSync(new URL('../../../test/fixtures/heartbeat/oss-pair/ha.cf', import.meta.url), 'utf8');

const of = (text: string): HaSettings => settingsOf(parseHaCf(text));

describe('settings of ha.cf', () => {
  it('are those of a pair', () => {
    const { nodes, keepaliveMs, warntimeMs, deadtimeMs, initdeadMs, udpPort, media, autoFailback, stonith } = of(PAIR);
    assert.deepEqual(nodes, ['oss01', 'oss02']);
    assert.deepEqual([keepaliveMs, warntimeMs, deadtimeMs, initdeadMs], [2000, 30_000, 90_000, 120_000]);
    assert.equal(udpPort, 12_345);
    assert.deepEqual(
      media.map(({ kind, args }) => [kind, ...args]),
      [
        ['bcast', 'eth0'],
        ['bcast', 'ib0'],
      ],
    );
    assert.equal(autoFailback, 'off');
    assert.deepEqual(
      stonith.map(({ from, plugin, params }) => [from, plugin, params[0]]),
      [
        ['oss01', 'external/ipmi', 'oss02'],
        ['oss02', 'external/ipmi', 'oss01'],
      ],
    );
  });

  it('are undefined where nothing is given, or nothing right', () => {
    const empty = of('');
    assert.deepEqual([empty.keepaliveMs, empty.autoFailback, empty.crm, empty.udpPort], Array(4).fill(undefined));
    const wrong = of('keepalive 2s\nauto_failback perhaps\ncrm maybe\nudpport x\nautojoin x\nuse_logd x');
    assert.deepEqual({ ...wrong, logFacility: undefined }, { ...empty, logFacility: undefined });
  });

  it('take the last of several, and nodes from all lines in small letters', () => {
    const { keepaliveMs, nodes } = of('keepalive 1\nkeepalive 500ms\nnode A,b\nnode C a');
    assert.equal(keepaliveMs, 500);
    assert.deepEqual(nodes, ['a', 'b', 'c']);
  });

  it('know the spellings of yes and no, and the older name of failback', () => {
    assert.equal(of('auto_failback YES').autoFailback, 'on');
    assert.equal(of('auto_failback legacy').autoFailback, 'legacy');
    assert.equal(of('nice_failback on').autoFailback, 'off');
    assert.equal(of('nice_failback off').autoFailback, 'legacy');
    assert.deepEqual(
      ['off', 'yes', 'respawn', 'manual', 'failfast'].map((word) => of(`pacemaker ${word}`).crm),
      ['off', 'on', 'respawn', 'manual', 'respawn'],
    );
  });

  it('count every path', () => {
    const { media } = of(
      'serial /dev/ttyS0\nucast eth1 10.0.0.2\nmcast eth0 239.0.0.1 694 1 0\nudp eth2\nucast6 eth3 fe80::1',
    );
    assert.deepEqual(
      media.map(({ kind, args: [device] }) => `${kind} ${device}`),
      ['serial /dev/ttyS0', 'ucast eth1', 'mcast eth0', 'bcast eth2', 'other eth3'],
    );
  });

  it('know ping nodes, groups of them, programs and users', () => {
    const { ping, respawn, apiauth } = of(
      'ping 10.0.0.1 10.0.0.2\nping_group gw 10.0.0.3 10.0.0.4\nrespawn hacluster /usr/lib/heartbeat/ipfail -x\napiauth ipfail uid=hacluster',
    );
    assert.deepEqual(
      ping.map(({ kind, name, addresses }) => [kind, name, addresses.length]),
      [
        ['ping', '10.0.0.1', 1],
        ['ping', '10.0.0.2', 1],
        ['ping_group', 'gw', 2],
      ],
    );
    assert.deepEqual(respawn[0]?.command, ['/usr/lib/heartbeat/ipfail', '-x']);
    assert.deepEqual(apiauth[0]?.allow, ['uid=hacluster']);
  });

  it('read fence devices in both forms, and the older spelling of external ones', () => {
    const { stonith } = of(
      'stonith baytech /etc/ha.d/bay.cf\nstonith_host N1 external foo /x\nstonith_host * meatware n2',
    );
    assert.deepEqual(
      stonith.map(({ from, plugin, params, configFile }) => [from, plugin, params, configFile]),
      [
        ['*', 'baytech', [], '/etc/ha.d/bay.cf'],
        ['n1', 'external/foo', ['/x'], undefined],
        ['*', 'meatware', ['n2'], undefined],
      ],
    );
  });
});
