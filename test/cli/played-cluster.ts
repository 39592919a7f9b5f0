/**
 * Programs that play a cluster of n1, which is this machine, and n2, which a real sshd leads to; and commands run on it. What
 * the programs are asked is written down.
 */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../src/cli.ts';
import { systemClock } from '../../src/host.ts';
import { type Sshd, startSshd } from '../sshd.ts';

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

export interface Ran {
  status: number;
  text: string;
  errors: string;
  /** Of `--json`. */
  records: Record<string, unknown>[];
}

type Table = NonNullable<Parameters<typeof runProgram>[1]>;

export async function startPlayedCluster(table: Table): Promise<PlayedCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-played-'));
  const bin = join(folder, 'bin');
  cpSync(FIXTURES, bin, { recursive: true });
  const sshd = await startSshd({
    lines: ['PermitUserEnvironment PATH'],
    keyOptions: `environment="PATH=${bin}:/usr/bin:/bin"`,
  });
  const { knownHostsFile, identityFile, user, port, address } = sshd.address();
  const host = { address, user, port, identityFile, knownHostsFile };
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    JSON.stringify({ stateDirectory: join(folder, 'state'), hosts: { n2: host } }),
  );
  return new PlayedCluster({ folder, bin, sshd, table });
}

export class PlayedCluster implements AsyncDisposable {
  readonly folder: string;
  /** The way to n2. */
  readonly sshd: Sshd;
  readonly #bin: string;
  readonly #table: Table;
  readonly #path = process.env['PATH'];

  constructor({ folder, bin, sshd, table }: { folder: string; bin: string; sshd: Sshd; table: Table }) {
    this.folder = folder;
    this.sshd = sshd;
    this.#bin = bin;
    this.#table = table;
    process.env['PATH'] = `${bin}:${this.#path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.env['PATH'] = this.#path;
    await this.sshd[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts programs before the system's that play a cluster; what they are asked is written down. */
  play({ properties = '', agent = 'exit 0', quorum, fencesAfterPatch = 'true' }: Played = {}): void {
    writeFileSync(join(this.#bin, 'cib.xml'), cib(properties));
    for (const name of ['patched', 'asked']) rmSync(join(this.#bin, name), { force: true });
    const votes =
      quorum ?? 'Quorate: Yes\nExpected votes: 2\nTotal votes: 2\nQuorum: 1\nFlags: 2Node Quorate WaitForAll';
    writeFileSync(join(this.#bin, 'votes'), votes);
    const note = `echo "$0 $*" >> '${this.#bin}/asked'`;
    this.#program(
      'crm_mon',
      `if [ -e '${this.#bin}/patched' ]; then sed 's/stonith-enabled="true"/stonith-enabled="${fencesAfterPatch}"/' '${this.#bin}/healthy.xml'; else cat '${this.#bin}/healthy.xml'; fi`,
    );
    this.#program(
      'cibadmin',
      `${note}; case "$*" in *--patch*) cat >> '${this.#bin}/asked'; touch '${this.#bin}/patched';; *) cat '${this.#bin}/cib.xml';; esac`,
    );
    this.#program('crm_node', 'echo n1');
    this.#program('corosync-quorumtool', `cat '${this.#bin}/votes'`);
    this.#program('logger', `${note}`);
    this.#program(
      'crm_simulate',
      `cat >/dev/null; printf '%s' '<pacemaker-result api-version="2.25"><cluster_status><nodes/><resources/></cluster_status><revised_cluster_status><nodes/><resources/></revised_cluster_status></pacemaker-result>'`,
    );
    this.#program(
      'stonith_admin',
      `${note}; case "$*" in *--list-registered*) printf 'fence-n1\\nfence-n2\\n2 fence devices found\\n';; *--history*) cat '${this.#bin}/fencing-history.xml';; *--metadata*) cat '${this.#bin}/agent.xml';; esac`,
    );
    const parameters =
      '<parameter name="ip" required="1"><content type="string"/></parameter><parameter name="password"><content type="string" default="x"/></parameter>';
    writeFileSync(
      join(this.#bin, 'agent.xml'),
      `<resource-agent name="fence_test" shortdesc="A test"><parameters>${parameters}</parameters><actions><action name="status"/></actions></resource-agent>`,
    );
    this.#program(
      'fence_test',
      `input=$(cat); echo "$input" >> '${this.#bin}/asked'; word=$(echo "$input" | sed -n 's/^password=//p'); ${agent}`,
    );
  }

  #program(name: string, body: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(this.#bin, name), 0o755);
  }

  asked(): string {
    return existsSync(join(this.#bin, 'asked')) ? readFileSync(join(this.#bin, 'asked'), 'utf8') : '';
  }

  async run(...words: string[]): Promise<Ran> {
    const [out, err]: [string[], string[]] = [[], []];
    const sink = (chunks: string[]) => ({
      write(chunk: string | Uint8Array, written?: () => void): boolean {
        chunks.push(chunk.toString());
        if (written !== undefined) queueMicrotask(written);
        return true;
      },
    });
    const controller = new AbortController();
    const status = await runProgram(
      {
        argv: ['-c', join(this.folder, 'holdfast.yaml'), 'ha', ...words],
        environment: {},
        stdin: process.stdin,
        stdout: sink(out),
        stderr: sink(err),
        signal: controller.signal,
        stop: (reason) => controller.abort(reason),
        onHangup: () => undefined,
        version: '0.0.0',
        program: '/usr/bin/holdfast',
        loadClock: async () => systemClock,
      },
      this.#table,
    );
    const text = out.join('');
    const lines = words.includes('--json') ? text.split('\n').filter((line) => line !== '') : [];
    return { status, text, errors: err.join(''), records: lines.map((line) => JSON.parse(line)) };
  }
}
