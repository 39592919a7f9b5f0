/** One round: all well, what will come of it told, faults and perhaps an order, what came of it seen, all well again. */
import { AssertionError } from 'node:assert';
import { setTimeout as wait } from 'node:timers/promises';
import type { Evidence } from '../../lab/evidence.ts';
import type { Lab } from '../../lab/lab.ts';
import { areSame, type Bed, type Places } from './bed.ts';
import { type Drawn, isFenceFault, wordsOf, wordsOfStart } from './draw.ts';
import type { Prediction } from './predict.ts';
import { awaitReaction } from './reaction.ts';
import type { RoundRecord } from './results.ts';
import { heal, strike } from './strike.ts';

/** Does not throw for what the cluster does, but when interrupted: a failure is part of the record. */
export async function runRound(bed: Bed, drawn: Drawn, signal: AbortSignal): Promise<RoundRecord> {
  const record: RoundRecord = {
    seed: drawn.seed,
    round: drawn.round,
    bed: drawn.bed,
    start: wordsOfStart(drawn),
    faults: drawn.faults.map(({ kind }) => kind),
    what: wordsOf(drawn),
    hasOrder: drawn.order !== undefined,
    mountedMs: [],
    fenced: [],
    doubles: 0,
    lost: 0,
    prediction: 'none',
    helped: [],
  };
  const { watch, lab } = bed;
  const before = { doubles: watch.doubles.length, looks: watch.looks, calls: lab.power.calls.length };
  try {
    await play(bed, { drawn, record, signal });
  } catch (error) {
    signal.throwIfAborted();
    record.failure = firstLines(error);
  }
  record.doubles = watch.doubles.length - before.doubles;
  record.fenced = shotsSince(lab, before.calls);
  const faults = [
    ...(record.failure === undefined ? [] : [record.failure]),
    ...(record.doubles > 0 ? [`mounted twice: ${JSON.stringify(watch.doubles.at(-1))}`] : []),
    ...(record.lost > 0 ? ['data is lost'] : []),
    ...(watch.looks === before.looks ? ['nobody has watched the mounts'] : []),
  ];
  if (faults.length > 0) record.failure = faults.join('; ');
  return record;
}

async function play(
  bed: Bed,
  { drawn, record, signal }: { drawn: Drawn; record: RoundRecord; signal: AbortSignal },
): Promise<void> {
  await bed.arrange(drawn.start);
  for (const each of bed.evidence) await each.write(bed.lab.host(drawn.start[each.lun.name]!));
  const prediction = await bed.predict(drawn);
  signal.throwIfAborted();
  // Fencing is broken before it is needed.
  const ordered = drawn.faults.toSorted((a, b) => Number(isFenceFault(b.kind)) - Number(isFenceFault(a.kind)));
  for (const fault of ordered) await strike(bed, fault);
  const given = giveOrder(bed, drawn);
  // Told when it is awaited, also if that comes later.
  given.catch(() => {});
  const all = [...(prediction.places ?? []), ...(prediction.without ?? [])];
  const reaction = await awaitReaction(bed, { drawn, expected: all, signal });
  const wasTaken = await given;
  record.mountedMs = Object.values(reaction.mountedMs);
  Object.assign(record, compare(prediction, { wasTaken, places: reaction.places }));
  const { tookMs, helped } = await heal(bed, drawn);
  record.convergedMs = Math.round(tookMs);
  record.helped = [...helped, ...(reaction.isEndless ? ['the cluster did not come to rest under the fault'] : [])];
  for (const each of bed.evidence) await check(bed, each, record);
}

async function giveOrder(bed: Bed, { order }: Drawn): Promise<boolean | undefined> {
  if (order === undefined) return undefined;
  await wait(order.delayMs);
  return await bed.give(order);
}

/** An order that was refused leaves what was told for the case without it. */
export function compare(
  { places: told, why, without }: Prediction,
  { wasTaken, places }: { wasTaken: boolean | undefined; places: Places },
): Pick<RoundRecord, 'prediction' | 'difference'> {
  if (told === undefined) return { prediction: 'none', difference: why };
  const expected = wasTaken === false ? (without ?? told) : told;
  if (expected.some((each) => areSame(each, places))) return { prediction: 'right' };
  const nearest = expected[0]!;
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
