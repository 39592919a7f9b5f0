/** A terminal's Ctrl-C goes to all processes of its group, and would end the hosts of a lab under the hands of who takes it down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MARK = 'HOLDFAST_FAILOVER_APART';

export function isApart(): boolean {
  return process.env[MARK] !== undefined;
}

/**
 * Runs the program again in a group of its own, and tells it alone of interruptions. It is told as well when this process dies.
 * @returns its exit code
 */
export async function runApart(program: string, args: readonly string[]): Promise<number> {
  const argv = ['--pdeathsig', 'TERM', process.execPath, program, ...args];
  const child = spawn('setpriv', argv, { detached: true, stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
