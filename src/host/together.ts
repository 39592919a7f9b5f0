/**
 * Programs that are started in the same turn share one run of a shell: over ssh each run is a connection, which takes
 * both sides far longer than most questions. They run side by side there, each within its own limit.
 */
import { AppError, hasCode } from '../base/errors.ts';
import type { ProcessCall, Processes, ProcessOptions, ProcessResult } from './processes.ts';

/**
 * For scripts: `framed KEY ARGS…` gives ARGS to `ended`, which the script defines and which prints what a program says, a
 * newline and how it ended. It prints `OUTPUT .ERRORS KEY`, the first two in base64.
 */
export const FRAMED = `
framed() {
  key=$1; shift
  { { ended "$@" </dev/null 2>&3 3>&- 4>&- | base64 | tr -d '\\n' >&4; } 3>&1 | {
    errors=$(tail -c 65536 | base64 | tr -d '\\n'); printf ' .%s %s\\n' "$errors" "$key" >&4; }; } 4>&1
}
`;

export interface Framed {
  key: string;
  output: Buffer;
  errorText: string;
  /** The exit code, or the script's own word. */
  ending: string;
}

/** @returns undefined for a line that is no whole frame */
export function parseFramed(line: string): Framed | undefined {
  const [, coded = '', errors = '', key = ''] = /^([A-Za-z0-9+/]+=*) \.([A-Za-z0-9+/]*=*) (.*)$/.exec(line) ?? [];
  const bytes = Buffer.from(coded, 'base64');
  const at = bytes.lastIndexOf('\n');
  const ending = bytes.toString('latin1', at + 1);
  if (at < 0 || ending === '') return undefined;
  return { key, output: bytes.subarray(0, at), errorText: Buffer.from(errors, 'base64').toString(), ending };
}

/**
 * $@: for each call its number, its limit in whole seconds, how many words it has, and the words. The words are taken
 * apart by their places alone. An ending that is missing, as the limit had passed, is `late`.
 */
const SCRIPT = `${FRAMED}
for each in base64 tr tail timeout; do command -v "$each" >/dev/null 2>&1 || { echo alone; exit; }; done
ended() {
  limit=$1; shift
  command -v -- "$1" >/dev/null 2>&1 || { printf '\\nmissing'; return; }
  timeout -k 5 "$limit" sh -c '(exec "$@"); printf "\\\\n%s" "$?"' holdfast-one "$@" || printf '\\nlate'
}
first() {
  number=$1 limit=$2 count=$3 words= at=1; shift 3
  while [ "$at" -le "$count" ]; do words="$words \\"\\\${$at}\\""; at=$((at + 1)); done
  eval "set -- $words"
  framed "$number" "$limit" "$@"
}
all() {
  if [ $# -le $(($3 + 3)) ]; then first "$@"; return; fi
  { shift $(($3 + 3)); all "$@"; } | { first "$@"; cat; }
}
all "$@"
echo end
`;

/** How much longer than its limit a program is waited for: to be ended, killed 5 s later, and told of. */
const SLACK_MS = 8000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** @param processes those of a machine with a POSIX shell; without base64 or timeout there, each program runs by itself */
export function gatheringProcesses(processes: Processes): Processes {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    const groups = Map.groupBy(waiting, ({ options }) => options.signal);
    waiting = [];
    for (const sameSignal of groups.values())
      for (const group of Map.groupBy(sameSignal, ({ options }) => environmentOf(options)).values())
        void carryOut(processes, group);
  };
  return {
    stream: (command, args, options) => processes.stream(command, args, options),
    run: (command, args, options = {}) => {
      const isAlone = options.joins !== true || options.input !== undefined || options.directory !== undefined;
      if (isAlone || options.timeLimitMs === undefined) return processes.run(command, args, options);
      const { promise, resolve, reject } = Promise.withResolvers<ProcessResult>();
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ command, args, options, resolve, reject });
      return promise;
    },
  };
}

interface Waiting extends ProcessCall {
  resolve(result: ProcessResult | Promise<ProcessResult>): void;
  reject(error: unknown): void;
}

function environmentOf({ env = {} }: ProcessOptions): string {
  return JSON.stringify(Object.entries(env).map(([name, value]) => [name, value ?? null]));
}

async function carryOut(processes: Processes, group: readonly Waiting[]): Promise<void> {
  const alone = ({ command, args, options, resolve }: Waiting): void => resolve(processes.run(command, args, options));
  if (group.length === 1) return alone(group[0]!);
  try {
    const lines = await runAll(processes, group);
    if (lines[0] === 'alone') return group.forEach(alone);
    for (const [at, each] of group.entries()) {
      const framed = lines.map(parseFramed).find((frame) => frame?.key === String(at));
      const result = framed === undefined ? cutShort(each) : resultOf(framed, each);
      if (result instanceof AppError) each.reject(result);
      else each.resolve(result);
    }
  } catch (error) {
    for (const each of group) each.reject(hasCode(error, 'command-timeout') ? tooLate(each, error) : error);
  }
}

async function runAll(processes: Processes, group: readonly Waiting[]): Promise<string[]> {
  const words = group.flatMap(({ command, args, options }, at) => {
    const limit = Math.ceil((options.timeLimitMs ?? 0) / 1000);
    return [String(at), String(limit), String(args.length + 1), command, ...args];
  });
  const { env, signal } = group[0]!.options;
  const bytes = group.reduce((sum, { options }) => sum + (options.outputBytesMax ?? OUTPUT_BYTES_MAX), 0);
  const { output } = await processes.run('sh', ['-c', SCRIPT, 'holdfast-together', ...words], {
    ...(env === undefined ? {} : { env }),
    signal,
    timeLimitMs: Math.max(...group.map(({ options }) => options.timeLimitMs ?? 0)) + SLACK_MS,
    // Base64 takes a third more.
    outputBytesMax: Math.ceil(bytes * 1.5),
  });
  return output.toString('latin1').split('\n');
}

function resultOf({ output, errorText, ending }: Framed, call: Waiting): ProcessResult | AppError {
  const { outputBytesMax = OUTPUT_BYTES_MAX } = call.options;
  if (ending === 'missing') return new AppError('command-missing', { detail: call.command });
  if (ending === 'late') return tooLate(call);
  if (!/^\d{1,3}$/.test(ending)) return cutShort(call);
  if (output.length > outputBytesMax)
    return new AppError('command-failed', { detail: `${call.command}: more than ${outputBytesMax} bytes of output` });
  return { exitCode: Number(ending), output, errorText };
}

function tooLate({ command, options: { timeLimitMs = 0 } }: Waiting, cause?: unknown): AppError {
  return new AppError('command-timeout', { detail: `${command}, after ${timeLimitMs / 1000} s`, cause });
}

function cutShort({ command }: Waiting): AppError {
  return new AppError('command-failed', { detail: `${command}: what was printed is not whole` });
}
