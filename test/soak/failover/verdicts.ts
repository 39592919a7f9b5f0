/** Whether what Holdfast said and did was right, by what the campaign knows from outside; pure. */
import { type Answer, ORDER_MS_MAX } from './answer.ts';
import type { Places } from './bed.ts';
import { homeOf, SHAPES } from './draw.ts';
import type { Order } from './orders.ts';
import { isBeset, isHampered, type Known, knownThroughout, type Question } from './truth.ts';
import { canReach, isUp, type World } from './world.ts';

export interface Trial extends Question {
  answer: Answer;
  /** While it was judged, in the order of time. */
  judged: readonly World[];
  /** From the command until its end. */
  during: readonly World[];
  /** Faults struck after it was begun. */
  isStruckMeanwhile: boolean;
  /** What a refused order has changed; undefined when nothing. */
  changed: string | undefined;
  /** What is not as it should be although the command calls it done; undefined when nothing. */
  complaint: string | undefined;
  doubles: number;
  /** Nodes that were switched off meanwhile. */
  fenced: readonly string[];
}

export interface Judgement {
  /** `none`: it was not asked for, as nothing changes its place, or it did not come to it. */
  verdict: 'green' | 'refused' | 'none';
  /** `open`: what was looked at was changing at that very time. `free`: given against the verdict, which is nobody's promise. */
  judged: 'right' | 'wrong' | 'open' | 'free';
  /** Why it was wrong or is open. */
  why?: string;
}

const REFUSED = 20;
const INCOMPLETE = 3;

export function judgeTrial(trial: Trial): Judgement {
  const { answer, order } = trial;
  const { exitCode, isGreen } = answer;
  const verdict = isGreen === undefined ? 'none' : isGreen ? 'green' : 'refused';
  if (exitCode === undefined) return { verdict, ...judgeSilence(trial) };
  if (order.isOverridden && isGreen === false) return { verdict, judged: 'free' };
  if (exitCode === REFUSED) return { verdict, ...judgeRefusal(trial) };
  if (isGreen === false) return { verdict, ...wrong(`exit code ${exitCode} after a verdict that was not green`) };
  if (isGreen === true) return { verdict, ...judgeGreen(trial) };
  return { verdict, ...judgePlain(trial) };
}

type Told = Omit<Judgement, 'verdict'>;

const RIGHT: Told = { judged: 'right' };

function wrong(why: string): Told {
  return { judged: 'wrong', why };
}

function open(why: string): Told {
  return { judged: 'open', why };
}

function judgeSilence({ order: { on }, during, answer, isStruckMeanwhile }: Trial): Told {
  if (answer.endedMs - answer.beganMs >= ORDER_MS_MAX) return wrong('it did not come to an end');
  if (isStruckMeanwhile) return open('the fault ended it');
  const isDown = during.some(({ off, frozen, fresh }) => [off, frozen, fresh].some((list) => list.includes(on)));
  return isDown ? open(`${on} went down under it`) : wrong('it was ended by something');
}

/** It must rest on something that is so, and have changed nothing. */
function judgeRefusal(trial: Trial): Told {
  const { answer, judged, changed } = trial;
  if (answer.steps > 0) return wrong('refused after an order was given');
  if (changed !== undefined) return wrong(`refused, and yet: ${changed}`);
  const named = answer.inputs.filter(({ finding }) => finding !== 'good');
  const isByVerdict = answer.isGreen === false;
  if (!isByVerdict) return excused(trial, `refused: ${answer.error}`);
  const known = named.map((input): [string, Known] => [
    `${input.name} ${input.subject}: ${input.text}`,
    knownThroughout(input, trial, judged),
  ]);
  if (known.some(([, each]) => each === 'bad')) return RIGHT;
  const [unsure] = known.filter(([, each]) => each === 'open');
  if (unsure !== undefined) return open(unsure[0]);
  return wrong(`refused for what was good: ${known.map(([text]) => text).join('; ')}`);
}

/**
 * What is no input of a verdict may still stand in the way: a fault that keeps the cluster from acting, or makes it act at the
 * same time; and who did everything may not have seen the end of it on a node that ssh does not reach.
 */
function excused(trial: Trial, text: string): Told {
  if (trial.isStruckMeanwhile || trial.during.some((world) => isHampered(world, trial))) return RIGHT;
  if (trial.answer.exitCode === INCOMPLETE && isUnseen(trial)) return RIGHT;
  // A fence device that is broken fails its monitor, and the cluster starts it anew.
  const broken = trial.during.flatMap(({ fence }) => Object.keys(fence).map((node) => `fence-${node}`));
  if (trial.answer.exitCode === REFUSED && broken.length > 0 && /nothing is under way/.test(text)) return RIGHT;
  // So that its failures, once forgotten, are counted anew; and that is what was said.
  const again = /failures are there \(again\): ([^();]+)/.exec(text)?.[1]?.split(', ') ?? [];
  if (again.length > 0 && again.every((each) => broken.includes(each.replace(/ on .*/, '').trim()))) return RIGHT;
  return wrong(`with nothing in the way: ${text}`);
}

function judgeGreen(trial: Trial): Told {
  const { answer, judged } = trial;
  const bad = answer.inputs.find((input) => knownThroughout(input, trial, judged) === 'bad');
  if (bad !== undefined)
    return wrong(`green although ${bad.name} of ${bad.subject || 'the cluster'} was not: ${bad.text}`);
  return judgeOutcome(trial);
}

/** What follows when nothing further happens has to be what was promised. */
function judgeOutcome(trial: Trial): Told {
  const { answer, isStruckMeanwhile, during, complaint, doubles, fenced } = trial;
  if (doubles > 0) return wrong('mounted twice');
  if (isStruckMeanwhile) return RIGHT;
  if (answer.exitCode === 0) {
    const missing = complaint ?? missingOf(trial);
    if (missing !== undefined) return restless(trial) ? open(missing) : wrong(`called done, and ${missing}`);
    const own = fenced.filter((node) => during.every((world) => isUp(world, node)));
    return own.length > 0 ? wrong(`${own.join(' and ')} was fenced`) : RIGHT;
  }
  const text = `exit code ${answer.exitCode}: ${answer.error}`;
  if (answer.exitCode === INCOMPLETE && isUnseen(trial)) return open(text);
  return restless(trial) ? open(text) : wrong(`not followed by what was promised, ${text}`);
}

/** ssh takes the first link: what lies behind it cannot be looked at in the end. */
function isUnseen({ bed, during, order: { on } }: Trial): boolean {
  return SHAPES[bed].nodes.some((node) => during.some((world) => !canReach(world, on, node)));
}

/** A fault that was in effect before made the cluster act at the same time. */
function restless(trial: Trial): boolean {
  return trial.during.some((world) => isBeset(world, trial));
}

/** No verdict: nothing changes its place, there is nothing to do, or the cluster could not be asked. */
function judgePlain(trial: Trial): Told {
  const { answer } = trial;
  if (answer.exitCode === 0) return judgeOutcome(trial);
  return excused(trial, `exit code ${answer.exitCode}: ${answer.error}`);
}

/** What the order should have brought about and did not, by the kernels of the hosts. */
function missingOf({ order, bed, during }: Trial): string | undefined {
  const before = during[0]!.places;
  const after = during.at(-1)!.places;
  for (const lun of SHAPES[bed].luns) {
    // What ran nowhere, or was being moved, was nobody's promise.
    if (!SHAPES[bed].nodes.includes(before[lun] ?? '')) continue;
    const why = misplaced(lun, { order, before, after, home: homeOf(bed, lun), world: during.at(-1)! });
    if (why !== undefined) return `${lun} is on ${after[lun] || 'none'}: ${why}`;
  }
  return undefined;
}

interface Placing {
  order: Order;
  before: Places;
  after: Places;
  home: string;
  world: World;
}

function misplaced(
  lun: string,
  { order: { kind, lun: own, node }, before, after, home, world }: Placing,
): string | undefined {
  const at = after[lun];
  if (at === undefined || !/^\w+$/.test(at)) return 'it should be on one node';
  if (kind === 'takeover' || (kind === 'move' && lun === own))
    return at === node ? undefined : `it should be on ${node}`;
  if (kind === 'standby' && at === node) return `${node} should have given it up`;
  if (kind === 'standby' && before[lun] === node) return undefined;
  if (kind === 'failback') {
    const isReady = isUp(world, home) && !world.standby.includes(home);
    return at === home || !isReady ? undefined : `it should be on ${home}`;
  }
  return at === before[lun] ? undefined : `it should be on ${before[lun]} as before`;
}
