/** How often a look at a cluster runs something on a node over ssh: each is a connection, and costs more than what it asks. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { type Sshd, startSshd } from '../sshd.ts';
import { runHoldfast } from './in-process.ts';
import { PlayedPrograms } from './played-programs.ts';

const CRM_MON = new URL('../fixtures/crm-mon/live/', import.meta.url).pathname;

/** Programs of a Heartbeat node as 3.0.6 prints them; every node and every path is up. */
const HEARTBEAT = {
  crm_mon: 'exit 102',
  cibadmin: 'exit 102',
  cl_status: `case $1 in
hbstatus) echo 'Heartbeat is running on this machine.' ;;
listnodes) [ "$2" = -p ] && echo 10.0.0.254 || printf 'h2\\nh1\\n' ;;
nodestatus) [ "$2" = 10.0.0.254 ] && echo ping || echo active ;;
listhblinks) [ "$2" = 10.0.0.254 ] && printf '\\t10.0.0.254\\n' || printf '\\teth1\\n\\teth0\\n' ;;
hblinkstatus) echo up ;;
rscstatus) echo local ;;
esac`,
  cat: `case "$*" in
*/etc/ha.d/haresources) printf 'h1 Filesystem::/dev/none-a::/mnt/a\nh2 Filesystem::/dev/none-b::/mnt/b\n' ;;
*/etc/ha.d/ha.cf) printf 'node h1\nnode h2\nauto_failback off\n' ;;
*) exec /bin/cat "$@" ;;
esac`,
};

/** Programs of a Pacemaker node. */
const PACEMAKER = {
  crm_mon: `cat "\${0%/*}/healthy.xml"`,
  cibadmin: `case "$*" in *configuration*) cat "\${0%/*}/healthy-configuration.xml" ;;
*) printf '%s' '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">'
   cat "\${0%/*}/healthy-configuration.xml"; echo '<status/></cib>' ;; esac`,
  stonith_admin: `case "$*" in *--list-registered*) printf 'fence-n1\\nfence-n2\\n2 fence devices found\\n' ;;
*--history*) cat "\${0%/*}/fencing-history.xml" ;; esac`,
  fence_lab: 'cat >/dev/null; exit 0',
};

/** Two nodes, each with programs and a daemon of its own, and a machine that reaches them. */
class Pair implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-runs-'));
  readonly #programs = new PlayedPrograms();
  readonly #daemons: Sshd[] = [];

  async start(nodes: readonly string[], programs: Readonly<Record<string, string>>): Promise<void> {
    const hosts: Record<string, object> = {};
    for (const node of nodes) {
      const bin = join(this.#folder, node);
      mkdirSync(bin);
      cpSync(CRM_MON, bin, { recursive: true });
      for (const [name, body] of Object.entries({ ...programs, uname: `echo ${node}`, crm_node: `echo ${node}` }))
        writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      const keyOptions = `environment="PATH=${bin}:/usr/bin:/bin"`;
      const sshd = await startSshd({ lines: ['PermitUserEnvironment PATH'], keyOptions });
      this.#daemons.push(sshd);
      const { address, user, port, identityFile, knownHostsFile } = sshd.address();
      hosts[node] = { address, user, port, identityFile, knownHostsFile };
    }
    const text = JSON.stringify({ stateDirectory: join(this.#folder, 'state'), hosts });
    writeFileSync(join(this.#folder, 'holdfast.yaml'), text, { mode: 0o600 });
  }

  /** @returns connections that each node was asked by */
  async count(...words: string[]): Promise<{ runs: number[]; text: string }> {
    const begun = this.#accepted();
    const { text, stderr } = await runHoldfast(['-c', join(this.#folder, 'holdfast.yaml'), 'ha', ...words], {});
    return { runs: this.#accepted().map((all, at) => all - begun[at]!), text: text + stderr };
  }

  #accepted(): number[] {
    return this.#daemons.map(
      ({ directory }) => readFileSync(join(directory, 'log'), 'utf8').split('Accepted publickey').length - 1,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#programs[Symbol.dispose]();
    for (const each of this.#daemons) await each[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describePeer('connections to each node of a Heartbeat pair', ['sshd', 'ssh-keygen'], () => {
  const pair = new Pair();
  before(() => pair.start(['h1', 'h2'], HEARTBEAT));
  after(() => pair[Symbol.asyncDispose]());

  it('are two for its state: one that finds no Pacemaker, and one for everything of Heartbeat', async () => {
    const { runs, text } = await pair.count('status', 'h1', 'h2');
    assert.match(text, /healthy: 2 of 2 resources started/);
    assert.match(text, /All 5 paths up/);
    assert.deepEqual(runs, [2, 2], text);
  });

  it('are few for plan and verdict', async () => {
    for (const words of [
      ['standby', 'h1'],
      ['takeover', 'h2'],
    ]) {
      const { runs, text } = await pair.count(...words, '--on', 'h1', '--dry-run');
      assert.match(text, /simulation: by Heartbeat's rules all groups end as planned/);
      assert.deepEqual(runs, [4, 8], text);
    }
  });
});

describePeer('a Heartbeat pair has no CIB', ['sshd', 'ssh-keygen', 'crm_simulate'], () => {
  const pair = new Pair();
  before(() => pair.start(['h1', 'h2'], HEARTBEAT));
  after(() => pair[Symbol.asyncDispose]());

  it('which is told as such, and not as a cluster that is down', async () => {
    const simulated = await pair.count('simulate', 'dies:h1', '--on', 'h1');
    assert.match(simulated.text, /refused by a safety rule: h1 runs Heartbeat, which has no CIB to simulate with\n/);
    assert.match(simulated.text, /hint: .*holdfast ha simulate --equivalence \/etc\/ha\.d/);
    const back = await pair.count('rollback', '--on', 'h1');
    assert.match(back.text, /refused by a safety rule: rollback: a Heartbeat cluster has no CIB\n/);
  });
});

describePeer('connections to each node of a Pacemaker', ['sshd', 'ssh-keygen'], () => {
  const pair = new Pair();
  before(() => pair.start(['n1', 'n2'], PACEMAKER));
  after(() => pair[Symbol.asyncDispose]());

  it('are one for its state, and one for each device', async () => {
    const { runs, text } = await pair.count('status', 'n1', 'n2');
    assert.match(text, /healthy: 3 of 3 resources started/);
    assert.deepEqual(runs, [3, 1], text);
  });

  it('are few for plan and verdict', async () => {
    const standby = await pair.count('standby', 'n2', '--on', 'n1', '--dry-run');
    assert.match(standby.text, /✔ fencing of n2: fence-n2 from n1/);
    assert.deepEqual(standby.runs, [11, 1], standby.text);
    const takeover = await pair.count('takeover', 'n2', '--on', 'n1', '--dry-run');
    assert.match(takeover.text, /✔ fencing of n1: fence-n1 from n2/);
    assert.deepEqual(takeover.runs, [11, 4], takeover.text);
    const move = await pair.count('move', 'mdt0', 'n2', '--keep', '--on', 'n1', '--dry-run');
    assert.match(move.text, /✔ fencing of n1: fence-n1 from n2/);
    assert.deepEqual(move.runs, [11, 4], move.text);
  });
});
