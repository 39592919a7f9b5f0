/**
 * Programs that play a cluster of n1, which is this machine, and n2, which a real sshd leads to; and commands run on it. What
 * the programs are asked is written down.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sshd, startSshd } from '../sshd.ts';
import { type RunResult, runHoldfast } from './in-process.ts';
import { PlayedPrograms } from './played-programs.ts';

const FIXTURES = new URL('../fixtures/crm-mon/live/', import.meta.url).pathname;

const device = (node: string, more = ''): string =>
  `<primitive id="fence-${node}" class="stonith" type="fence_test"><instance_attributes id="${node}-a"><nvpair id="${node}-l" name="pcmk_host_list" value="${node}"/><nvpair id="${node}-p" name="password" value="Geh31m-${node}"/>${more}</instance_attributes><operations><op id="${node}-m" name="monitor" interval="30s"/></operations></primitive>`;
const cib = (properties = ''): string =>
  `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config>${properties}</crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>${device('n1')}${device('n2')}</resources><constraints/></configuration><status/></cib>`;
export interface Played {
  properties?: string;
  /** What the agent does with an order, in shell. */
  agent?: string;
  quorum?: string;
  fencesAfterPatch?: string;
}

/** @param more beside the way to n2 in the configuration, from how that is reached */
export async function startPlayedCluster(
  more: (host: object) => { hosts?: object } & Record<string, unknown> = () => ({}),
): Promise<PlayedCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-played-'));
  const programs = new PlayedPrograms();
  cpSync(FIXTURES, programs.folder, { recursive: true });
  const sshd = await startSshd({
    lines: ['PermitUserEnvironment PATH'],
    keyOptions: `environment="PATH=${programs.folder}:/usr/bin:/bin"`,
  });
  const { knownHostsFile, identityFile, user, port, address } = sshd.address();
  const host = { address, user, port, identityFile, knownHostsFile };
  const { hosts, ...rest } = more(host);
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    JSON.stringify({ stateDirectory: join(folder, 'state'), hosts: { n2: host, ...hosts }, ...rest }),
    { mode: 0o600 },
  );
  return new PlayedCluster({ folder, programs, sshd });
}

export class PlayedCluster implements AsyncDisposable {
  readonly folder: string;
  /** The way to n2. */
  readonly sshd: Sshd;
  readonly programs: PlayedPrograms;

  constructor({ folder, programs, sshd }: { folder: string; programs: PlayedPrograms; sshd: Sshd }) {
    this.folder = folder;
    this.sshd = sshd;
    this.programs = programs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.programs[Symbol.dispose]();
    await this.sshd[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts programs before the system's that play a cluster; what they are asked is written down. */
  play({ properties = '', agent = 'exit 0', quorum, fencesAfterPatch = 'true' }: Played = {}): void {
    const bin = this.programs.folder;
    writeFileSync(join(bin, 'cib.xml'), cib(properties));
    this.programs.forget('patched', 'asked');
    const votes =
      quorum ?? 'Quorate: Yes\nExpected votes: 2\nTotal votes: 2\nQuorum: 1\nFlags: 2Node Quorate WaitForAll';
    writeFileSync(join(bin, 'votes'), votes);
    const note = `echo "$0 $*" >> '${bin}/asked'`;
    this.programs.play(
      'crm_mon',
      `if [ -e '${bin}/patched' ]; then sed 's/stonith-enabled="true"/stonith-enabled="${fencesAfterPatch}"/' '${bin}/healthy.xml'; else cat '${bin}/healthy.xml'; fi`,
    );
    this.programs.play(
      'cibadmin',
      `${note}; case "$*" in *--patch*) cat >> '${bin}/asked'; touch '${bin}/patched';; *) cat '${bin}/cib.xml';; esac`,
    );
    this.programs.play('crm_node', 'echo n1');
    this.programs.play('corosync-quorumtool', `cat '${bin}/votes'`);
    this.programs.play('logger', `${note}`);
    this.programs.play(
      'crm_simulate',
      `cat >/dev/null; printf '%s' '<pacemaker-result api-version="2.25"><cluster_status><nodes/><resources/></cluster_status><revised_cluster_status><nodes/><resources/></revised_cluster_status></pacemaker-result>'`,
    );
    this.programs.play(
      'stonith_admin',
      `${note}; case "$*" in *--list-registered*) printf 'fence-n1\\nfence-n2\\n2 fence devices found\\n';; *--history*) cat '${bin}/fencing-history.xml';; *--metadata*) cat '${bin}/agent.xml';; esac`,
    );
    const parameters =
      '<parameter name="ip" required="1"><content type="string"/></parameter><parameter name="password"><content type="string" default="x"/></parameter>';
    writeFileSync(
      join(bin, 'agent.xml'),
      `<resource-agent name="fence_test" shortdesc="A test"><parameters>${parameters}</parameters><actions><action name="status"/></actions></resource-agent>`,
    );
    this.programs.play(
      'fence_test',
      `input=$(cat); echo "$input" >> '${bin}/asked'; word=$(echo "$input" | sed -n 's/^password=//p'); ${agent}`,
    );
  }

  asked(): string {
    return this.programs.written('asked');
  }

  /** A command of the group `ha`. */
  run(...words: string[]): Promise<RunResult> {
    return this.command('ha', ...words);
  }

  /** `holdfast WORDS`, with that cluster and its configuration. */
  command(...words: string[]): Promise<RunResult> {
    return runHoldfast(['-c', join(this.folder, 'holdfast.yaml'), ...words], {});
  }
}
