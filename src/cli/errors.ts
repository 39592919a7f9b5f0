/** What the program says about an error, and with which exit code it ends. */
import { AppError } from '../base/errors.ts';

export interface Explanation {
  /** Code of the error registry, or `bug`. */
  code: string;
  message: string;
  /** What to do next; may be empty. */
  hint: string;
  exitCode: number;
  /** Where it happened; only for bugs, which are reported by people who cannot look for themselves. */
  stack: string | undefined;
}

/**
 * Explains anything thrown. Once `signal` is aborted, the errors that follow from it are the interruption, not bugs:
 * the reason itself, and the AbortError that Node's own calls make of it.
 */
export function explain(error: unknown, signal?: AbortSignal): Explanation {
  if (error instanceof SuppressedError) return explain(error.suppressed, signal);
  if (signal?.aborted && isAbort(error)) return explainKnown(interruption(signal));
  return error instanceof AppError ? explainKnown(error) : explainBug(error);
}

/** The last line of `--json` output when something failed. */
export function errorRecord({ code, message, hint, exitCode, stack }: Explanation): Record<string, unknown> {
  return { code, message, hint, exit_code: exitCode, ...(stack === undefined ? {} : { stack }) };
}

function explainKnown(error: AppError): Explanation {
  const { code, message, hint, exitCode } = error;
  return { code, message, hint, exitCode, stack: undefined };
}

function explainBug(error: unknown): Explanation {
  const message = error instanceof Error ? error.message.replace(/^bug: /, '') : String(error);
  return {
    code: 'bug',
    message: `this is a bug: ${message || 'no message'}`,
    hint: 'Please report it with the lines above.',
    exitCode: 1,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function interruption(signal: AbortSignal): AppError {
  return signal.reason instanceof AppError ? signal.reason : new AppError('interrupted');
}
