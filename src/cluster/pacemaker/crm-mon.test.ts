/** crm_mon's documents of all dialects: real ones of Pacemaker 2.1.5, and older ones after their schemas. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { primitivesOf } from '../state/walk.ts';
import { readCrmMon } from './crm-mon.ts';

const FOLDER = new URL('../../../test/fixtures/crm-mon/', import.meta.url).pathname;
const fixture = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

function expectCode(text: string, code: ErrorCode, detail: RegExp): void {
  assert.throws(
    () => readCrmMon(text),
    (error) => error instanceof AppError && error.code === code && detail.test(error.message) && error.hint !== '',
  );
}

describe('crm_mon', () => {
  it('tells the same in every dialect', () => {
    const { answer: old, dc: oldDc, ...early } = readCrmMon(fixture('1.1/pair.xml'));
    const { answer: middle, dc: middleDc, ...late } = readCrmMon(fixture('2.0/pair.xml'));
    assert.deepEqual([old.dialect, old.version], ['crm_mon', '1.1.23']);
    assert.deepEqual([middle.dialect, middle.version], ['pacemaker-result', '2.3']);
    assert.deepEqual([oldDc?.name, middleDc?.name], ['mds1', 'mds1']);
    const withoutDisabled = (part: object): unknown =>
      JSON.parse(JSON.stringify(part), (key, value) => (key === 'isDisabled' ? undefined : value));
    const { stopsAllResources: absent, ...options } = early.options;
    assert.equal(absent, undefined);
    assert.deepEqual({ ...options, stopsAllResources: false }, late.options);
    assert.deepEqual(withoutDisabled({ ...early, options: 0 }), withoutDisabled({ ...late, options: 0 }));
  });

  it('speaks in the words of 2.1 of what older ones say', () => {
    const { resources, failures, failCounts, fencing, bans, nodes } = readCrmMon(fixture('1.1/pair.xml'));
    const roles = primitivesOf(resources).map(({ primitive: { id, role, nodes: on } }) => `${id} ${role} ${on}`);
    assert.deepEqual(roles, [
      'st-mds1 Started mds2',
      'st-mds2 Started mds1',
      'mgs Started mds1',
      'mdt0 Started mds1',
      'ping Started mds1',
      'ping Stopped ',
      'drbd Promoted mds1',
      'drbd Unpromoted mds2',
    ]);
    const [mdt0] = primitivesOf(resources).filter(({ primitive }) => primitive.id === 'mdt0');
    assert.equal(mdt0!.primitive.agent, 'ocf:lustre:Lustre');
    assert.deepEqual(
      [mdt0!.primitive.isBlocked, mdt0!.primitive.isFailed, mdt0!.primitive.isManaged],
      [true, true, false],
    );
    assert.deepEqual(
      mdt0!.within.map(({ id }) => id),
      ['mdt-group'],
    );
    assert.deepEqual(failures, [
      {
        resource: 'mdt0',
        operation: 'stop',
        intervalMs: 0,
        node: 'mds1',
        exitCode: 1,
        exitText: 'unknown error',
        reason: 'mdt0 is busy',
        status: 'Timed Out',
        at: { text: 'Tue Mar  3 09:10:00 2020', ms: undefined },
      },
    ]);
    assert.deepEqual(failCounts, [{ resource: 'mdt0', node: 'mds1', count: 1_000_000, threshold: 3 }]);
    assert.deepEqual(
      fencing?.map(({ target, status }) => `${target} ${status}`),
      ['mds2 failed', 'mds2 success'],
    );
    assert.deepEqual(
      bans.map(({ id, score }) => `${id} ${score}`),
      ['cli-ban-mdt-group-on-mds2 -1000000'],
    );
    assert.deepEqual(
      nodes.map(({ name, isStandby }) => `${name} ${isStandby}`),
      ['mds1 false', 'mds2 true'],
    );
    assert.deepEqual(nodes[0]!.attributes, [{ name: 'pingd', value: '200', expected: 200 }]);
  });

  it('leaves open what an early version does not tell', () => {
    const state = readCrmMon(fixture('1.1/early.xml'));
    assert.equal(state.options.fencesNodes, undefined);
    assert.equal(state.fencing, undefined);
    assert.equal(state.hasQuorum, false);
    assert.deepEqual([state.nodes[1]!.isOnline, state.nodes[1]!.isShuttingDown], [false, true]);
  });

  it('knows bundles, guests, remote nodes, and failures without a task', () => {
    const { dc, nodes, resources, failures, fencing } = readCrmMon(fixture('2.0/bundle.xml'));
    assert.equal(dc, undefined);
    assert.deepEqual(
      nodes.map(({ kind }) => kind),
      ['member', 'remote', 'guest'],
    );
    assert.deepEqual([nodes[0]!.isPending, nodes[0]!.isStandbyOnFail], [true, true]);
    assert.deepEqual(
      resources.map(({ kind, id }) => `${kind} ${id}`),
      ['bundle web'],
    );
    assert.equal(primitivesOf(resources)[1]!.primitive.pending, 'Migrating');
    const [{ resource, operation, intervalMs, at }] = failures as [(typeof failures)[number]];
    assert.deepEqual([resource, operation, intervalMs, at], ['ip', 'monitor', 10_000, undefined]);
    assert.deepEqual(
      fencing?.map(({ status }) => status),
      ['pending'],
    );
  });

  it('reads what a live cluster says before and after fencing', () => {
    assert.deepEqual(readCrmMon(fixture('live/healthy.xml')).fencing, []);
    const { fencing, nodes } = readCrmMon(fixture('live/fenced.xml'));
    assert.equal(fencing?.length, 10);
    assert.deepEqual(fencing[0], {
      target: 'n2',
      action: 'off',
      status: 'success',
      delegate: 'n1',
      client: 'pacemaker-controld.81',
      origin: 'n1',
      reason: '',
      completed: { text: '2026-11-21 20:12:25Z', ms: Date.UTC(2026, 10, 21, 20, 12, 25) },
    });
    assert.deepEqual(
      nodes.map(({ isOnline }) => isOnline),
      [true, false],
    );
    const { answer, ...asXml } = readCrmMon(fixture('live/fenced-as-xml.xml'));
    assert.equal(answer.dialect, 'crm_mon');
    assert.deepEqual(asXml.fencing, fencing);
  });

  it('undoes the double escapes of a reason', () => {
    const [failure] = readCrmMon(fixture('2.1.5/failed-monitor/crm-mon.xml')).failures;
    assert.equal(failure!.reason, 'device <gone> said "no"');
  });

  it('never takes a document that tells nothing for an answer', () => {
    expectCode('', 'cluster-unclear', /printed nothing/);
    expectCode('\n', 'cluster-unclear', /printed nothing/);
    expectCode(fixture('live/not-running-as-xml.xml'), 'cluster-unclear', /without telling of any node$/);
    expectCode(fixture('live/no-file.xml'), 'cluster-unclear', /any node: Could not connect to the CIB/);
    expectCode(fixture('live/not-running.xml'), 'cluster-down', /crm_mon: Not connected; error: Could not connect/);
    expectCode(fixture('live/denied.xml'), 'cluster-denied', /Insufficient privileges/);
    expectCode('<html><body/></html>', 'cluster-unclear', /<html>/);
    expectCode('<pacemaker-result api-version="3.1"/>', 'cluster-unclear', /version 3\.1/);
    expectCode('<pacemaker-result/>', 'cluster-unclear', /version unknown/);
    expectCode('<crm_mon version="1"/><crm_mon version="1"/>', 'cluster-unclear', /2 XML documents/);
    expectCode('Cluster Summary: all fine', 'cluster-unclear', /cut short or damaged/);
    expectCode('<!DOCTYPE a [<!ENTITY b "c">]><crm_mon/>', 'cluster-unclear', /declarations/);
    expectCode(
      '<pacemaker-result api-version="2.25"><status code="124" message="Timeout"/></pacemaker-result>',
      'cluster-unclear',
      /Timeout/,
    );
  });

  it('names a document that was cut off anywhere', () => {
    const whole = fixture('live/healthy.xml').trimEnd();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expectCode(whole.slice(0, length), 'cluster-unclear', /printed nothing|cut short or damaged|XML documents/);
      }),
      { numRuns: 200 },
    );
  });

  it('throws nothing but its own errors, whatever is damaged', () => {
    const whole = fixture('1.1/pair.xml');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length }),
        fc.string({ maxLength: 8, unit: 'binary' }),
        (at, noise) => {
          try {
            readCrmMon(whole.slice(0, at) + noise + whole.slice(at + noise.length));
          } catch (error) {
            assert.ok(error instanceof AppError, String(error));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reads every real document', () => {
    const names = readdirSync(join(FOLDER, '2.1.5'));
    assert.ok(names.length >= 25);
    for (const name of names) assert.equal(readCrmMon(fixture(`2.1.5/${name}/crm-mon.xml`)).answer.version, '2.25');
  });

  it('takes many escapes, of which every node has one', () => {
    const node = '<node name="a&lt;b&gt;&quot;" id="1" online="true"/>';
    const text = `<crm_mon version="1"><summary/><nodes>${node.repeat(3000)}</nodes></crm_mon>`;
    const { nodes } = readCrmMon(text);
    assert.equal(nodes.length, 3000);
    assert.equal(nodes.at(-1)!.name, 'a<b>"');
  });
});
