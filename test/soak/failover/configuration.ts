/** What an order changes in the configuration of a cluster, looked at by the cluster's own tools. */
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode } from '../../../src/base/errors.ts';
import type { Host } from '../../lab/host.ts';
import { until } from '../../lab/wait.ts';
import type { Order } from './orders.ts';

const ASK_MS_MAX = 8_000;
const PAUSE_MS = 15_000;
/** A pause ends by the cluster's own clock, and the cluster may look at it some seconds later. */
const PAUSE_END_MS_MAX = 20_000;
const FILE = '/tmp/changed-cib.xml';
const STICKINESS = /(name="resource-stickiness"[^>]*? value=")(\d+)(")/;

/** Undefined when it does not answer. */
export async function configurationOf(host: Host): Promise<string | undefined> {
  return await said(host, ['cibadmin', '--query', '--scope', 'configuration']);
}

export function differs(before: string | undefined, after: string | undefined): string | undefined {
  if (before === undefined || after === undefined || before === after) return undefined;
  const known = new Set(before.split('\n'));
  const lines = after.split('\n').filter((line) => !known.has(line));
  return `the configuration has changed: ${lines
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ')}`;
}

/** Writes the live CIB with a small difference into a file of the host. @returns its path; undefined when it does not answer */
export async function changedCib(host: Host): Promise<string | undefined> {
  const text = await said(host, ['cibadmin', '--query']);
  if (text === undefined) return undefined;
  const changed = text.replace(STICKINESS, (_, head: string, value: string, tail: string) => {
    return `${head}${value === '1000' ? '1001' : '1000'}${tail}`;
  });
  if (changed === text) throw new Error('the CIB has no stickiness to change');
  await host.must(['sh', '-c', 'cat >"$0"', FILE], { input: changed });
  return FILE;
}

/** What is not as a successful order promises, beside places. */
export async function complaintOf(
  host: Host,
  { kind }: Order,
  before: string | undefined,
): Promise<string | undefined> {
  if (kind === 'pause') return await pauseComplaint(host);
  if (kind !== 'apply' && kind !== 'rollback') return undefined;
  const [was, is] = [before, await configurationOf(host)].map((text) => STICKINESS.exec(text ?? '')?.[2]);
  if (was === undefined || is === undefined) return undefined;
  return was === is ? `the stickiness is still ${is}` : undefined;
}

/** Fencing has to be off now, and on again by itself. */
async function pauseComplaint(host: Host): Promise<string | undefined> {
  const isOn = async () =>
    /stonith-enabled="true"/.test((await said(host, ['crm_mon', '-1', '--output-as=xml'])) ?? '');
  if (await isOn()) return 'fencing is not paused';
  await wait(PAUSE_MS);
  try {
    await until('fencing is on again', isOn, { limitMs: PAUSE_END_MS_MAX, everyMs: 500 });
    return undefined;
  } catch (error) {
    return `the pause did not end by itself: ${String(error)}`;
  }
}

async function said(host: Host, argv: readonly string[]): Promise<string | undefined> {
  try {
    const { exitCode, output } = await host.exec(argv, { timeLimitMs: ASK_MS_MAX });
    return exitCode === 0 ? output : undefined;
  } catch (error) {
    if (hasCode(error, 'command-timeout', 'command-failed') || !host.isOn) return undefined;
    throw error;
  }
}
