/** A pair of Pacemaker whose configuration is backed up by a plan, and what an administrator has to restore it from elsewhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type RunResult, runHoldfast } from '../cli/in-process.ts';
import { type Bed, useLab } from './bed.ts';
import type { Host } from './host.ts';
import type { Lun } from './lun.ts';
import { type PacemakerCluster, startPacemaker } from './pacemaker.ts';
import { SshShim } from './ssh-shim.ts';

const LUN_BYTES = 64 * 1024 * 1024;
/** As PACEMAKER_BOOT has them; here the init script of Pacemaker reads them. */
const DEFAULTS = 'PCMK_logfile=/var/log/pacemaker/pacemaker.log\nPCMK_logfacility=none\nPCMK_ipc_type=shared-mem\n';
const LOST = [
  '/etc/corosync/corosync.conf',
  '/etc/corosync/authkey',
  '/etc/default/pacemaker',
  '/var/lib/holdfast/replaced',
];

export interface Restorable {
  /** With configuration, state and vault. */
  folder: string;
  cluster: PacemakerCluster;
  /** Prefers n2. */
  lun: Lun;
  shim: SshShim;
  n1: Host;
  n2: Host;
  /** On this machine, which reaches both over ssh. The vault is `main`, the plan and the cluster are `lab`. */
  holdfast(...args: string[]): Promise<RunResult>;
}

/** The vault is there, and nothing in it. */
export function useRestorable(): () => Bed & Restorable {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
  const path = process.env['PATH'];
  const bed = useLab(async (lab): Promise<Restorable> => {
    const lun = await lab.lun('object0', LUN_BYTES, ['n1', 'n2']);
    const [n1, n2] = [lab.host('n1'), lab.host('n2')];
    for (const host of [n1, n2]) host.write('/etc/default/pacemaker', DEFAULTS);
    const cluster = await startPacemaker(lab, ['n1', 'n2']);
    await cluster.configure({ filesystems: [{ lun, prefers: 'n2' }], shotLast: 'n1' });
    const shim = new SshShim(folder);
    for (const host of [n1, n2]) shim.open(host);
    process.env['PATH'] = `${shim.bin}:${path}`;
    const holdfast = await administrator(folder, ['n1', 'n2']);
    return { folder, cluster, lun, shim, n1, n2, holdfast };
  });
  after(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });
  return bed;
}

/** Holdfast with a vault in this folder and a plan for the cluster of these nodes. */
export async function administrator(
  folder: string,
  nodes: readonly string[],
): Promise<(...args: string[]) => Promise<RunResult>> {
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(
    file,
    `stateDirectory: ${folder}/state
vaults: { main: { url: ${folder}/vault, password: { value: secret } } }
clusters: { lab: { nodes: [${nodes.join(', ')}] } }
plans: { lab: { vault: main, sources: [{ cluster: lab }] } }
`,
  );
  const holdfast = (...args: string[]) => runHoldfast(['-c', file, ...args], { HOME: folder });
  const made = await holdfast('-r', 'main', 'init');
  if (made.status !== 0) throw new Error(`no vault was made: ${made.stderr}`);
  return holdfast;
}

/** All its processes end, and nobody answers there any more. */
export async function crash(host: Host, shim: SshShim): Promise<void> {
  await host.kill();
  shim.close(host);
}

/** On, with no cluster running: as after a reinstallation, whose services are not enabled. */
export async function bootIdle(host: Host, shim: SshShim): Promise<void> {
  await host.kill();
  host.write('/etc/lab/no-cluster-at-boot', '');
  await host.boot();
  shim.open(host);
}

/** What a reinstallation leaves nothing of. */
export async function wipe(host: Host): Promise<void> {
  await host.must(['sh', '-c', `rm -rf ${LOST.join(' ')} /var/lib/pacemaker/cib/* /var/lib/corosync/*`]);
}
