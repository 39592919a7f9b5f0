/** What a verdict rests on. */

/** What has to be known before resources are taken from a node. */
export type InputName = 'quorum' | 'peer' | 'fencing' | 'mmp' | 'replica' | 'simulation';

export const INPUT_NAMES: readonly InputName[] = ['quorum', 'peer', 'fencing', 'mmp', 'replica', 'simulation'];

export interface VerdictInput {
  name: InputName;
  /** Node, device or resource that it is about; empty for the cluster. */
  subject: string;
  /** `unexamined`: it could not be looked at, or not lately enough; never counts as good. */
  finding: 'good' | 'bad' | 'unexamined';
  /** When it was looked at, or when what it rests on was so: milliseconds since 1970; undefined when unexamined. */
  examinedMs: number | undefined;
  /** What was found, or why it could not be. */
  text: string;
}

export interface Verdict {
  isGreen: boolean;
  atMs: number;
  /** In the order of their names; for a name that nobody spoke of there is one that says so. */
  inputs: readonly VerdictInput[];
  /** Why it is not green, a line each; empty when it is. */
  reasons: readonly string[];
}
