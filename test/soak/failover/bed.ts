/** A cluster of the lab as the campaign uses it, whichever software it runs. */
import { hasCode } from '../../../src/base/errors.ts';
import type { Evidence } from '../../lab/evidence.ts';
import type { Host } from '../../lab/host.ts';
import type { Lab } from '../../lab/lab.ts';
import type { MountWatch } from '../../lab/mounts.ts';
import type { Drawn, Order } from './draw.ts';
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
  /** Brings each LUN to its node while all is well. */
  arrange(start: Drawn['start']): Promise<void>;
  /** What will come of it, told before it happens. */
  predict(drawn: Drawn): Promise<Prediction>;
  /** @returns whether the cluster took it, undefined when it does not say */
  give(order: Order): Promise<boolean | undefined>;
  /** By the word of one of these hosts. */
  isIdle(asked: readonly Host[]): Promise<boolean>;
  /** Whether every node hears every other and has nothing to do. */
  isWhole(): Promise<boolean>;
  /** What an operator has to do once the faults are gone, before all is as it was. @returns what was done, in words */
  tidy(drawn: Drawn): Promise<string[]>;
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
