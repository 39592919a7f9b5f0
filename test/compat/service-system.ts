/** The system of one node in a folder, for a service that a real agent runs with what the import made of its configuration. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cib } from '../../src/cluster.ts';
import { runHoldfast } from '../cli/in-process.ts';

/** Exit code of a monitor (OCF_NOT_RUNNING). */
export const NOT_RUNNING = 7;
export const STEP_MS_MAX = 120_000;
const AGENTS = '/usr/lib/ocf/resource.d/heartbeat';
const HA_CF = 'node oss01 oss02\nbcast eth0\nauto_failback off\n';

/** A folder with the system of one node, and what the import made of its only service. */
export class System {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-service-'));
  #agent = '';
  #params: Readonly<Record<string, string>> = {};

  constructor() {
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'run'));
    // Hooks do not run where all tests of a suite are left out.
    process.once('exit', () => this[Symbol.dispose]());
  }

  put(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** As the machine's package has it. */
  copy(...paths: string[]): void {
    for (const path of paths) cpSync(path, join(this.folder, path), { recursive: true, dereference: true });
  }

  /** Imports it as a whole system. @returns the plan as it is told, with the files that would be written */
  async import(service: string): Promise<string> {
    this.put('etc/ha.d/ha.cf', HA_CF);
    this.put('etc/ha.d/haresources', `oss01 ${service}\n`);
    this.put('etc/ha.d/authkeys', 'auth 1\n1 sha1 NotTheRealKey\n');
    mkdirSync(join(this.folder, 'etc/ha.d/resource.d'), { recursive: true });
    const to = join(this.folder, 'new');
    const made = await runHoldfast(['ha', 'import', this.folder, '--to', to], { HOLDFAST_CONFIG: '/nonexistent' });
    const text = readFileSync(join(to, 'cib.xml'), 'utf8');
    const resources = cib.readCib(cib.parseXml(text, 'cib.xml')).resources;
    const primitive = [...cib.everyResource(resources)].find(
      (each) => each.kind === 'primitive' && each.id === service,
    );
    assert.ok(primitive?.kind === 'primitive' && primitive.agent !== undefined, made.text);
    this.#agent = cib.formatAgent(primitive.agent);
    this.#params = Object.fromEntries(
      primitive.params.flatMap(({ values }) => values.map(({ name, value }) => [name, value ?? ''] as const)),
    );
    return made.text + made.stderr + text;
  }

  get agent(): string {
    return this.#agent;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#params;
  }

  /** Exit code of the agent, with this system's folders in the place of the machine's. */
  act(action: string, ...shown: string[]): number {
    const binds = shown.map((path) => `mount --bind '${this.folder}${path}' '${path}'`);
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      OCF_ROOT: '/usr/lib/ocf',
      OCF_RESOURCE_INSTANCE: 'service',
      OCF_RESKEY_CRM_meta_timeout: `${STEP_MS_MAX}`,
      ...Object.fromEntries(Object.entries(this.#params).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
    };
    const script = [...binds, `exec ${AGENTS}/${this.#agent.split(':').at(-1)} ${action}`].join(' && ');
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', script];
    // Services go on in the background: an output of ours that they inherit would never end.
    return spawnSync('unshare', args, { env, stdio: 'ignore', timeout: STEP_MS_MAX }).status ?? -1;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function accountOf(user: string): { uid: number; gid: number } {
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)!;
  return { uid: Number(uid), gid: Number(gid) };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
