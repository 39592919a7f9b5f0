/**
 * Other machines, reached with the system's OpenSSH and never with a prompt: BatchMode, no terminal, a limit on how long a
 * connection may take, and keep-alives that notice a dead one (ssh_config(5)).
 */
import { AppError, hasCode } from '../base/errors.ts';
import { SSH_BEGIN_FACTOR } from '../base/limits.ts';
import type { ProcessExit, Processes, ProcessOptions, ProcessResult, ProcessStream } from './processes.ts';
import { checkAddress, sshArguments } from './ssh/arguments.ts';
import { BeginMark } from './ssh/begin-mark.ts';
import { judgeExit } from './ssh/failure.ts';
import { remoteCall } from './ssh/remote-call.ts';
import { startTimer } from './timer.ts';

export { sshArguments };

export interface SshAddress {
  /** Name for messages. */
  name: string;
  /** Name or address, or an alias of ssh's configuration. */
  address: string;
  user?: string | undefined;
  port?: number | undefined;
  identityFile?: string | undefined;
  configFile?: string | undefined;
  knownHostsFile?: string | undefined;
  connectTimeoutMs: number;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Programs on another machine, by the same port as those on this one. Arguments reach the program as they are given,
 * whatever is in them; variables travel on standard input, where no other user sees them.
 * Beside what the port throws: {AppError} `host-unreachable` (no such name, no route, refused, timed out, cut),
 * `host-refused` (key, host key, account).
 *
 * The other side needs a POSIX shell and dd. A program there that a signal kills ends with 128 + its number, as shells
 * tell it. With a time limit it is stopped there too, where timeout(1) exists; a connection that is cut or left early
 * closes its input and output, and it ends when it next uses them.
 */
export function sshProcesses(local: Processes, address: SshAddress): Processes {
  checkAddress(address);
  const stream = (command: string, args: readonly string[], options: ProcessOptions): ProcessStream => {
    const call: Call = { command, host: address.name, mark: new BeginMark(), options };
    const limit = new BeginLimit(address);
    const { remote, input } = remoteCall(command, args, options);
    const { timeLimitMs } = options;
    const signal = options.signal === undefined ? limit.signal : AbortSignal.any([options.signal, limit.signal]);
    const own = { input, signal, ...(timeLimitMs === undefined ? {} : { timeLimitMs }) };
    const { output, ended } = local.stream('ssh', [...sshArguments(address), '--', address.address, remote], own);
    const told = endOf(ended, call);
    told.catch(() => {});
    return { output: outputAfter(output, call, limit), ended: told };
  };
  return {
    stream: (command, args, options = {}) => stream(command, args, options),
    async run(command, args, options = {}) {
      const { output, ended } = stream(command, args, options);
      return await collect(output, ended, { name: `${command} on ${address.name}`, options });
    },
  };
}

export interface Call {
  command: string;
  host: string;
  mark: BeginMark;
  options: ProcessOptions;
}

async function endOf(ended: Promise<ProcessExit>, call: Call): Promise<ProcessExit> {
  try {
    return judgeExit(await ended, call);
  } catch (error) {
    if (!hasCode(error, 'command-timeout')) throw error;
    // Told of the program that ssh was to run.
    const detail = `${call.command} on ${call.host}, after ${(call.options.timeLimitMs ?? 0) / 1000} s`;
    throw new AppError('command-timeout', { detail, cause: error });
  }
}

async function* outputAfter(
  output: AsyncIterable<Uint8Array>,
  { mark }: Call,
  limit: BeginLimit,
): AsyncGenerator<Uint8Array> {
  limit.begin();
  try {
    for await (const chunk of output) {
      const rest = mark.after(chunk);
      if (mark.seen) limit.end();
      if (rest.length > 0) yield rest;
    }
  } finally {
    limit.end();
  }
}

async function collect(
  output: AsyncIterable<Uint8Array>,
  ended: Promise<ProcessExit>,
  { name, options: { outputBytesMax = OUTPUT_BYTES_MAX } }: { name: string; options: ProcessOptions },
): Promise<ProcessResult> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of output) {
    bytes += chunk.length;
    if (bytes > outputBytesMax) break;
    chunks.push(chunk);
  }
  if (bytes <= outputBytesMax) return { ...(await ended), output: Buffer.concat(chunks) };
  await Promise.allSettled([ended]);
  throw new AppError('command-failed', { detail: `${name}: more than ${outputBytesMax} bytes of output` });
}

/**
 * A login that hangs, as start-up files may ask a question or wait for a server, is no connection that is silent: ssh
 * itself would wait for ever. Counted from when somebody waits for output.
 */
class BeginLimit {
  readonly #passed = new AbortController();
  readonly #address: SshAddress;
  #cancel = () => {};

  constructor(address: SshAddress) {
    this.#address = address;
  }

  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  begin(): void {
    const limitMs = this.#address.connectTimeoutMs * SSH_BEGIN_FACTOR;
    const expire = () =>
      this.#passed.abort(
        new AppError('host-unreachable', {
          detail: `${this.#address.name}: no command was begun within ${limitMs / 1000} s`,
          hint: 'See whether a login waits for something: start-up files of the account, its home directory.',
        }),
      );
    this.#cancel = startTimer(limitMs, expire);
  }

  end(): void {
    this.#cancel();
  }
}
