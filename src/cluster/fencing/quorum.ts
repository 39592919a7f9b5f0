/** What a node tells of votes and of its clock. */
import { AppError, hasCode } from '../../base/errors.ts';
import { askTool, type ReadOptions, type Seat, saidOf } from '../pacemaker/tool.ts';

/** From votequorum, corosync-quorumtool(8). */
export interface Votes {
  expected: number;
  present: number;
  needed: number;
  isQuorate: boolean;
  /** Of two nodes one is enough. */
  isTwoNode: boolean;
}

/** Undefined where corosync does not count votes. @throws {AppError} `command-missing`, `cluster-unclear` … */
export async function quorumOf(seat: Seat, options: ReadOptions): Promise<Votes> {
  const answer = await askTool(seat, ['corosync-quorumtool', '-s'], options);
  const number = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(answer.text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const [expected, present, needed] = [number('Expected votes'), number('Total votes'), number('Quorum')];
  if (expected === undefined || present === undefined || needed === undefined)
    throw new AppError('cluster-unclear', {
      detail: `corosync-quorumtool on ${seat.name} tells no votes: ${saidOf(answer).slice(0, 100)}`,
    });
  const flags = /^Flags:\s*(.*)$/m.exec(answer.text)?.[1] ?? '';
  const isQuorate = /^Quorate:\s*yes/im.test(answer.text);
  return { expected, present, needed, isQuorate, isTwoNode: /\b2Node\b/.test(flags) };
}

/** Milliseconds since 1970 by that machine's clock, to the second; undefined when it cannot be asked. */
export async function dateOn(seat: Seat, options: ReadOptions): Promise<number | undefined> {
  try {
    const { text } = await askTool(seat, ['date', '-u', '+%s'], options);
    return /^\d+$/.test(text.trim()) ? Number(text.trim()) * 1000 : undefined;
  } catch (error) {
    if (!hasCode(error, 'host-unreachable', 'host-refused', 'command-timeout', 'command-missing')) throw error;
    return undefined;
  }
}
