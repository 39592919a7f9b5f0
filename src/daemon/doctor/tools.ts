/** Programs: those we need ourselves with their versions, those of the configuration by their place only. */
import { hasCode } from '../../base/errors.ts';
import type { Processes } from '../../host.ts';
import { type Finding, fine, type Words, wrong } from './finding.ts';

export interface ToolParts {
  /** Name of the host. */
  name: string;
  processes: Processes;
  timeLimitMs: number;
  signal: AbortSignal;
}

/**
 * Looks a program up as execvp(3) does, which `command -v` does not: it finds what only the shell itself has.
 * $1 is the program; the path is printed.
 */
const LOOK_UP =
  'case $1 in */*) [ -f "$1" ] && [ -x "$1" ] && printf %s "$1"; exit;; esac; IFS=:; ' +
  'for d in $PATH; do [ -f "$d/$1" ] && [ -x "$d/$1" ] && printf %s "$d/$1" && exit; done; exit 1';

const MISSING: Words = { text: 'is not there', remedy: 'Install it, or give its full path in the configuration.' };

/** Whether programs are there that sources and hooks name. They are not run: nobody knows what they would do. */
export async function examineTools(parts: ToolParts, programs: readonly string[]): Promise<Finding[]> {
  const { name, processes, timeLimitMs, signal } = parts;
  const findings: Finding[] = [];
  for (const program of [...new Set(programs)].sort()) {
    const subject = name === 'local' ? program : `${program} on ${name}`;
    const result = await processes.run('sh', ['-c', LOOK_UP, 'sh', program], { timeLimitMs, signal });
    const place = result.output.toString().trim();
    const isThere = result.exitCode === 0 && place !== '';
    findings.push(isThere ? fine('tool', subject, place) : wrong('tool', subject, MISSING));
  }
  return findings;
}

/** Programs that we run ourselves, and how each tells its version; ssh(1) does so on standard error. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = { ssh: ['-V'], tar: ['--version'], gzip: ['--version'] };

/** @param program one of those whose version we know to ask for */
export async function examineOwnTool(program: 'ssh' | 'tar' | 'gzip', parts: ToolParts): Promise<Finding[]> {
  const { processes, timeLimitMs, signal } = parts;
  try {
    const result = await processes.run(program, VERSIONS[program]!, { timeLimitMs, signal });
    const said = `${result.output.toString()}\n${result.errorText}`.trim().split('\n')[0]!;
    if (result.exitCode === 0 && said !== '') return [fine('tool', program, said)];
    const text = `${program} ${VERSIONS[program]!.join(' ')} ended with exit code ${result.exitCode}: ${said}`;
    return [wrong('tool', program, { text, remedy: 'Install it again.' })];
  } catch (error) {
    if (!hasCode(error, 'command-missing')) throw error;
    return [wrong('tool', program, { text: MISSING.text, remedy: 'Install it.' })];
  }
}
