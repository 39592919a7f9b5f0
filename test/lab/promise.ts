/** What a simulation promised of a running cluster, and what the cluster then did. */
import assert from 'node:assert/strict';
import { recordsOf } from '../cli/in-process.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import { type Ran, runOn } from './program.ts';
import { until } from './wait.ts';

/** What `ha simulate --json` says of one case. */
export interface Promised {
  faults: string[];
  verdict: string;
  /** Of each resource, the nodes that have it. */
  before: Record<string, string[]>;
  after: Record<string, string[]>;
  fenced: { node: string; by: string[] }[];
  twice: unknown[];
  remarks: string[];
  estimate: { least_ms: number; most_ms: number; parts: { what: string }[] };
}

export interface Told {
  ran: Ran;
  cases: Promised[];
  summary: Record<string, unknown>;
}

/** `holdfast ha simulate` on that host. @throws {Error} when it did not conclude */
export async function simulateOn(host: Host, ...args: string[]): Promise<Told> {
  const ran = await runOn(host, ['--json', 'ha', 'simulate', ...args]);
  const records = recordsOf({ text: ran.output });
  const summary = records.at(-1);
  if (summary?.['message_type'] !== 'summary') throw new Error(`ha simulate ${args.join(' ')}: ${ran.text}`);
  const cases = records.filter(({ message_type }) => message_type === 'simulation');
  return { ran, cases: cases as unknown as Promised[], summary };
}

/** Everything by which a cluster would notice that something was done to it: its CIB with all three numbers and its files. */
export async function stateOf(host: Host): Promise<string> {
  const files = 'ls -l --time-style=full-iso /var/lib/pacemaker/cib /var/lib/pacemaker/pengine';
  return await host.must(['sh', '-c', `cibadmin --query && ${files}`]);
}

export interface Trial {
  lab: Lab;
  /** A node that lives on, and is asked where everything is. */
  on: Host;
  /** What the simulation was about. */
  happen: () => Promise<unknown>;
}

/**
 * Lets it happen, and waits until every LUN is mounted where it was promised and the cluster says the same of each resource.
 * @returns milliseconds until the mounts, which are held to the estimate
 */
export async function expectKept({ after, estimate, fenced }: Promised, { lab, on, happen }: Trial): Promise<number> {
  const lines = lab.power.calls.length;
  const begin = performance.now();
  const work = happen();
  const isMounted = (): boolean => lab.luns.every((lun) => lab.activeOn(lun).join() === after[lun.name]?.join());
  await until('everything is mounted where it was promised', isMounted, { limitMs: estimate.most_ms });
  const tookMs = performance.now() - begin;
  await work;
  assert.ok(estimate.least_ms <= tookMs && tookMs <= estimate.most_ms, `${JSON.stringify(estimate)}: ${tookMs} ms`);
  await on.must(['crm_resource', '--wait', '--timeout=30s'], { timeLimitMs: 35_000 });
  const places = await placesTold(on, Object.keys(after));
  assert.deepEqual(places, after);
  const orders = lab.power.calls.slice(lines).filter(({ op }) => ['off', 'on', 'reboot'].includes(op));
  assert.deepEqual(
    [...new Set(orders.map(({ host }) => host))],
    fenced.map(({ node }) => node),
  );
  assert.ok(
    orders.every(({ answer, by }) => answer === 'OK' && by === on.name),
    JSON.stringify(orders),
  );
  return tookMs;
}

/** By the cluster's own word. */
async function placesTold(on: Host, resources: readonly string[]): Promise<Record<string, string[]>> {
  const places: Record<string, string[]> = {};
  for (const id of resources) {
    const text = await on.must(['crm_resource', '--locate', '--resource', id]);
    places[id] = [...text.matchAll(/is running on: (\S+)/g)].map(([, node]) => node!);
  }
  return places;
}
