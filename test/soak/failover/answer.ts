/** Holdfast as an operator runs it on a host of the lab, and what it answered. */
import { hasCode } from '../../../src/base/errors.ts';
import type { Host } from '../../lab/host.ts';
import { HOLDFAST, OPERATOR_CONFIG } from '../../lab/operator.ts';
import type { Order } from './orders.ts';

/** Longer than the longest plan here may take by its own limits: two moves with 22 s for each mount, and their watches. */
export const ORDER_MS_MAX = 240_000;
export const OVERRIDE_REASON = 'the campaign wants to see what comes of it';

export interface InputTold {
  name: string;
  subject: string;
  finding: 'good' | 'bad' | 'unexamined';
  text: string;
  /** Milliseconds since 1970. */
  examinedMs: number | undefined;
}

export interface Answer {
  /** Milliseconds since 1970. */
  beganMs: number;
  endedMs: number;
  /** Undefined when it did not come to an end of its own: the host went down under it, or the time was over. */
  exitCode: number | undefined;
  isNeeded: boolean | undefined;
  inputs: readonly InputTold[];
  /** Undefined when none was given. */
  isGreen: boolean | undefined;
  /** Orders that were given to the cluster. */
  steps: number;
  /** The message of the error, or empty. */
  error: string;
  /** All of it, for the logs. */
  text: string;
}

export function argvOf({ kind, lun, node, isOverridden }: Order, { file }: { file: string | undefined }): string[] {
  const words: Record<Order['kind'], (string | undefined)[]> = {
    move: ['move', lun, node],
    takeover: ['takeover', node],
    standby: ['standby', node],
    unstandby: ['unstandby', node],
    failback: ['failback'],
    clear: ['clear'],
    cleanup: ['cleanup'],
    apply: ['apply', file],
    rollback: ['rollback'],
    pause: ['fence', 'pause', '15s'],
  };
  const own = words[kind].filter((word) => word !== undefined);
  return [...own, ...(isOverridden ? ['--override', OVERRIDE_REASON] : [])];
}

/** @param args behind `holdfast ha` @param onVerdict called once it has said whether it is ready, or has ended without */
export async function ask(host: Host, args: readonly string[], onVerdict: () => void = () => {}): Promise<Answer> {
  const beganMs = Date.now();
  const argv = ['ha', ...args, '--config', OPERATOR_CONFIG, '--json'];
  let output = '';
  try {
    const stream = host.processes.stream(HOLDFAST, argv, { timeLimitMs: ORDER_MS_MAX });
    for await (const part of stream.output) {
      output += Buffer.from(part).toString();
      if (output.includes('"message_type":"verdict"')) onVerdict();
    }
    const { exitCode, errorText } = await stream.ended;
    return readAnswer(output, { beganMs, endedMs: Date.now(), exitCode, errorText });
  } catch (error) {
    if (!hasCode(error, 'command-timeout', 'command-failed') && host.isOn) throw error;
    return readAnswer(output, { beganMs, endedMs: Date.now(), exitCode: undefined, errorText: String(error) });
  } finally {
    onVerdict();
  }
}

export function readAnswer(
  output: string,
  ended: Pick<Answer, 'beganMs' | 'endedMs' | 'exitCode'> & { errorText: string },
): Answer {
  const { errorText, ...times } = ended;
  const records = output
    .split('\n')
    // The last one may be cut off, where the host went down.
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (type: string) => records.filter(({ message_type: own }) => own === type);
  const inputs = of('input').map(
    ({ name, subject, finding, text, examined }): InputTold => ({
      name: String(name),
      subject: String(subject),
      finding: finding as InputTold['finding'],
      text: String(text),
      examinedMs: typeof examined === 'string' ? Date.parse(examined) : undefined,
    }),
  );
  const [verdict] = of('verdict');
  const [plan] = of('plan');
  return {
    ...times,
    isNeeded: plan === undefined ? undefined : plan['needed'] === true,
    inputs,
    isGreen: verdict === undefined ? undefined : verdict['green'] === true,
    steps: of('step').length,
    error: String(of('error')[0]?.['message'] ?? ''),
    text: `${output}${errorText}`,
  };
}
