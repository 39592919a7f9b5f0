/** Runs a program of a cluster on the machine that is asked; the ways it can fail have names. */

import { CLUSTER_ANSWER_BYTES_MAX, CLUSTER_READ_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import type { Clock, Processes } from '../../host.ts';

/** A machine whose cluster is asked, and how. */
export interface Seat {
  /** For messages: `n1`, or `this machine`. */
  name: string;
  /** Of that machine. */
  processes: Processes;
}

export interface ReadOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** For each program; CLUSTER_READ_MS_MAX when absent. */
  timeLimitMs?: number;
  /** Reads this file instead of the cluster: a CIB, on the machine that is asked. */
  cibFile?: string | undefined;
}

export interface ToolAnswer {
  exitCode: number;
  text: string;
  errorText: string;
}

/** Where administrators' programs are, which the PATH of a user may leave out. */
const ADMIN_FOLDER = '/usr/sbin/';

const PACKAGES: Readonly<Record<string, string>> = {
  crm_mon: 'pacemaker-cli-utils (Debian) or pacemaker-cli (Red Hat, SUSE)',
  cibadmin: 'pacemaker-cli-utils (Debian) or pacemaker-cli (Red Hat, SUSE)',
  stonith_admin: 'pacemaker-cli-utils (Debian) or pacemaker-cli (Red Hat, SUSE)',
  crm_node: 'pacemaker-cli-utils (Debian) or pacemaker-cli (Red Hat, SUSE)',
  cl_status: 'heartbeat',
};

/**
 * @param call the program and its arguments
 * @throws {AppError} `command-missing` with the package that brings it, `command-timeout` with program, machine and
 * limit, and what reaching the machine throws
 */
export async function runTool(
  seat: Seat,
  call: readonly [string, ...string[]],
  options: ReadOptions,
): Promise<ToolAnswer> {
  return await runCall(seat, call, { ...options, joins: false });
}

/**
 * The same for a question that is answered soon and changes nothing: asked together with others, it may share a connection.
 * @throws as `runTool` does
 */
export async function askTool(
  seat: Seat,
  call: readonly [string, ...string[]],
  options: ReadOptions,
): Promise<ToolAnswer> {
  return await runCall(seat, call, { ...options, joins: true });
}

async function runCall(
  seat: Seat,
  [program, ...args]: readonly [string, ...string[]],
  { signal, timeLimitMs = CLUSTER_READ_MS_MAX, cibFile, joins }: ReadOptions & { joins: boolean },
): Promise<ToolAnswer> {
  // Without them the programs ask the cluster, whatever the caller's shell was last used for (crm_shadow(8)).
  const env = { CIB_file: cibFile, CIB_shadow: undefined, CIB_port: undefined, CIB_server: undefined, LC_ALL: 'C' };
  const options = { env, timeLimitMs, signal, outputBytesMax: CLUSTER_ANSWER_BYTES_MAX, joins };
  try {
    const { exitCode, output, errorText } = await runAnywhere(seat, { program, args, options });
    return { exitCode, text: output.toString(), errorText: errorText.trim() };
  } catch (error) {
    if (hasCode(error, 'command-missing')) throw missingTool(program, seat, error);
    if (!hasCode(error, 'command-timeout')) throw error;
    throw lateTool(program, seat, { timeLimitMs, cause: error });
  }
}

type Options = NonNullable<Parameters<Processes['run']>[2]>;

async function runAnywhere(
  { processes }: Seat,
  { program, args, options }: { program: string; args: readonly string[]; options: Options },
) {
  try {
    return await processes.run(program, args, options);
  } catch (error) {
    if (!hasCode(error, 'command-missing')) throw error;
    return await processes.run(ADMIN_FOLDER + program, args, options);
  }
}

/** `command-timeout`, with program, machine and limit. */
export function lateTool(
  program: string,
  { name }: Seat,
  { timeLimitMs = CLUSTER_READ_MS_MAX, cause }: { timeLimitMs?: number | undefined; cause: AppError },
): AppError {
  return new AppError('command-timeout', {
    detail: `${program} on ${name}, after ${timeLimitMs / 1000} s`,
    hint: `It waits for the cluster's daemons there: see their log, and whether a disk or a name service hangs.`,
    cause,
  });
}

/** `command-missing`, with the package that brings the program. */
export function missingTool(program: string, seat: Seat, cause?: AppError): AppError {
  const hint = `Install ${PACKAGES[program] ?? program} there, or ask a node of the cluster: holdfast ha status NODE`;
  return new AppError('command-missing', { detail: `${program} on ${seat.name}`, hint, cause });
}

/** What a program said that failed, in one line. */
export function saidOf({ errorText, text }: ToolAnswer): string {
  const said = errorText || (text.trimStart().startsWith('<') ? '' : text);
  return said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-2)
    .join('; ')
    .slice(0, 300);
}
