/** One round: all well, what will come of it told, faults and perhaps an order, what came of it seen, all well again. */
import { AssertionError } from 'node:assert';
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Evidence } from '../../lab/evidence.ts';
import type { Lab } from '../../lab/lab.ts';
import { areSame, type Bed, type Given, type Places } from './bed.ts';
import { type Drawn, isFenceFault, wordsOf, wordsOfStart } from './draw.ts';
import type { Order } from './orders.ts';
import type { Prediction } from './predict.ts';
import { awaitReaction } from './reaction.ts';
import type { OrderRecord, RoundRecord } from './results.ts';
import { heal, strike } from './strike.ts';
import { servedWithoutQuorum } from './truth.ts';
import { judgeTrial } from './verdicts.ts';
import { Chronicle, type World } from './world.ts';

const LOOK_MS = 200;
const DOWN_MS = 1_000;
const ERROR_CHARS_MAX = 300;

export interface RoundOutcome {
  record: RoundRecord;
  /** What Holdfast said, and what was known meanwhile; for the logs. */
  told: unknown;
}

interface Play {
  drawn: Drawn;
  record: RoundRecord;
  chronicle: Chronicle;
  signal: AbortSignal;
  onVerdict?: () => void;
  told: { given?: Given; during?: readonly World[] };
}

/** The bed did not come to where the round begins: nothing has happened yet that could be judged. */
export class NotArranged extends Error {}

/**
 * Does not throw for what the cluster does: a failure is part of the record.
 * @throws {NotArranged}; the signal's reason when interrupted
 */
export async function runRound(bed: Bed, drawn: Drawn, signal: AbortSignal): Promise<RoundOutcome> {
  const record: RoundRecord = {
    seed: drawn.seed,
    round: drawn.round,
    bed: drawn.bed,
    start: wordsOfStart(drawn),
    faults: drawn.faults.map(({ kind }) => kind),
    what: wordsOf(drawn),
    load: 0,
    mountedMs: [],
    fenced: [],
    doubles: 0,
    lost: 0,
    prediction: 'none',
    helped: [],
  };
  await arrange(bed, drawn);
  const { watch, lab } = bed;
  const before = { doubles: watch.doubles.length, looks: watch.looks, calls: lab.power.calls.length };
  const standby = drawn.order?.kind === 'unstandby' ? [drawn.order.node!] : [];
  using chronicle = new Chronicle(bed, standby, LOOK_MS);
  const told = {};
  try {
    await play(bed, { drawn, record, chronicle, signal, told });
  } catch (error) {
    signal.throwIfAborted();
    record.failure = firstLines(error);
  }
  record.load = Math.round(loadavg()[0]! * 10) / 10;
  record.doubles = watch.doubles.length - before.doubles;
  record.fenced = shotsSince(lab, before.calls);
  const failures = failuresOf(record, {
    double: JSON.stringify(watch.doubles.at(-1)),
    isWatched: watch.looks > before.looks,
  });
  if (failures.length > 0) record.failure = failures.join('; ');
  return { record, told };
}

/**
 * Without STONITH nothing but multiple-mount protection keeps two nodes apart, and that cannot when a node has lost its
 * path to the disk and so cannot say that it has it: what comes of that is told, and is no failure of the round.
 */
export function failuresOf(
  { bed, faults, failure, doubles, lost }: RoundRecord,
  { double, isWatched }: { double: string; isWatched: boolean },
): string[] {
  const isUnprotected = bed === 'bare' && faults.includes('lun-path') && faults.length > 1;
  const own = failure === undefined || (isUnprotected && lost > 0) ? [] : [failure];
  return [
    ...own,
    ...(doubles > 0 && !isUnprotected ? [`mounted twice: ${double}`] : []),
    ...(lost > 0 && !isUnprotected ? ['data is lost'] : []),
    ...(isWatched ? [] : ['nobody has watched the mounts']),
  ];
}

async function arrange(bed: Bed, drawn: Drawn): Promise<void> {
  try {
    await bed.arrange(drawn);
    for (const each of bed.evidence) await each.write(bed.lab.host(drawn.start[each.lun.name]!));
  } catch (error) {
    throw new NotArranged(firstLines(error), { cause: error });
  }
}

async function play(bed: Bed, parts: Play): Promise<void> {
  const { drawn, record, chronicle, signal } = parts;
  const { order, faults } = drawn;
  const isTold = faults.length > 0 && (order === undefined || order.when === 'after');
  const prediction: Prediction = isTold
    ? await bed.predict(drawn)
    : { places: undefined, why: 'the order comes first' };
  signal.throwIfAborted();
  const isFirst = order !== undefined && order.when !== 'after';
  const verdict = Promise.withResolvers<void>();
  const early = isFirst ? giveOrder(bed, order, { ...parts, onVerdict: verdict.resolve }) : undefined;
  // Told when it is awaited, also if that comes later.
  early?.catch(() => {});
  if (order?.when === 'calm') await early;
  if (order?.when === 'before') await Promise.race([verdict.promise, early]).then(() => wait(order.delayMs));
  // Fencing is broken before it is needed.
  const ordered = faults.toSorted((a, b) => Number(isFenceFault(b.kind)) - Number(isFenceFault(a.kind)));
  for (const fault of ordered) {
    // Whatever it does, it does from now on.
    chronicle.strikes(fault);
    await strike(bed, fault);
  }
  chronicle.now();
  const given =
    early ??
    (order === undefined ? Promise.resolve(undefined) : wait(order.delayMs).then(() => giveOrder(bed, order, parts)));
  given.catch(() => {});
  if (faults.length > 0) await react(bed, parts, { prediction, given });
  else await given;
  const { tookMs, helped } = await heal(bed, drawn);
  // It may have been held up until now, and act on a cluster that is well again.
  if (drawn.order?.when === 'before' && (await given) !== undefined) await heal(bed, { ...drawn, faults: [] });
  record.convergedMs = Math.round(tookMs);
  record.helped = [...record.helped, ...helped];
  for (const each of bed.evidence) await check(bed, each, record);
}

async function react(
  bed: Bed,
  { drawn, record, chronicle, signal }: Play,
  { prediction, given }: { prediction: Prediction; given: Promise<OrderRecord | undefined> },
): Promise<void> {
  const reaction = await awaitReaction(bed, { drawn, expected: prediction.places ?? [], signal });
  // What stands still with its host goes on only when that does.
  const isHeld = drawn.order !== undefined && chronicle.now().frozen.includes(drawn.order.on);
  const order = isHeld ? undefined : await given;
  record.mountedMs = Object.values(reaction.mountedMs);
  // What was told is of the faults alone.
  const isAlone = !isHeld && (order === undefined || order.exitCode === 20);
  if (isAlone) Object.assign(record, compare(prediction, reaction.places));
  const served = servedWithoutQuorum(chronicle.now(), drawn.bed);
  if (served.length > 0 && !reaction.isEndless) throw new Error(served.join(', '));
  if (reaction.isEndless) record.helped = ['the cluster did not come to rest under the fault'];
}

async function giveOrder(
  bed: Bed,
  order: Order,
  { drawn, record, chronicle, told, onVerdict = () => {} }: Play,
): Promise<OrderRecord | undefined> {
  const { watch, lab } = bed;
  const [doubles, calls] = [watch.doubles.length, lab.power.calls.length];
  // Nobody types on a machine that stands still.
  if (chronicle.now().frozen.includes(order.on)) return undefined;
  const given = await bed.give(order, onVerdict);
  if (given === undefined) return undefined;
  const { answer } = given;
  // Who went down under the command is known to be off a moment later.
  if (answer.exitCode === undefined) await wait(DOWN_MS);
  chronicle.now();
  const during = chronicle.between(answer.beganMs, answer.exitCode === undefined ? Date.now() : answer.endedMs);
  const judgedMs = Math.max(answer.beganMs, ...answer.inputs.map(({ examinedMs }) => examinedMs ?? 0));
  // What could not be examined has no time: then it may have been at any.
  const isDated = answer.inputs.every(({ examinedMs }) => examinedMs !== undefined);
  Object.assign(told, { given, during });
  const judgement = judgeTrial({
    bed: drawn.bed,
    order,
    answer,
    judged: isDated ? chronicle.between(answer.beganMs, judgedMs) : during,
    during,
    isStruckMeanwhile: order.when === 'before',
    changed: order.when === 'before' ? undefined : given.changed,
    complaint: given.complaint,
    doubles: watch.doubles.length - doubles,
    fenced: shotsSince(lab, calls).map((shot) => shot.split(' ')[1]!),
  });
  const { kind, when, isOverridden } = order;
  const code = answer.exitCode === undefined ? {} : { exitCode: answer.exitCode };
  const error = answer.error === '' ? {} : { error: answer.error.slice(0, ERROR_CHARS_MAX) };
  record.order = { kind, when, isOverridden, tookMs: answer.endedMs - answer.beganMs, ...code, ...error, ...judgement };
  return record.order;
}

export function compare(
  { places: told, why }: Prediction,
  places: Places,
): Pick<RoundRecord, 'prediction' | 'difference'> {
  if (told === undefined) return { prediction: 'none', difference: why };
  if (told.some((each) => areSame(each, places))) return { prediction: 'right' };
  const nearest = told[0]!;
  const words = Object.keys(places)
    .filter((lun) => nearest[lun] !== places[lun])
    .map((lun) => `${lun} was told to be on ${nearest[lun] || 'none'} and was on ${places[lun] || 'none'}`);
  return { prediction: 'wrong', difference: words.join(', ') };
}

/** Every line that was on disk, where the LUN is now. */
async function check(bed: Bed, evidence: Evidence, record: RoundRecord): Promise<void> {
  const [holder] = bed.lab.activeOn(evidence.lun);
  try {
    await evidence.check(bed.lab.host(holder!));
  } catch (error) {
    if (error instanceof AssertionError) record.lost++;
    throw error;
  }
}

function shotsSince({ power }: Lab, calls: number): string[] {
  const orders = power.calls.slice(calls).filter(({ op, answer }) => answer === 'OK' && ['off', 'reboot'].includes(op));
  return orders.map(({ op, host, by }) => `${op} ${host} by ${by}`);
}

function firstLines(error: unknown): string {
  const text = error instanceof Error ? `${error.message} ${error.cause ?? ''}` : String(error);
  return text.split('\n').slice(0, 3).join(' ').slice(0, 400);
}
