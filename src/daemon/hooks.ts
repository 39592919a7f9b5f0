/** Programs that run before and after a plan's sources are read, each with a limit on its time. */
import { AppError } from '../base/errors.ts';
import type { Hook } from '../config.ts';
import type { Processes } from '../host.ts';

export interface HookOptions {
  /** `before`, `after` or `failure`. */
  moment: string;
  processesOf: (host: string) => Processes;
  /** What hooks may want to know: `HOLDFAST_PLAN`, `HOLDFAST_RUN`, … */
  environment: Readonly<Record<string, string>>;
  signal: AbortSignal;
  onLine: (text: string) => void;
}

/**
 * Runs hooks one after the other and stops at the first that fails.
 * @throws {AppError} `hook-failed` naming the program, what it said last and why it counts as failed; or the signal's reason
 */
export async function runHooks(hooks: readonly Hook[], options: HookOptions): Promise<void> {
  for (const hook of hooks) await runHook(hook, options);
}

async function runHook({ command, host, timeLimit }: Hook, options: HookOptions): Promise<void> {
  const { moment, processesOf, environment, signal, onLine } = options;
  const [program, ...args] = command;
  const shown = `hook ${moment}: ${program}${host === 'local' ? '' : ` on ${host}`}`;
  onLine(shown);
  const result = await processesOf(host)
    .run(program!, args, { env: environment, timeLimitMs: timeLimit, signal })
    .catch((error: unknown) => {
      if (signal.aborted || !(error instanceof AppError)) throw error;
      throw new AppError('hook-failed', { detail: `${shown}: ${error.message}`, hint: error.hint, cause: error });
    });
  for (const line of linesOf(result.output.toString())) onLine(`  ${line}`);
  const said = linesOf(result.errorText);
  for (const line of said) onLine(`  ${line}`);
  if (result.exitCode === 0) return;
  const last = said.at(-1);
  const detail = `${shown} ended with exit code ${result.exitCode}${last === undefined ? '' : `: ${last}`}`;
  throw new AppError('hook-failed', { detail });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
