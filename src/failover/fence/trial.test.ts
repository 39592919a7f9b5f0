import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import type { live } from '../../cluster.ts';
import { simulated, systemClock } from '../../host.ts';
import { sampleNode } from '../sample-state.ts';
import { sampleView } from './sample.ts';
import type { FencingTrial } from './trial.ts';
import { tryCluster } from './trial.ts';
import { tryPair } from './trial-pair.ts';

const options: live.ReadOptions = { clock: systemClock };
const PAIR = sampleView({ nodes: [sampleNode('h1'), sampleNode('h2')] }).state;
const LINES =
  'stonith_host h2 external/ipmi h1 10.0.9.1 admin pa55word\nstonith_host h1 external/ipmi h2 10.0.9.2 admin pa55word\n';

/** What stonith(8) says on each node: hosts that it lists and how it ends. Undefined: the node is silent. */
type Told = Record<string, { hosts: string; exitCode?: number }[] | undefined>;

async function tried(told: Told, lines = LINES): Promise<FencingTrial> {
  const seatOf = (name: string): live.Seat => {
    const answers = told[name];
    let asked = 0;
    const processes = simulated.scriptedProcesses(({ command }) => {
      if (answers === undefined) throw new AppError('host-unreachable', { detail: name });
      if (command === 'cat') return { output: `${lines}node h1\nnode h2\n` };
      const { hosts, exitCode = 0 } = answers[asked++]!;
      return { output: `${hosts}\n`, exitCode };
    });
    return { name, processes };
  };
  return await tryPair({ ...PAIR, kind: 'heartbeat' }, { seatOf, options });
}

describe('a trial of a Heartbeat pair', () => {
  it('is good when each is listed by a device that answers the other', async () => {
    const { proofs, ways, failed, unproven, proven } = await tried({ h1: [{ hosts: 'H2' }], h2: [{ hosts: 'h1' }] });
    assert.deepEqual([failed, unproven, proven], [[], [], 2]);
    assert.deepEqual(
      proofs.map(({ node, by, isProven, text }) => [node, by, isProven, text]),
      [
        ['h1', 'external/ipmi from h2', true, 'answers h2, and lists h1'],
        ['h2', 'external/ipmi from h1', true, 'answers h1, and lists h2'],
      ],
    );
    assert.deepEqual(
      ways,
      proofs.map(({ node, by }) => ({ node, by })),
    );
  });

  it('fails by a device that does not answer, and by a node that none lists', async () => {
    const broken = await tried({ h1: [{ hosts: '', exitCode: 82 }], h2: [{ hosts: 'h1' }] });
    assert.deepEqual(broken.failed, ['external/ipmi from h1: stonith cannot list its hosts']);
    assert.deepEqual(
      broken.proofs.map(({ node, isProven }) => [node, isProven]),
      [
        ['h1', true],
        ['h2', false],
      ],
    );
    const uncovered = await tried({ h1: [{ hosts: 'h9' }], h2: [{ hosts: 'h1' }] });
    assert.deepEqual(uncovered.failed, ['h2: no STONITH line is known to fence it']);
  });

  it('asks the last of several lines, which is the one that Heartbeat keeps', async () => {
    const lines = `${LINES}stonith_host h1 null h2\n`;
    const { proofs, failed } = await tried({ h1: [{ hosts: 'h2' }], h2: [{ hosts: 'h1' }] }, lines);
    const why = 'null cuts no power, whatever it answers';
    assert.deepEqual(
      proofs.filter(({ node }) => node === 'h2').map(({ by, isProven, text }) => [by, isProven, text]),
      [['null from h1', false, why]],
    );
    assert.deepEqual(failed, [`h2: ${why}`]);
  });

  it('leaves open what a silent node would say, and what was known of it', async () => {
    const { ways, failed, unproven, proofs } = await tried({ h1: undefined, h2: [{ hosts: 'h1' }] });
    assert.equal(ways, undefined, 'nothing is forgotten');
    assert.deepEqual(failed, []);
    assert.match(unproven.join(), /^h1: a host could not be reached: h1$/);
    assert.deepEqual(
      proofs.map(({ node }) => node),
      ['h1'],
    );
  });
});

it('a trial of a cluster whose nodes are all silent names each of them', async () => {
  const seatOf = (name: string): live.Seat => ({
    name,
    processes: simulated.scriptedProcesses(() => {
      throw new AppError('host-unreachable', { detail: name });
    }),
  });
  await assert.rejects(tryCluster(['n1', 'n2'], { seatOf, options }), (error) => {
    return error instanceof AppError && error.code === 'cluster-down' && /n1: .*n1; n2: .*n2$/.test(error.message);
  });
  const controller = new AbortController();
  controller.abort(new AppError('interrupted'));
  await assert.rejects(tryCluster(['n1'], { seatOf, options: { ...options, signal: controller.signal } }), {
    code: 'interrupted',
  });
});
