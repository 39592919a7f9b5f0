/** What an operator says when a configuration is restored, that a peer is off or why another is replaced: believed, checked, kept. */
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { recordsOf } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import type { Host } from './host.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { bootIdle, crash, useRestorable } from './restore-bed.ts';

const PULLED = 'both power cables pulled at 02:40, J. Doe';
/** Since the backup. */
const CHANGED = 9;
const REASON = 'everything as of the backup, J. Doe';

describePeer('the configuration of a cluster, by the word of an operator', [...PACEMAKER_PEERS], () => {
  const bed = useRestorable();

  before(async () => {
    const { holdfast, n1 } = bed();
    const ran = await holdfast('run', 'lab');
    assert.equal(ran.status, 0, ran.text + ran.stderr);
    await n1.must(setLimit(CHANGED));
  });

  it('is not restored by a word that is not so: the peer is only stopped, and has a newer configuration', async () => {
    const { shim, n1, n2 } = bed();
    await Promise.all([n2.powerLoss(), crash(n1, shim)]);
    for (const host of [n1, n2]) await bootIdle(host, shim);
    for (const more of [[], ['--override', REASON]]) {
      const lie = await refusal('n1', '--verified-off', `n2=${PULLED}`, ...more);
      assert.match(lie, new RegExp(`n2 is on, though it is said to be off: ${PULLED}`));
      assert.match(lie, more.length > 0 ? /./ : /n2 is only stopped, and has the CIB .* on its disk/);
    }
  });

  it('takes the place of another beside a peer that is off, which is shot before anything of it runs', async (t) => {
    const { lab, lun, cluster, shim, n1, n2 } = bed();
    await n2.powerLoss();
    shim.close(n2);
    const word = ['--verified-off', `n2=${PULLED}`];
    assert.match(await refusal('n1', '--override', REASON), /n2 does not answer, which does not mean that it is off/);
    assert.match(await refusal('n1', ...word), /n1 has a configuration already, the CIB .* on its disk/);
    const shots = lab.power.calls.length;
    const ran = await restore('n1', ...word, '--override', REASON);
    assert.equal(ran.status, 0, ran.text + ran.stderr + (await cluster.describe()));
    assert.match(ran.text, new RegExp(`n2 does not answer, and is off by the word of an operator: ${PULLED}`));
    assert.ok((await wordsOf('n1')).includes(`n2 is off: ${PULLED}; ${REASON}`));
    assert.equal(await limitOn(n1), undefined, 'the backup is older than what was changed');
    await expectKept(n1);
    // One of two that was never seen with the other decides nothing, unless somebody says that it may.
    assert.match(await n1.must(['crm_mon', '-1']), /partition WITHOUT quorum/);
    assert.deepEqual(lab.activeOn(lun), []);
    const [command] = /corosync-cmapctl -s quorum\.cancel_wait_for_all u8 1/.exec(ran.text) ?? [];
    assert.ok(command !== undefined, ran.text);
    await n1.must(command.split(' '));
    t.diagnostic(`runs after ${(await cluster.waitActive(lun, 'n1', 80_000)).toFixed()} ms`);
    const orders = lab.power.calls.slice(shots).filter(({ op }) => op === 'off');
    assert.deepEqual([...new Set(orders.map(({ host, by }) => `${host} by ${by}`))], ['n2 by n1']);
  });

  it('lets the peer come back to what runs, with its newer configuration put aside', async () => {
    const { lab, lun, cluster, shim, n1, n2 } = bed();
    await bootIdle(n2, shim);
    const lie = await refusal('n2', '--verified-off', `n1=${PULLED}`);
    assert.match(lie, new RegExp(`n1 is on, though it is said to be off: ${PULLED}`));
    const ran = await restore('n2');
    assert.equal(ran.status, 0, ran.text + ran.stderr + (await cluster.describe()));
    assert.match(ran.text, /The cluster lives on n1/);
    await cluster.waitOnline();
    assert.deepEqual([await limitOn(n1), await limitOn(n2)], [undefined, undefined]);
    await expectKept(n2);
    await cluster.settle();
    assert.deepEqual(lab.activeOn(lun), ['n1'], 'it stays where it is');
  });

  async function restore(node: string, ...args: string[]) {
    return await bed().holdfast('-r', 'main', 'ha', 'restore', node, '--snapshot', 'latest', ...args);
  }

  async function refusal(node: string, ...args: string[]): Promise<string> {
    const { status, stderr, text } = await restore(node, ...args);
    assert.equal(status, 20, text + stderr);
    assert.match(stderr, /Nothing was changed/);
    return stderr;
  }

  /** What was said with restores of that node, as the ledger has it. */
  async function wordsOf(node: string): Promise<unknown[]> {
    const actions = recordsOf(await bed().holdfast('history', '--actions', '--json'));
    return actions
      .filter(({ command, target }) => command === 'ha restore' && target === node)
      .map(({ override }) => override);
  }
});

/** A change by which one configuration is told from another. */
function setLimit(value: number): string[] {
  return ['crm_attribute', '--name', 'batch-limit', '--update', String(value)];
}

async function limitOn(host: Host): Promise<string | undefined> {
  const { output } = await host.exec(['crm_attribute', '--name', 'batch-limit', '--query']);
  return /value=(\d+)/.exec(output)?.[1];
}

/** What was changed since the backup, where only root reads it. */
async function expectKept(host: Host): Promise<void> {
  const folder = '/var/lib/holdfast/replaced';
  assert.equal((await host.must(['stat', '-c', '%a %U', folder])).trim(), '700 root');
  const kept = await host.must(['sh', '-c', `cat ${folder}/*/var/lib/pacemaker/cib/cib.xml`]);
  assert.match(kept, new RegExp(`name="batch-limit" value="${CHANGED}"`));
}
