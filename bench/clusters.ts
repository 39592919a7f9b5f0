/**
 * How long looking at a cluster takes: `node bench/clusters.ts`, as root, on a machine that is left alone. `ha status` beside
 * crm_mon alone, in turn, on a running pair of the lab, as the package installs it and from a checkout; and `ha simulate --all`
 * of one pair, of eight pairs with eight targets each, and of a pair in which no two targets are alike, so that no fault stands
 * for another. Prints medians, with the aims beside them; the exit code is 1 when one is missed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../scripts/build.ts';
import { cib } from '../src/cluster.ts';
import type { Host } from '../test/lab/host.ts';
import { Lab } from '../test/lab/lab.ts';
import { PACEMAKER_PEERS, startPacemaker } from '../test/lab/pacemaker.ts';
import { missingPeers } from '../test/peers.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const BIN = join(ROOT, 'bin/holdfast');
const STATUS_PAIRS = 9;
const STATUS_AIM_MS = 150;
const TARGETS = 8;

interface Simulation {
  pairs: number;
  isUneven: boolean;
  runs: number;
  /** How long every single and double fault may take; undefined where no aim was set. */
  aimMs: number | undefined;
}

const SIMULATIONS: readonly Simulation[] = [
  { pairs: 1, isUneven: false, runs: 5, aimMs: 3_000 },
  { pairs: 8, isUneven: false, runs: 3, aimMs: 60_000 },
  { pairs: 1, isUneven: true, runs: 3, aimMs: undefined },
];

async function main(): Promise<void> {
  const missing = missingPeers([...PACEMAKER_PEERS, 'crm_simulate']);
  if (missing.length > 0) throw new Error(`this needs ${missing.join(', ')}`);
  const missed = [await measureStatus(), ...SIMULATIONS.map(measureSimulation)].includes(false);
  process.exitCode = missed ? 1 : 0;
}

async function measureStatus(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const installed = await install(folder);
    await using lab = await Lab.open();
    const cluster = await startPacemaker(lab, ['n1', 'n2']);
    await cluster.settle();
    const host = lab.host('n1');
    const rounds: { installed: number; checkout: number }[] = [];
    // The first of each warms what is kept of compiled code.
    for (let round = 0; round <= STATUS_PAIRS; round++) {
      const alone = await timed(host, ['crm_mon', '--output-as=xml', '--one-shot']);
      const [own, checkout] = [
        await timed(host, [installed, 'ha', 'status']),
        await timed(host, [BIN, 'ha', 'status']),
      ];
      if (round > 0) rounds.push({ installed: own - alone, checkout: checkout - alone });
    }
    const what = `ha status beyond crm_mon, median of ${STATUS_PAIRS} pairs`;
    told(`${what}, from a checkout`, median(rounds.map(({ checkout }) => checkout)), undefined);
    return told(`${what}, from the package`, median(rounds.map((round) => round.installed)), STATUS_AIM_MS);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program as the package has it: bundled. */
async function install(folder: string): Promise<string> {
  await buildDist();
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin/holdfast');
}

async function timed(host: Host, argv: string[]): Promise<number> {
  const begin = performance.now();
  await host.exec(argv);
  return performance.now() - begin;
}

function measureSimulation({ pairs, isUneven, runs, aimMs }: Simulation): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const file = join(folder, 'cib.xml');
    writeFileSync(file, cibOf(pairs, isUneven), { mode: 0o600 });
    const times = Array.from({ length: runs }, () => {
      const begin = performance.now();
      const { status, stderr } = spawnSync(BIN, ['ha', 'simulate', '--cib', file, '--all'], { encoding: 'utf8' });
      if (status !== 0 && status !== 3) throw new Error(`ha simulate --all ended with ${status}: ${stderr}`);
      return performance.now() - begin;
    });
    const resources = pairs * TARGETS + 1;
    const kind = isUneven ? ', none alike' : '';
    const what = `ha simulate --all, ${2 * pairs} nodes, ${resources} resources${kind}, median of ${runs}`;
    return told(what, median(times), aimMs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Pairs that take over from each other, with targets that are alike but for their names, or for their limits as well. */
function cibOf(pairs: number, isUneven: boolean): string {
  const each = Array.from({ length: pairs }, (_, pair) => pairOf(pair, isUneven));
  const nodes = each.flatMap((pair) => pair.nodes);
  const fence: cib.PlainPrimitive = {
    kind: 'primitive',
    id: 'fence',
    agent: 'stonith:fence_powerman',
    params: { pcmk_host_list: nodes.map(({ name }) => name).join(' ') },
  };
  const document = cib.buildCib(
    {
      properties: { 'stonith-enabled': 'true' },
      nodes,
      resources: [fence, ...each.flatMap(({ targets }) => targets)],
      constraints: each.flatMap(({ constraints }) => constraints),
    },
    { file: 'bench' },
  );
  return cib.formatXml(document);
}

interface Pair {
  nodes: cib.PlainNode[];
  targets: cib.PlainPrimitive[];
  constraints: cib.PlainConstraint[];
}

function pairOf(pair: number, isUneven: boolean): Pair {
  const names = [`oss${2 * pair + 1}`, `oss${2 * pair + 2}`] as const;
  const targets = Array.from({ length: TARGETS }, (_, target): cib.PlainPrimitive => {
    const id = `ost${pair}-${target}`;
    return {
      kind: 'primitive',
      id,
      agent: 'ocf:heartbeat:Filesystem',
      params: { device: `/dev/mapper/${id}`, directory: `/mnt/${id}`, fstype: 'ext4' },
      operations: [
        { name: 'start', timeout: `${120 + (isUneven ? target : 0)}s` },
        { name: 'stop', timeout: '120s' },
        { name: 'monitor', interval: '20s', timeout: '40s' },
      ],
    };
  });
  // Targets of a pair run on its nodes alone: the first half prefers the one, the second the other.
  const constraints = targets.flatMap(({ id }, at): cib.PlainConstraint[] => [
    { kind: 'location', id: `${id}-home`, resource: id, prefer: { node: names[at < TARGETS / 2 ? 0 : 1], score: 200 } },
    { kind: 'location', id: `${id}-away`, resource: id, prefer: { node: names[at < TARGETS / 2 ? 1 : 0], score: 100 } },
  ]);
  const nodes = names.map((name, at) => ({ id: String(2 * pair + at + 1), name }));
  return { nodes, targets, constraints };
}

function told(what: string, ms: number, aimMs: number | undefined): boolean {
  const isMet = aimMs === undefined || ms <= aimMs;
  const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
  const [sign, aim] = aimMs === undefined ? ['·', ''] : [isMet ? '✔' : '✘', ` (aim ${seconds(aimMs)})`];
  process.stdout.write(`${sign} ${what}: ${seconds(ms)}${aim}\n`);
  return isMet;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

await main();
