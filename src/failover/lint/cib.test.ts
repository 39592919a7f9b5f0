import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import { checkCib } from './cib.ts';
import type { CibSight } from './cib-checked.ts';

const NODES = [
  { id: '1', name: 'oss1' },
  { id: '2', name: 'oss2' },
];
const SHORT = '20s';
const DEVICE = '/dev/mapper/ost1';

function fence(node: string, change: Partial<cib.PlainPrimitive> = {}): cib.PlainPrimitive {
  const params = { ip: '10.0.9.1', password: 'Pa55w0rd', pcmk_host_list: node };
  return { kind: 'primitive', id: `fence-${node}`, agent: 'stonith:fence_ipmilan', params, ...change };
}

function mount(start: string | undefined, stop = start, fstype = 'ext4'): cib.PlainPrimitive {
  const timed = (name: string, timeout: string | undefined) => (timeout === undefined ? [] : [{ name, timeout }]);
  return {
    kind: 'primitive',
    id: 'ost1',
    agent: 'ocf:heartbeat:Filesystem',
    params: { device: DEVICE, directory: '/mnt/ost1', fstype },
    operations: [...timed('start', start), ...timed('stop', stop)],
  };
}

const SOUND: cib.PlainCib = {
  properties: { 'stonith-enabled': 'true' },
  nodes: NODES,
  resources: [fence('oss1'), fence('oss2'), mount('300s')],
};
const ON: CibSight = { nowMs: 0, devices: new Map([[DEVICE, { feature: 'on', afterCrashS: 42 }]]) };

function found(change: cib.PlainCib = {}, sight: CibSight = ON): string[] {
  const text = cib.formatXml(cib.buildCib({ ...SOUND, ...change }, { file: 'cib.xml' }));
  const findings = checkCib(text, 'cib.xml', sight);
  assert.doesNotMatch(JSON.stringify(findings), /Pa55w0rd/);
  for (const { place, code } of findings) assert.ok(place.line === 1 || text.split('\n')[place.line - 1] !== '', code);
  return findings.map(({ code, level }) => `${level} ${code}`);
}

const withResources = (...resources: cib.PlainResource[]): cib.PlainCib => ({ resources });
const away = (id: string, node: string): cib.PlainConstraint => ({
  kind: 'location',
  id: `${id}-not-on-${node}`,
  resource: id,
  prefer: { node, score: '-INFINITY' },
});

describe('a CIB that Pacemaker takes', () => {
  it('is left alone when nothing is wrong with it', () => assert.deepEqual(found(), []));

  it('must have fencing on, and not for the file alone that only fences', () => {
    assert.deepEqual(found({ properties: { 'stonith-enabled': 'false' } }), ['error cib-fencing-off']);
    assert.deepEqual(found({ properties: { 'stonith-enabled': 'off' }, resources: [fence('oss1')] }), []);
    assert.deepEqual(found({ properties: { 'startup-fencing': 'no' } }), ['warning cib-startup-fencing']);
    assert.deepEqual(found({ properties: { 'no-quorum-policy': 'ignore' } }), ['warning cib-quorum-ignored']);
  });

  it('must have a device for each node that another node may use', () => {
    const [one, two, service] = [fence('oss1'), fence('oss2'), mount('300s')];
    assert.deepEqual(found(withResources(service)), ['error cib-fence-coverage']);
    assert.deepEqual(found(withResources(one, service)), ['error cib-fence-coverage']);
    assert.deepEqual(found(withResources(one, { ...two, meta: { 'target-role': 'Stopped' } }, service)), [
      'error cib-fence-coverage',
    ]);
    assert.deepEqual(found({ constraints: [away('fence-oss1', 'oss1')] }), []);
    assert.deepEqual(found({ constraints: [away('fence-oss1', 'oss2')] }), ['error cib-fence-self']);
    const asked = fence('oss2', { params: { ip: '10.0.9.1', pcmk_host_check: 'dynamic-list' } });
    assert.deepEqual(found(withResources(one, asked, service)), ['note cib-fence-unknown']);
    const null_ = fence('oss2', { agent: 'stonith:null', params: { hostlist: 'oss2', pcmk_host_list: 'oss2' } });
    assert.deepEqual(found(withResources(one, null_, service)).toSorted(), [
      'error cib-fence-coverage',
      'error cib-fence-unfit',
    ]);
    assert.deepEqual(found({ ...withResources(service), properties: { 'stonith-watchdog-timeout': '10s' } }), []);
    const map = fence('oss1', { params: { ip: '10.0.9.1', pcmk_host_map: 'OSS1:1;oss2:2' } });
    assert.deepEqual(found(withResources(map, service)), []);
  });

  it('takes the names of corosync.conf for those of the nodes', () => {
    assert.deepEqual(found({}, { ...ON, members: ['oss1', 'oss2', 'oss3'] }), ['error cib-fence-coverage']);
    assert.deepEqual(found({ nodes: [] }), ['note cib-fence-unknown']);
  });

  it('must give a mount the time that its protection takes, where that is read and where it is not', () => {
    const services = (start: string | undefined, stop = start): cib.PlainCib =>
      withResources(fence('oss1'), fence('oss2'), mount(start, stop));
    assert.deepEqual(found(services(SHORT)), ['error cib-start-short', 'warning cib-stop-short']);
    assert.deepEqual(found(services('42s', '43s')), ['error cib-start-short']);
    assert.deepEqual(found(services('43s')), []);
    assert.deepEqual(found(services(undefined)), ['error cib-start-short', 'warning cib-stop-short']);
    assert.deepEqual(found({ ...services(undefined), operationDefaults: { timeout: '2min' } }), []);
    const unread = { nowMs: 0 };
    assert.deepEqual(found(services('45s', '46s'), unread), ['note not-examined', 'error cib-start-short']);
    const xfs = withResources(fence('oss1'), fence('oss2'), mount(SHORT, SHORT, 'xfs'));
    assert.deepEqual(found(xfs, unread), ['warning mmp-off']);
  });

  it('must have multiple-mount protection on what is shared, and no constraint that a move left', () => {
    const off: CibSight = { nowMs: 0, devices: new Map([[DEVICE, { feature: 'off', afterCrashS: undefined }]]) };
    assert.deepEqual(found({}, off), ['error mmp-off']);
    const left: cib.PlainConstraint = {
      kind: 'location',
      id: 'cli-prefer-ost1',
      resource: 'ost1',
      prefer: { node: 'oss2', score: 'INFINITY' },
    };
    assert.deepEqual(found({ constraints: [left] }), ['warning cib-move-left']);
  });

  it('counts what a template says where the resource says nothing', () => {
    const text = cib.formatXml(cib.buildCib(SOUND, { file: 'cib.xml' }));
    const operations = /<operations>\s+<op id="ost1-start.*?<\/operations>/s.exec(text)![0];
    const agent = 'class="ocf" provider="heartbeat" type="Filesystem"';
    const templated = text
      .replace(operations, '<operations><op id="own" name="monitor" interval="9s"/></operations>')
      .replace(`id="ost1" ${agent}`, 'id="ost1" template="t"')
      .replace('<resources>', `<resources><template id="t" ${agent}>${operations}</template>`);
    assert.deepEqual(checkCib(templated, 'x.xml', ON), []);
    assert.notDeepEqual(checkCib(templated.replaceAll('300s', '20s'), 'x.xml', ON), []);
  });

  it('is told where it cannot be read', () => {
    const [cut] = checkCib('<cib validate-with="pacemaker-3.0">\n<configuration>\n', 'x.xml', { nowMs: 0 });
    assert.deepEqual([cut?.code, cut?.place.line], ['cib-unreadable', 3]);
  });
});
