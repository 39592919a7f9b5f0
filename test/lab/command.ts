/** Commands of this machine that the lab is made with: what they print, or an error that says what failed. */
import { systemProcesses } from '../../src/host.ts';

const LIMIT_MS = 20_000;

/** @returns standard output. @throws {Error} with the command's own words when it fails. */
export async function command(argv: readonly string[], input?: string): Promise<string> {
  const [program, ...args] = argv;
  const given = input === undefined ? {} : { input: Buffer.from(input) };
  const result = await systemProcesses.run(program!, args, { timeLimitMs: LIMIT_MS, ...given });
  if (result.exitCode !== 0)
    throw new Error(`${argv.join(' ')}: exit code ${result.exitCode}: ${result.errorText.trim()}`);
  return result.output.toString();
}
