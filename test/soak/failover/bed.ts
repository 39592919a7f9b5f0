/** A cluster of the lab as the campaign uses it, whichever software it runs. */
import { hasCode } from '../../../src/base/errors.ts';
import type { Evidence } from '../../lab/evidence.ts';
import type { Host } from '../../lab/host.ts';
import type { Lab } from '../../lab/lab.ts';
import type { MountWatch } from '../../lab/mounts.ts';
import type { Answer } from './answer.ts';
import type { Drawn } from './draw.ts';
import type { Order } from './orders.ts';
import type { Prediction } from './predict.ts';

export const LUN_BYTES = 32 * 1024 * 1024;

export interface Bed extends AsyncDisposable {
  lab: Lab;
  hosts: readonly Host[];
  evidence: readonly Evidence[];
  watch: MountWatch;
  /** Name of the program by which the nodes hear each other. */
  membership: string;
  /** Of each host, worth keeping after a failure. */
  logFiles: readonly string[];
  /** Brings each LUN to its node while all is well, and makes ready what the order needs. */
  arrange(drawn: Drawn): Promise<void>;
  /** What will come of it, told before it happens. */
  predict(drawn: Drawn): Promise<Prediction>;
  /** Through Holdfast. @param onVerdict called once the verdict is told, or at the end @returns undefined when the host is off, or cannot even be asked for what the order is made of */
  give(order: Order, onVerdict: () => void): Promise<Given | undefined>;
  /** An operator's hand-over, by the cluster's own means. */
  handOver(node: string): Promise<void>;
  /** By the word of one of these hosts. */
  isIdle(asked: readonly Host[]): Promise<boolean>;
  /** Whether every node hears every other and has nothing to do. */
  isWhole(): Promise<boolean>;
  /** What an operator has to do once the faults are gone, before all is as it was. @returns what was done, in words */
  tidy(drawn: Drawn): Promise<string[]>;
}

export interface Given {
  answer: Answer;
  /** What a refusal has changed all the same; undefined when nothing. */
  changed: string | undefined;
  /** What is not as it should be after a success, beside the places; undefined when nothing. */
  complaint: string | undefined;
}

/** LUN → host that has it mounted: empty for none, several with commas. */
export type Places = Readonly<Record<string, string>>;

export function placesOf({ lab }: Bed): Places {
  return Object.fromEntries(lab.luns.map((lun) => [lun.name, lab.activeOn(lun).join()]));
}

export function areSame(a: Places, b: Places): boolean {
  return Object.keys({ ...a, ...b }).every((lun) => a[lun] === b[lun]);
}

/** Whether a program in the host came to no end of its own: the host went down under it, if only for a moment, or hangs. */
export function isUnanswered(error: unknown, host: Host): boolean {
  return hasCode(error, 'command-timeout') || hasCode(error, 'command-failed') || !host.isOn;
}
