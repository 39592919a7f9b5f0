/** A copy of the CIB in a file of a machine, on which commands can be tried: nothing of the cluster is touched. */
import { AppError } from '../../base/errors.ts';
import type { Processes } from '../../host.ts';
import { formatXml, type XmlDocument } from '../cib/xml.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import { failureOf } from './change.ts';
import { feeding } from './feed.ts';

/** The copy holds secrets, as the CIB does: readable by nobody else. */
const MAKE = 'umask 077; file=$(mktemp) && cat >"$file" && printf "%s" "$file"';

export class CibCopy implements AsyncDisposable {
  readonly file: string;
  /**
   * The same machine, on which every program of Pacemaker has to do with the copy and nothing else. That stands among
   * the arguments, of env(1): a variable of the environment may be lost on the way to another machine, and then a command
   * that was only to be tried would be given to the cluster.
   */
  readonly seat: Seat;
  readonly #seat: Seat;
  readonly #options: ReadOptions;

  private constructor(file: string, seat: Seat, options: ReadOptions) {
    this.file = file;
    this.seat = { name: seat.name, processes: pinned(seat.processes, file) };
    this.#seat = seat;
    this.#options = options;
  }

  /** @throws {AppError} `command-failed`, and what running a program there throws */
  static async make(seat: Seat, document: XmlDocument, options: ReadOptions): Promise<CibCopy> {
    const input = Buffer.from(formatXml(document));
    const answer = await runTool(feeding(seat, input), ['sh', '-c', MAKE, 'holdfast-copy'], options);
    const file = answer.text.trim();
    if (answer.exitCode !== 0 || !file.startsWith('/'))
      throw new AppError('command-failed', { detail: `a copy of the CIB on ${seat.name}: ${saidOf(answer)}` });
    return new CibCopy(file, seat, options);
  }

  /**
   * Puts another document into its place.
   * @throws {AppError} `command-failed`, and what running a program there throws
   */
  async write(document: XmlDocument): Promise<void> {
    const seat = feeding(this.#seat, Buffer.from(formatXml(document)));
    const answer = await runTool(seat, ['sh', '-c', 'cat >"$1"', 'holdfast-copy', this.file], this.#options);
    if (answer.exitCode === 0) return;
    throw new AppError('command-failed', { detail: `a copy of the CIB on ${seat.name}: ${saidOf(answer)}` });
  }

  /**
   * Lets the scheduler carry out what is to be done, in the copy.
   * @returns names of the nodes that would be fenced
   * @throws {AppError} `command-failed`, `command-missing` and what running a program there throws
   */
  async settle(): Promise<string[]> {
    const argv = ['crm_simulate', '--in-place', '--xml-file', this.file, '--output-as=xml'] as const;
    const answer = await runTool(this.#seat, argv, this.#options);
    const said = saidOf(answer);
    // It goes on after assertions of its own, and ends well.
    if (answer.exitCode !== 0 || !answer.text.includes('</pacemaker-result>') || /assertion/.test(answer.errorText))
      throw failureOf(`crm_simulate on ${this.#seat.name}`, answer.exitCode || 1, said);
    return [...answer.text.matchAll(/<fencing_action\b[^>]*\btarget="([^"]*)"/g)].map(([, node]) => node!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { signal: _, ...rest } = this.#options;
    await runTool(this.#seat, ['rm', '-f', '--', this.file], rest);
  }
}

function pinned(processes: Processes, file: string): Processes {
  const argsOf = (command: string, args: readonly string[]): string[] => [`CIB_file=${file}`, command, ...args];
  return {
    run: async (command, args, options) => {
      const result = await processes.run('env', argsOf(command, args), options);
      if (result.exitCode !== NOT_FOUND) return result;
      throw new AppError('command-missing', { detail: command });
    },
    stream: (command, args, options) => processes.stream('env', argsOf(command, args), options),
  };
}

/** env(1): the program is not there. */
const NOT_FOUND = 127;
