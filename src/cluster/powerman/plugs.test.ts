import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { POWERMAN_INCLUDES_DEEP_MAX } from '../../base/cluster-limits.ts';
import { fenceDeviceOfPowerman } from './fence.ts';
import { loadPowerman } from './load.ts';
import { powermanViewOf } from './plugs.ts';

const FIXTURES = new URL('../../../test/fixtures/powerman/', import.meta.url);

function fixture(name: string): string | undefined {
  const url = new URL(name, FIXTURES);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}

function viewOf(files: Record<string, string>, nodes: string[] = []) {
  return powermanViewOf(
    loadPowerman('p.conf', (path) => files[path]),
    nodes,
  );
}

const SPEC = 'specification "s" { plug name { "1" "2" } script login { send "a" } }\n';
const FREE = 'specification "f" { script login { send "a" } }\n';

function findingsOf(text: string): string[] {
  return viewOf({ 'p.conf': text }).findings.map(({ code, place }) => `${place.line}:${place.column} ${code}`);
}

describe('powermanViewOf', () => {
  it('says which node hangs on which plug of which device', () => {
    const view = powermanViewOf(loadPowerman('pair.conf', fixture), ['oss01', 'oss02']);
    assert.deepEqual(view.findings, []);
    assert.deepEqual(
      view.plugs.map(({ node, device, plug, place }) => [node, device, plug, place.line]),
      [
        ['oss01', 'pdu0', '1', 12],
        ['oss02', 'pdu0', '2', 12],
        ['mds01', 'pdu1', '3', 13],
        ['mds02', 'bmc', 'mds02', 14],
      ],
    );
    assert.deepEqual(
      view.devices.map(({ name, specification, kind, target }) => [name, specification, kind, target]),
      [
        ['pdu0', 'own-pdu', 'tcp', 'pdu0.example:23'],
        ['pdu1', 'own-pdu', 'serial', '/dev/ttyS0'],
        ['bmc', 'own-any', 'command', '/usr/sbin/ipmipower'],
      ],
    );
    assert.deepEqual(view.aliases[0]!.nodes, ['oss01', 'oss02']);
    assert.deepEqual(view.listen, ['127.0.0.1:10101']);
    assert.doesNotMatch(JSON.stringify(view), /changeme/);
  });

  it('gives plugs that are not named as powermand does', () => {
    const plugs = (text: string) =>
      viewOf({ 'p.conf': SPEC + FREE + text }).plugs.map(({ node, plug }) => `${node}=${plug}`);
    assert.deepEqual(plugs('device "d" "s" "h:1"\nnode "a" "d" "1" node "b" "d"\n'), ['a=1', 'b=2']);
    assert.deepEqual(plugs('device "d" "f" "h:1"\nnode "n[1-2]" "d"\n'), ['n1=n1', 'n2=n2']);
  });

  it('finds what is wrong, each where it stands', () => {
    const view = powermanViewOf(loadPowerman('wrong.conf', fixture));
    assert.deepEqual(
      view.findings.map(({ code, level, place }) => `${place.line}:${place.column} ${level} ${code}`),
      [
        '16:1 error powerman-syntax',
        '1:1 error powerman-file-missing',
        '3:1 error powerman-specification-missing',
        '4:1 error powerman-address',
        '5:1 error powerman-address',
        '6:1 error powerman-device-missing',
        '7:1 error powerman-plugs-few',
        '8:1 error powerman-plug-twice',
        '9:1 error powerman-plug-unknown',
        '10:1 error powerman-node-twice',
        '11:1 error powerman-hosts',
        '12:1 error powerman-nodes-few',
        '13:1 error powerman-device-twice',
        '15:1 error powerman-alias-twice',
        '14:1 error powerman-alias-unknown',
      ],
    );
    for (const { text, remedy, place } of view.findings) {
      assert.notEqual(text, '');
      assert.notEqual(remedy, '');
      assert.equal(place.file, 'wrong.conf');
    }
    assert.match(view.findings.find(({ code }) => code === 'powerman-plug-twice')!.text, /given to c and to b1/);
  });

  it('wants what is used in front of its use, as powermand does', () => {
    const device = 'device "d" "s" "h:1"\n';
    const node = 'node "a" "d" "1"\n';
    assert.deepEqual(findingsOf(SPEC + device + node), []);
    assert.deepEqual(findingsOf(device + SPEC + node), ['1:1 powerman-specification-missing']);
    assert.deepEqual(findingsOf(SPEC + node + device), ['2:1 powerman-device-missing']);
    assert.deepEqual(findingsOf(SPEC + SPEC + device + node), ['2:1 powerman-specification-twice']);
  });

  it('tells what powermand ends with, though each line is right', () => {
    assert.deepEqual(findingsOf(SPEC), ['1:1 powerman-nodes-none']);
    const quiet = 'specification "q" { script on { send "a" } }\ndevice "d" "q" "h:1"\nnode "a" "d"\n';
    assert.deepEqual(findingsOf(quiet), ['2:1 powerman-login-missing']);
  });

  it('names nodes of the cluster that hang on no plug', () => {
    const view = viewOf({ 'p.conf': `${FREE}device "d" "f" "h:1"\nnode "a" "d"\n` }, ['a', 'b']);
    assert.deepEqual(
      view.findings.map(({ code, text }) => [code, text]),
      [['powerman-node-missing', 'b hangs on no plug, so PowerMan cannot switch it off']],
    );
  });
});

describe('loadPowerman', () => {
  it('follows includes where they stand, and tells of files once', () => {
    const files = {
      'p.conf': 'listen "1"\ninclude "a"\nlisten "4"\ninclude "a"\n',
      a: 'listen "2" include "b"\n',
      b: 'listen "3" nod\n',
    };
    const config = loadPowerman('p.conf', (path) => files[path as keyof typeof files]);
    const listen = config.items.map((item) => item.kind === 'listen' && item.address);
    assert.deepEqual(listen, ['1', '2', '3', '4', '2', '3']);
    assert.deepEqual(
      config.files.map(({ file }) => file),
      ['p.conf', 'a', 'b'],
    );
    assert.deepEqual(
      config.findings.map(({ place }) => place),
      [{ file: 'b', line: 1, column: 12 }],
    );
  });

  it('tells of a file that is not there where it is included, the first included', () => {
    const config = loadPowerman('p.conf', () => undefined);
    assert.deepEqual(config.findings[0]!.place, { file: 'p.conf', line: 1, column: 1 });
  });

  it('ends in circles and in forests', () => {
    const circle = loadPowerman('a', (path) => (path === 'a' ? 'include "b"\n' : 'listen "x" include "a"\n'));
    assert.deepEqual(
      circle.findings.map(({ code, place }) => `${place.file}:${place.line}:${place.column} ${code}`),
      ['b:1:12 powerman-include-deep'],
    );
    let reads = 0;
    const chain = loadPowerman('0', (path) => {
      reads++;
      return `include "${Number(path) + 1}"\n`;
    });
    assert.equal(reads, POWERMAN_INCLUDES_DEEP_MAX + 1);
    assert.equal(chain.findings.length, 1);
    const forest = loadPowerman('0', (path) => `include "${Number(path) + 1}"\n`.repeat(50));
    assert.equal(forest.findings.length > 0, true);
  });
});

describe('fenceDeviceOfPowerman', () => {
  const view = viewOf({ 'p.conf': `${FREE}listen "0.0.0.0:10102"\ndevice "d" "f" "h:1"\nnode "a,b,z" "d"\n` });

  it('is one device for the nodes that hang on a plug', () => {
    const device = fenceDeviceOfPowerman(view, ['a', 'b'], 'pm.example')!;
    assert.deepEqual(device.options, { ip: 'pm.example', ipport: '10102' });
    assert.deepEqual(device.hosts, ['a', 'b']);
    assert.deepEqual(device.mayRunOn, ['a', 'b']);
    assert.deepEqual(device.delaySecondsOf, { a: 10 });
    assert.deepEqual(device.asked, []);
    assert.equal(device.places.length, 2);
  });

  it('asks for an address that the nodes can reach', () => {
    const device = fenceDeviceOfPowerman(view, ['a', 'b', 'c'])!;
    assert.deepEqual(device.options, { ip: '127.0.0.1', ipport: '10102' });
    assert.equal(device.asked[0]!.option, 'ip');
    assert.deepEqual(device.delaySecondsOf, {});
    assert.deepEqual(fenceDeviceOfPowerman(viewOf({ 'p.conf': '' }), ['a']), undefined);
  });
});
