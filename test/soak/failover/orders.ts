/** Orders of an operator, as they are drawn for a round. */
import type { SimulatedDraw } from './draw.ts';

export const PACEMAKER_ORDERS = [
  'move',
  'takeover',
  'standby',
  'unstandby',
  'failback',
  'clear',
  'cleanup',
  'apply',
  'rollback',
  'pause',
] as const;
export const HEARTBEAT_ORDERS = ['takeover', 'standby', 'failback'] as const;
export type OrderKind = (typeof PACEMAKER_ORDERS)[number];

/** `calm`: no fault at all; `before`: faults strike while it is being carried out; `after`: they are in effect when it is given. */
export type When = 'calm' | 'before' | 'after';

/** A command of `holdfast ha`, typed on a host of the cluster. */
export interface Order {
  kind: OrderKind;
  /** Of `move`. */
  lun?: string;
  /** Of `move` and `takeover` where to; of `standby` and `unstandby` who. */
  node?: string;
  /** The host on which it is typed. */
  on: string;
  /** Whether with a reason to go on against the verdict. */
  isOverridden: boolean;
  when: When;
  /** Milliseconds from the verdict to the faults with `before`, from the faults to the order with `after`. */
  delayMs: number;
}

const OFTEN: readonly OrderKind[] = ['move', 'move', 'move', 'takeover', 'takeover', 'standby', 'standby', 'failback'];
const BEFORE_MS_MAX = 4_000;
const SOON_MS_MAX = 1_500;
/** By then every fault has been noticed that is noticed at all. */
const LATE_MS_MIN = 11_000;
const LATE_MS_MAX = 20_000;

/** @param random as in `drawRound`: everything comes from it */
export function drawOrder(when: When, { shape, draw, random, isHeartbeat }: SimulatedDraw): Order {
  const on = draw(shape.nodes);
  const kind = isHeartbeat ? draw(HEARTBEAT_ORDERS) : draw([...OFTEN, ...PACEMAKER_ORDERS]);
  const isLate = random.int(3) > 0;
  const lateMs = LATE_MS_MIN + random.int(LATE_MS_MAX - LATE_MS_MIN);
  const soonMs = random.int(when === 'before' ? BEFORE_MS_MAX : SOON_MS_MAX);
  const delayMs = when === 'calm' ? 0 : when === 'after' && isLate ? lateMs : soonMs;
  const isOverridden = random.int(4) === 0 && !['apply', 'rollback', 'pause'].includes(kind);
  const common = { kind, on, isOverridden, when, delayMs };
  if (kind === 'move') return { ...common, lun: draw(shape.luns), node: draw(shape.nodes) };
  if (kind === 'takeover' || kind === 'standby' || kind === 'unstandby') return { ...common, node: draw(shape.nodes) };
  return common;
}

export function wordsOfOrder({ kind, lun, node, on, isOverridden, when, delayMs }: Order): string {
  const words = [kind === 'pause' ? 'fence pause' : kind, lun, node, isOverridden ? '--override' : undefined];
  const at = {
    calm: 'all well',
    before: `faults ${delayMs} ms after the verdict`,
    after: `${delayMs} ms after the faults`,
  }[when];
  return `ha ${words.filter((word) => word !== undefined).join(' ')} (on ${on}, ${at})`;
}
