/** Round after round on beds side by side, unattended: what fails or hangs costs its bed, and no other round. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import { type BedName, BLOCK_ROUNDS, type Drawn, drawRound, wordsOf, wordsOfStart } from './draw.ts';
import { openHeartbeatBed } from './heartbeat-bed.ts';
import { keepLogs } from './logs.ts';
import { openPacemakerBed } from './pacemaker-bed.ts';
import { addRecord, loadRecords, type RoundRecord, saveRecords } from './results.ts';
import { NotArranged, runRound } from './round.ts';

/** Longer than its longest parts together: arranging, an order, the reaction, and what follows. */
const ROUND_MS_MAX = 10 * 60_000;
/** A bed goes within seconds; one that hangs is left to the end of the process. */
const CLOSE_MS_MAX = 60_000;
const OPEN_MS_MAX = 120_000;
const OPEN_TRIES = 3;

export interface CampaignOptions {
  seed: number;
  first: number;
  last: number;
  cluster: BedName | undefined;
  limitMs: number;
  /** Beds side by side. */
  atOnce: number;
  /** Rounds that have a result already are run again. */
  isAgain: boolean;
  recordsFile: string;
}

/** @returns rounds that failed */
export async function runCampaign(options: CampaignOptions, stop: AbortSignal): Promise<number> {
  const campaign = new Campaign(options, stop);
  await Promise.all(Array.from({ length: options.atOnce }, (_, at) => campaign.work(at)));
  return campaign.failures;
}

class Campaign {
  failures = 0;
  readonly #options: CampaignOptions;
  readonly #stop: AbortSignal;
  readonly #endMs: number;
  readonly #blocks: Drawn[][];

  constructor(options: CampaignOptions, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    this.#endMs = performance.now() + options.limitMs;
    this.#blocks = blocksOf(options);
    const rounds = this.#blocks.flat().length;
    say(`seed ${options.seed}, rounds ${options.first} to ${options.last}, ${rounds} of them to do`);
  }

  /** Takes blocks until there are none, or the time is over. */
  async work(worker: number): Promise<void> {
    // Beds that open at the same moment slow each other down.
    await wait(worker * 5_000);
    for (let block = this.#next(); block !== undefined; block = this.#next()) await this.#runBlock(block);
  }

  #next(): Drawn[] | undefined {
    return this.#isOver() ? undefined : this.#blocks.shift();
  }

  #isOver(): boolean {
    return this.#stop.aborted || performance.now() > this.#endMs;
  }

  async #runBlock(block: readonly Drawn[]): Promise<void> {
    let bed: Bed | undefined;
    try {
      for (const drawn of block) {
        if (this.#isOver()) return;
        bed ??= await openBed(drawn.bed);
        if (await this.#runOne(bed, drawn)) continue;
        // What a failure leaves must not be the next round's trouble.
        await close(bed);
        bed = undefined;
      }
    } catch (error) {
      if (!this.#stop.aborted) say(`a block on ${block[0]!.bed} was given up: ${String(error).slice(0, 400)}`);
    } finally {
      if (bed !== undefined) await close(bed);
    }
  }

  /** @returns whether the bed is as good as before */
  async #runOne(bed: Bed, drawn: Drawn): Promise<boolean> {
    const name = `round ${drawn.round} on ${drawn.bed}`;
    say(`${name}: ${wordsOfStart(drawn)}: ${wordsOf(drawn)}`);
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new Error(`not over after ${ROUND_MS_MAX / 60_000} minutes`)),
      ROUND_MS_MAX,
    );
    const signal = AbortSignal.any([limit.signal, this.#stop]);
    try {
      const { record, told } = await Promise.race([runRound(bed, drawn, signal), ended(signal)]);
      this.#keep(bed, { drawn, record, told });
      return record.failure === undefined && record.doubles === 0 && record.lost === 0;
    } catch (error) {
      if (this.#stop.aborted) throw error;
      if (error instanceof NotArranged) {
        say(`${name} could not be arranged, and was not run: ${error.message}`);
        return false;
      }
      if (!limit.signal.aborted) throw error;
      this.#keep(bed, { drawn, record: hung(drawn, String(error)), told: undefined });
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  #keep(bed: Bed, { drawn, record, told }: { drawn: Drawn; record: RoundRecord; told: unknown }): void {
    const { seed, recordsFile } = this.#options;
    say(`round ${drawn.round} on ${drawn.bed}: ${wordsOfRecord(record)}`);
    // Another campaign may be under way on this machine.
    saveRecords(recordsFile, addRecord(loadRecords(recordsFile), record));
    if (record.failure !== undefined) this.failures++;
    if (record.failure === undefined && record.prediction !== 'wrong' && record.order?.judged !== 'wrong') return;
    const folder = keepLogs(bed, drawn, JSON.stringify({ drawn, record, told }, undefined, 1));
    const repeat = `npm run soak:failover -- --seed ${seed} --only ${drawn.round} --cluster ${drawn.bed}`;
    say(`  logs: ${folder}\n  again: ${repeat}`);
  }
}

/** Rounds one after the other on one cluster; without those that have a result. */
export function blocksOf({ seed, first, last, cluster, isAgain, recordsFile }: CampaignOptions): Drawn[][] {
  const key = ({ seed: own, round, bed }: { seed: number; round: number; bed: BedName }) => `${own} ${round} ${bed}`;
  const known = new Set(isAgain ? [] : loadRecords(recordsFile).map(key));
  const blocks = new Map<number, Drawn[]>();
  for (let round = first; round <= last; round++) {
    const drawn = drawRound(seed, round, cluster);
    if (known.has(key(drawn))) continue;
    const block = Math.floor((round - 1) / BLOCK_ROUNDS);
    blocks.set(block, [...(blocks.get(block) ?? []), drawn]);
  }
  return [...blocks.values()];
}

async function openBed(name: BedName): Promise<Bed> {
  for (let attempt = 1; ; attempt++) {
    const opening = name === 'heartbeat' || name === 'bare' ? openHeartbeatBed(name) : openPacemakerBed(name);
    try {
      return await Promise.race([opening, ended(AbortSignal.timeout(OPEN_MS_MAX))]);
    } catch (error) {
      say(`${name} did not come up: ${String(error).slice(0, 300)}`);
      // If it does later, nobody wants it any more.
      opening.then(close, () => {});
      if (attempt === OPEN_TRIES) throw error;
    }
  }
}

async function close(bed: Bed): Promise<void> {
  try {
    await Promise.race([bed[Symbol.asyncDispose](), ended(AbortSignal.timeout(CLOSE_MS_MAX))]);
  } catch (error) {
    say(`a bed did not go: ${String(error).slice(0, 300)}`);
  }
}

function ended(signal: AbortSignal): Promise<never> {
  const over = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  over.catch(() => {});
  return over;
}

function hung(drawn: Drawn, failure: string): RoundRecord {
  const { seed, round, bed, faults } = drawn;
  const common = {
    seed,
    round,
    bed,
    start: wordsOfStart(drawn),
    faults: faults.map(({ kind }) => kind),
    what: wordsOf(drawn),
  };
  return {
    ...common,
    load: 0,
    mountedMs: [],
    fenced: [],
    doubles: 0,
    lost: 0,
    prediction: 'none',
    helped: [],
    failure,
  };
}

function wordsOfRecord(record: RoundRecord): string {
  const { convergedMs, mountedMs, fenced, prediction, difference, helped, failure, order, load } = record;
  const parts = [
    failure === undefined ? 'passed' : `FAILED: ${failure}`,
    `converged ${convergedMs === undefined ? 'never' : `${(convergedMs / 1000).toFixed(1)} s`}`,
    `on the peer ${mountedMs.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ') || 'nothing'}`,
    `fenced ${fenced.join(', ') || 'nobody'}`,
    `prediction ${prediction}${difference === undefined ? '' : ` (${difference})`}`,
    ...(order === undefined
      ? []
      : [
          `${order.kind}: ${order.verdict} ${order.exitCode} after ${(order.tookMs / 1000).toFixed(1)} s, ${order.judged.toUpperCase()} ${order.why ?? order.error ?? ''}`,
        ]),
    ...helped,
    `load ${load}`,
  ];
  return parts.join('; ');
}

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
