/**
 * `npm run soak:failover`: random faults and orders, round after round, on real clusters of the lab. `--seed N` and
 * `--rounds N` draw them, `--from R` begins later, `--only R` repeats one, `--cluster pair|three|heartbeat` stays on one cluster,
 * `--minutes N` ends it, `--fresh` forgets the rounds of earlier runs. A round that fails, or
 * came out other than was told, is told with what repeats it, and the hosts' logs are kept. Results go to docs/failover-campaign.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tidied } from '../../scripts/tidy.ts';
import { HEARTBEAT_PEERS } from '../lab/heartbeat.ts';
import { PACEMAKER_PEERS } from '../lab/pacemaker.ts';
import { missingPeers } from '../peers.ts';
import { isApart, runApart } from './failover/apart.ts';
import type { Bed } from './failover/bed.ts';
import { BEDS, type BedName, BLOCK_ROUNDS, drawRound, wordsOf, wordsOfStart } from './failover/draw.ts';
import { openHeartbeatBed } from './failover/heartbeat-bed.ts';
import { keepLogs } from './failover/logs.ts';
import { openPacemakerBed } from './failover/pacemaker-bed.ts';
import { withTables } from './failover/page.ts';
import { addRecord, loadRecords, type RoundRecord, saveRecords } from './failover/results.ts';
import { runRound } from './failover/round.ts';

const PAGE = fileURLToPath(new URL('../../docs/failover-campaign.md', import.meta.url));
const RECORDS = fileURLToPath(new URL('./failover/results.jsonl', import.meta.url));
const FAILURES_MAX = 5;
const SEEDS = 1_000_000;

interface Options {
  seed: number;
  first: number;
  last: number;
  cluster: BedName | undefined;
  limitMs: number;
  isFresh: boolean;
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (isApart()) await main(args);
  else process.exitCode = await runApart(fileURLToPath(import.meta.url), args);
}

async function main(args: string[]): Promise<void> {
  const options = optionsOf(args);
  const missing = missingPeers([...new Set([...PACEMAKER_PEERS, ...HEARTBEAT_PEERS])]);
  if (missing.length > 0) throw new Error(`this needs ${missing.join(', ')}`);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
  const failures = await runAll(options, stop.signal);
  process.exitCode = stop.signal.aborted ? 130 : failures > 0 ? 1 : 0;
}

function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Date.now() % SEEDS) },
      rounds: { type: 'string', default: '300' },
      minutes: { type: 'string', default: '600' },
      from: { type: 'string', default: '1' },
      only: { type: 'string' },
      cluster: { type: 'string' },
      fresh: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.only ?? values.from);
  const rounds = values.only === undefined ? Number(values.rounds) : 1;
  const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
  const cluster = BEDS.find((bed) => bed === values.cluster);
  if (values.cluster !== undefined && cluster === undefined) throw new Error(`--cluster is one of ${BEDS.join(', ')}`);
  if (![seed, first, rounds].every((each) => Number.isInteger(each) && each >= 0) || first < 1 || !(minutes > 0))
    throw new Error('--seed, --rounds, --from and --only are whole numbers, --minutes is more than 0');
  return { seed, first, last: first + rounds - 1, cluster, limitMs: minutes * 60_000, isFresh: values.fresh };
}

/** @returns rounds that failed */
async function runAll({ seed, first, last, cluster, limitMs, isFresh }: Options, stop: AbortSignal): Promise<number> {
  const begin = performance.now();
  let records = isFresh ? [] : loadRecords(RECORDS);
  const interrupted = interruption(stop);
  let failures = 0;
  let bed: { name: BedName; bed: Bed; rounds: number } | undefined;
  say(`seed ${seed}, rounds ${first} to ${last}`);
  try {
    for (let round = first; round <= last && failures < FAILURES_MAX; round++) {
      if (performance.now() - begin > limitMs) break;
      const drawn = drawRound(seed, round, cluster);
      if (bed !== undefined && (bed.name !== drawn.bed || bed.rounds >= BLOCK_ROUNDS)) {
        await bed.bed[Symbol.asyncDispose]();
        bed = undefined;
      }
      bed ??= { name: drawn.bed, bed: await open(drawn.bed), rounds: 0 };
      bed.rounds++;
      say(`round ${round} on ${drawn.bed}: ${wordsOfStart(drawn)}: ${wordsOf(drawn)}`);
      const record = await Promise.race([runRound(bed.bed, drawn, stop), interrupted]);
      tell(record);
      // Another campaign may be under way on this machine.
      records = addRecord(isFresh ? records : loadRecords(RECORDS), record);
      saveRecords(RECORDS, records);
      if (record.failure === undefined && record.prediction !== 'wrong') continue;
      const folder = keepLogs(bed.bed, drawn, JSON.stringify({ drawn, record }, undefined, 1));
      const repeat = `npm run soak:failover -- --seed ${seed} --only ${round} --cluster ${drawn.bed}`;
      say(`  logs: ${folder}\n  again: ${repeat}`);
      if (record.failure === undefined) continue;
      failures++;
      // What a failure leaves must not be the next round's trouble.
      await bed.bed[Symbol.asyncDispose]();
      bed = undefined;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
    say('interrupted');
  } finally {
    await bed?.bed[Symbol.asyncDispose]();
  }
  writePage(records);
  return failures;
}

/** For a race: what is under way in a cluster ends with the cluster, so nobody waits for it after an interruption. */
function interruption(stop: AbortSignal): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    stop.addEventListener('abort', () => reject(stop.reason), { once: true });
  });
  interrupted.catch(() => {});
  return interrupted;
}

async function open(name: BedName): Promise<Bed> {
  return name === 'heartbeat' ? await openHeartbeatBed() : await openPacemakerBed(name);
}

function tell(record: RoundRecord): void {
  const { convergedMs, mountedMs, fenced, prediction, difference, helped, failure } = record;
  const parts = [
    failure === undefined ? 'passed' : `FAILED: ${failure}`,
    `converged ${convergedMs === undefined ? 'never' : `${(convergedMs / 1000).toFixed(1)} s`}`,
    `on the peer ${mountedMs.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ') || 'nothing'}`,
    `fenced ${fenced.join(', ') || 'nobody'}`,
    `prediction ${prediction}${difference === undefined ? '' : ` (${difference})`}`,
    ...helped,
  ];
  say(`  ${parts.join('; ')}`);
}

function writePage(records: readonly RoundRecord[]): void {
  writeFileSync(PAGE, tidied(withTables(readFileSync(PAGE, 'utf8'), records), PAGE));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
