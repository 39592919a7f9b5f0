import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { live } from '../../cluster.ts';
import { type Processes, simulated, systemClock } from '../../host.ts';
import { examineNode, type NodeParts } from './cluster.ts';

const FIXTURES = new URL('../../../test/fixtures/crm-mon/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');
type Answer = Parameters<typeof simulated.scriptedProcesses>[0];

const healthy: Answer = ({ command, args }) => {
  const answers: Record<string, string> = {
    date: `${Math.round(systemClock.nowMs() / 1000)}\n`,
    crm_mon: textOf('live/healthy.xml'),
    cibadmin: textOf('2.1.5/nothing/configuration.xml'),
    sh: `/usr/sbin/${args.at(-1)}`,
  };
  return answers[command] === undefined ? undefined : { output: answers[command] };
};

async function told(answer: Answer, own: Partial<NodeParts> = {}): Promise<string[]> {
  const local: Processes = simulated.scriptedProcesses(() => ({}));
  const signal = new AbortController().signal;
  const address = { name: 'n1', address: 'n1', connectTimeoutMs: 1000 };
  const findings = await examineNode({
    ...{
      name: 'n1',
      cluster: 'oss',
      nodes: ['n1', 'n2'],
      isHere: false,
      isKnown: false,
      timeLimitMs: 1000,
      clock: systemClock,
      signal,
    },
    ...{ processes: live.playedNode(answer), ssh: { address, local, environment: {}, signal } },
    ...own,
  });
  assert.ok(findings.every(({ level, remedy }) => (level === 'ok') === (remedy === '')));
  return findings.map(({ area, subject, level, text }) => `${level} ${area} ${subject}: ${text}`);
}

describe('a node of a cluster', () => {
  it('that answers is fine, with its programs', async () => {
    const lines = await told(healthy);
    assert.ok(lines.includes('ok cluster oss from n1: Pacemaker 2.1.5 answers: 2 of 2 nodes online'), lines.join('\n'));
    assert.ok(lines.some((line) => line.startsWith('ok host n1: answers')));
    assert.ok(lines.includes('ok tool stonith_admin on n1: /usr/sbin/stonith_admin'));
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('ok')),
      [],
    );
    const again = await told(healthy, { isKnown: true });
    assert.ok(!again.some((line) => / host /.test(line)), 'told where plans use it');
  });

  it('is named when it is called otherwise there, and others when they are missing here', async () => {
    const other = await told(healthy, { name: 'oss1', nodes: ['oss1'] });
    assert.ok(
      other.includes('error cluster oss from oss1: the cluster there has no node oss1, only n1, n2'),
      other.join(),
    );
    const missing = await told(healthy, { nodes: ['n1'] });
    assert.ok(
      missing.includes('warning cluster oss from n1: it has also n2, of which the configuration knows nothing'),
    );
  });

  it('without a cluster, without tools, or with less rights is an error that says so', async () => {
    const cases: [Answer, RegExp][] = [
      [(call) => (call.command === 'crm_mon' ? undefined : healthy(call)), /^error cluster oss from n1: .*crm_mon/m],
      [
        (call) => (call.command === 'crm_mon' ? { output: textOf('live/denied.xml'), exitCode: 4 } : healthy(call)),
        /^error cluster .*refused to answer/m,
      ],
      [
        (call) =>
          call.command === 'crm_mon' ? { output: textOf('live/not-running.xml'), exitCode: 102 } : healthy(call),
        /^error cluster .*no cluster runs there/m,
      ],
      [
        (call) => (call.args.at(-1) === 'stonith_admin' ? { exitCode: 1 } : healthy(call)),
        /^error tool stonith_admin on n1: is not there$/m,
      ],
    ];
    for (const [answer, message] of cases) assert.match((await told(answer)).join('\n'), message);
  });

  it('that is not reached is asked nothing more', async () => {
    const asked: string[] = [];
    const lines = await told(({ command }) => {
      asked.push(command);
      throw new AppError('host-unreachable', { detail: 'n1: Connection refused' });
    });
    assert.deepEqual(asked, ['date']);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^error host n1: /);
  });
});
