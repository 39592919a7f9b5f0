/** Holdfast itself, run on a host of the lab as an administrator does. */
import { PROGRAM } from '../cli/in-process.ts';
import type { Executed, Host } from './host.ts';

/** The program starts in half a second; on a busy machine, beside clusters, in several. */
const LIMIT_MS = 90_000;

export interface Ran extends Executed {
  /** Standard output and standard error, for what a person sees. */
  text: string;
}

export async function runOn(host: Host, args: readonly string[], timeLimitMs = LIMIT_MS): Promise<Ran> {
  const ran = await host.exec([PROGRAM, ...args], { timeLimitMs });
  return { ...ran, text: ran.output + ran.errorText };
}

/** The objects of `--json`, of one kind. @throws {Error} with what it said, when it said none of that kind */
export async function askOn<T>(host: Host, args: readonly string[], kind: string): Promise<T[]> {
  const { output, text } = await runOn(host, ['--json', ...args]);
  const lines = output.split('\n').filter((line) => line !== '');
  const records = lines.map((line) => JSON.parse(line) as T & { message_type: string });
  const found = records.filter(({ message_type }) => message_type === kind);
  if (found.length === 0) throw new Error(`holdfast ${args.join(' ')} on ${host.name} told no ${kind}: ${text}`);
  return found;
}
