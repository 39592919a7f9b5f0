import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { StonithLine } from '../heartbeat/model.ts';
import { fenceAttributesOf } from './attributes.ts';
import { type FenceOptions, fenceDevicesOf } from './devices.ts';
import { STONITH_PLUGINS } from './plugins.ts';
import { Secret } from './secret.ts';

const PAIR = ['oss01', 'oss02'];
const FILE = '/etc/ha.d/ha.cf';

/** A line as it stands in ha.cf: `stonith_host oss01 external/ipmi …` or `stonith apcmaster FILE`. */
function line(text: string, at = 1): StonithLine {
  const [directive, ...words] = text.split(' ');
  const place = { file: FILE, line: at, column: 1 };
  if (directive === 'stonith') return { from: '*', plugin: words[0]!, params: [], configFile: words[1], place };
  return { from: words[0]!, plugin: words[1]!, params: words.slice(2), configFile: undefined, place };
}

function planOf(texts: string[], nodes: readonly string[] = PAIR, options: FenceOptions = {}) {
  return fenceDevicesOf(
    texts.map((text, at) => line(text, at + 1)),
    nodes,
    options,
  );
}

/** As Pacemaker would get it. */
function attributesOf(texts: string[], nodes: readonly string[] = PAIR): Record<string, string>[] {
  const { devices } = planOf(texts, nodes);
  return devices.map((device) =>
    Object.fromEntries(
      fenceAttributesOf(device).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
    ),
  );
}

const IPMI = [
  'stonith_host oss01 external/ipmi oss02 oss02sp root changeme lanplus',
  'stonith_host oss02 external/ipmi oss01 oss01sp root changeme lanplus',
];

describe('fenceDevicesOf', () => {
  it('makes two devices of a pair with IPMI, each shooting the other', () => {
    const { devices, unmapped } = planOf(IPMI);
    assert.deepEqual(unmapped, []);
    assert.deepEqual(
      devices.map(({ id, agent, hosts, mayRunOn, delaySecondsOf, asked }) => ({
        id,
        agent,
        hosts,
        mayRunOn,
        delaySecondsOf,
        asked,
      })),
      [
        {
          id: 'fence-oss02',
          agent: 'fence_ipmilan',
          hosts: ['oss02'],
          mayRunOn: ['oss01'],
          delaySecondsOf: {},
          asked: [],
        },
        {
          id: 'fence-oss01',
          agent: 'fence_ipmilan',
          hosts: ['oss01'],
          mayRunOn: ['oss02'],
          delaySecondsOf: { oss01: 10 },
          asked: [],
        },
      ],
    );
    assert.deepEqual(attributesOf(IPMI)[1], {
      ip: 'oss01sp',
      username: 'root',
      password: 'changeme',
      lanplus: '1',
      method: 'onoff',
      pcmk_host_list: 'oss01',
      pcmk_host_check: 'static-list',
      pcmk_delay_base: '10s',
    });
  });

  it('lets the survivor be chosen, and delays nothing among three', () => {
    const delays = (nodes: string[], options?: FenceOptions) =>
      planOf(IPMI, nodes, options).devices.map(({ delaySecondsOf }) => delaySecondsOf);
    assert.deepEqual(delays(PAIR, { survivor: 'oss02' }), [{ oss02: 10 }, {}]);
    assert.deepEqual(delays([...PAIR, 'oss03']), [{}, {}]);
  });

  it('never prints a password', () => {
    const plan = planOf([
      ...IPMI,
      'stonith_host oss01 external/ipmi oss02 oss02sp root changeme bad',
      'stonith_host * apcmaster a b',
    ]);
    assert.equal(plan.devices.length, 2);
    assert.equal(plan.unmapped.length, 2);
    for (const text of [
      JSON.stringify(plan),
      inspect(plan, { depth: 9, showHidden: true }),
      String(plan.devices[0]!.options['password']),
    ])
      assert.doesNotMatch(text, /changeme/);
    assert.match(JSON.stringify(plan), /\[hidden\]/);
  });

  it('makes one device of lines that mean the same one', () => {
    const { devices } = planOf([
      'stonith_host oss01 apcmaster pdu apc apc',
      'stonith_host oss02 apcmaster pdu apc apc',
    ]);
    assert.equal(devices.length, 1);
    const [device] = devices;
    assert.equal(device!.id, 'fence-apcmaster');
    assert.deepEqual(device!.hosts, PAIR);
    assert.deepEqual(device!.mayRunOn, PAIR);
    assert.deepEqual(
      device!.asked.map(({ option }) => option),
      ['pcmk_host_map'],
    );
    assert.deepEqual(
      device!.places.map((place) => place.line),
      [1, 2],
    );
    assert.equal(attributesOf(['stonith_host * apcmaster pdu apc apc'])[0]!['pcmk_delay_base'], 'oss01:10s');
  });

  it('keeps apart what has other passwords or other nodes', () => {
    const ids = (texts: string[], nodes?: string[]) => planOf(texts, nodes).devices.map(({ id }) => id);
    assert.deepEqual(ids(['stonith_host * apcmaster pdu apc one', 'stonith_host * apcmaster pdu apc two']), [
      'fence-apcmaster',
      'fence-apcmaster-2',
    ]);
    assert.deepEqual(
      ids(
        ['stonith_host a external/ipmi b bsp root x lan', 'stonith_host c external/ipmi b bsp root x lan'],
        ['a', 'b', 'c'],
      ),
      ['fence-b'],
    );
  });

  it('reads the parameters of a stonith line from its file', () => {
    const configText = (file: string) => (file === '/etc/ha.d/rpc.cfg' ? '# pdu\n\npdu0 apc se cret\n' : undefined);
    const { devices, unmapped } = planOf(['stonith apcmaster /etc/ha.d/rpc.cfg', 'stonith apcmaster /none'], PAIR, {
      configText,
    });
    assert.equal((devices[0]!.options['password'] as Secret).reveal(), 'se cret');
    assert.deepEqual(devices[0]!.mayRunOn, PAIR);
    assert.match(unmapped[0]!.why, /parameters in \/none, which is not here/);
  });

  it('translates words, URIs and maps', () => {
    assert.deepEqual(
      attributesOf(['stonith_host a ipmilan b 10.0.0.2 623 straight admin root pw power_cycle'], ['a', 'b', 'c']),
      [
        {
          ip: '10.0.0.2',
          ipport: '623',
          auth: 'password',
          privlvl: 'administrator',
          username: 'root',
          password: 'pw',
          method: 'onoff',
          pcmk_host_list: 'b',
          pcmk_host_check: 'static-list',
        },
      ],
    );
    const virsh = (uri: string) =>
      attributesOf([`stonith_host * external/libvirt a:dom-a,b ${uri} power_cycle`], ['a', 'b', 'c'])[0];
    assert.deepEqual(virsh('qemu+ssh://admin@kvm1:2222/system'), {
      ip: 'kvm1',
      username: 'admin',
      ipport: '2222',
      pcmk_host_map: 'a:dom-a;b:b',
      pcmk_host_check: 'static-list',
    });
    assert.equal(virsh('qemu+ssh://kvm1/system')!['username'], 'root');
    assert.equal(virsh('qemu+tcp://[fd00::1]:16509/system')!['ip'], 'fd00::1');
    assert.equal(virsh('qemu+tcp://kvm1:16509/system')!['ipport'], undefined);
    const asked = (uri: string) =>
      planOf([`stonith_host * external/libvirt oss01 ${uri} x`]).devices[0]!.asked.map(({ option }) => option);
    assert.deepEqual(asked('qemu:///system'), ['identity_file', 'ip', 'username']);
    assert.deepEqual(asked('qemu+tcp://kvm1/system'), ['identity_file', 'username']);
    const vm = attributesOf(['stonith_host * external/vcenter vc 443 https /sdk /etc/creds oss01=VM[1:a];oss02 1'])[0]!;
    assert.equal(vm['pcmk_host_map'], 'oss01:VM[1\\:a];oss02:oss02');
    assert.equal(vm['ssl'], '1');
    const { notes } = planOf(['stonith_host * external/vcenter vc 443 https /sdk /etc/creds oss01=a:b;oss02=c 1'])
      .devices[0]!;
    assert.deepEqual(
      notes.slice(1).map((note) => note.slice(0, 17)),
      ['The plug of oss01'],
    );
  });

  it('lets a device with one target run anywhere but there', () => {
    const nodes = ['a', 'b', 'c'];
    const { devices } = planOf(['stonith_host * external/ipmi b bsp root x lan'], nodes);
    assert.deepEqual(devices[0]!.mayRunOn, ['a', 'c']);
    const { devices: several } = planOf(['stonith_host a rcd_serial b /dev/ttyS0 dtr 500'], nodes);
    assert.deepEqual(several[0]!.mayRunOn, ['a']);
  });

  it('takes names of nodes whatever their case, as Heartbeat does, and leaves strangers out', () => {
    const { devices } = planOf(['stonith_host * external/rackpdu OSS01,oss02,old pdu private']);
    assert.deepEqual(devices[0]!.hosts, PAIR);
    assert.deepEqual(devices[0]!.plugOf, { oss01: 'OSS01' });
    assert.match(devices[0]!.notes.at(-1)!, /^old is no node/);
    assert.deepEqual(planOf(['stonith_host * external/rackpdu AUTO pdu private']).devices[0]!.hosts, PAIR);
  });

  it('says why a line became nothing, and what to do instead', () => {
    const why = (text: string, nodes = PAIR): string => {
      const { devices, unmapped } = planOf([text], nodes);
      assert.deepEqual(devices, []);
      assert.equal(unmapped.length, 1, text);
      assert.deepEqual(unmapped[0]!.place, { file: FILE, line: 1, column: 1 });
      assert.notEqual(unmapped[0]!.instead, '');
      return unmapped[0]!.why;
    };
    assert.match(why('stonith_host * meatware oss01 oss02'), /waits until a person/);
    assert.match(why('stonith_host * external/foo /etc/ha.d/reset-nodeB'), /not among the plugins/);
    assert.match(
      why('stonith_host * external/ipmi oss02 oss02sp root'),
      /takes 5 parameters \(hostname .*\), and 3 are given/,
    );
    assert.match(
      why('stonith_host * external/ipmi oss02 oss02sp root x open'),
      /interface "open", for which fence_ipmilan/,
    );
    assert.match(why('stonith_host * external/ipmi oss02 oss02sp root x toString'), /interface "toString"/);
    assert.match(why('stonith_host * rcd_serial oss02 /dev/ttyS0 rts 500'), /dtr_rts "rts"/);
    assert.match(why('stonith_host oss09 external/ipmi oss02 oss02sp root x lan'), /used by oss09, which is no node/);
    assert.match(why('stonith_host * external/ipmi old oss02sp root x lan'), /shoots old, no node/);
    assert.match(why('stonith_host oss01 external/ipmi oss01 oss01sp root x lan'), /only be used by the very node/);
    assert.match(why('stonith_host * suicide'), /proves nothing/);
  });

  it('goes over every plugin', () => {
    let devices = 0;
    for (const { name, params, fence } of STONITH_PLUGINS) {
      const values = params.map((param) => {
        const words = fence.kind === 'agent' ? fence.words[param.name] : undefined;
        if (words !== undefined) return Object.keys(words)[0]!;
        return fence.kind === 'agent' && fence.hosts?.param === param.name ? 'oss02' : 'x';
      });
      const plan = planOf([`stonith_host oss01 ${[name, ...values].join(' ')}`]);
      assert.equal(plan.devices.length + plan.unmapped.length, 1, name);
      assert.equal(plan.devices.length === 1, fence.kind === 'agent', name);
      for (const device of plan.devices) {
        assert.deepEqual([device.hosts, device.mayRunOn], [['oss02'], ['oss01']], name);
        assert.equal(
          fenceAttributesOf(device).some(([option]) => option.startsWith('pcmk_host_')),
          true,
        );
        devices++;
      }
    }
    assert.equal(devices >= 15, true, `only ${devices}`);
  });

  it('keeps to its rules, whatever lines there are', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'z', 'A', '*', 'lan', 'x', '');
    const one = fc.record({
      from: fc.constantFrom('a', 'b', 'c', '*', 'q'),
      plugin: fc.constantFrom(...STONITH_PLUGINS.map(({ name }) => name), 'external/own'),
      params: fc.array(word, { maxLength: 8 }),
      configFile: fc.constant(undefined),
      place: fc.nat(99).map((at) => ({ file: FILE, line: at + 1, column: 1 })),
    });
    const nodes = ['a', 'b', 'c'];
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), (lines) => {
        const { devices, unmapped } = fenceDevicesOf(lines, nodes);
        assert.equal(devices.flatMap(({ places }) => places).length + unmapped.length, lines.length);
        assert.equal(new Set(devices.map(({ id }) => id)).size, devices.length);
        for (const { id, hosts, mayRunOn } of devices) {
          assert.match(id, /^[a-z][\w.-]*$/i);
          assert.equal(hosts.length > 0 && mayRunOn.length > 0, true);
          if (hosts.length === 1) assert.equal(mayRunOn.includes(hosts[0]!), false);
        }
      }),
    );
  });
});
