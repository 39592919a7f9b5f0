/** Whether a program that units and crontabs name is there, and begins where they begin it. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { errnoOf, hasCode } from '../base/errors.ts';
import type { Processes } from '../host.ts';

export interface ProgramParts {
  /** Of this machine. */
  processes: Processes;
  timeLimitMs: number;
  signal: AbortSignal;
}

/**
 * What is wrong with a program that is begun with this PATH, in words; undefined when it tells its version with nothing
 * of our environment. Each is tried once.
 */
export type FaultOf = (program: string, path: string) => Promise<string | undefined>;

export function programChecks(parts: ProgramParts): FaultOf {
  const tried = new Map<string, Promise<string | undefined>>();
  return (program, path) => {
    const key = `${path}\n${program}`;
    const found = tried.get(key) ?? faultIn(program, path, parts);
    tried.set(key, found);
    return found;
  };
}

/** Where it really lies, links followed; undefined when no program is there that this user may run. */
export async function realProgram(program: string): Promise<string | undefined> {
  try {
    if (!(await stat(program)).isFile()) return undefined;
    await access(program, constants.X_OK);
    return await realpath(program);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function faultIn(program: string, path: string, parts: ProgramParts): Promise<string | undefined> {
  if ((await realProgram(program)) === undefined) return `${program} is not there, or may not be run`;
  const { processes, timeLimitMs, signal } = parts;
  try {
    const args = ['-i', `PATH=${path}`, program, '--version'];
    const { exitCode, errorText } = await processes.run('env', args, { timeLimitMs, signal });
    if (exitCode === 0) return undefined;
    const said = errorText.trim().split('\n')[0]!;
    return `${program} does not run: ${said === '' ? `exit code ${exitCode}` : said}`;
  } catch (error) {
    // Without env(1) nothing more can be told.
    if (hasCode(error, 'command-missing')) return undefined;
    if (hasCode(error, 'command-failed', 'command-timeout')) return `${program} does not run: ${error.message}`;
    throw error;
  }
}
