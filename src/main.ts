/**
 * The edge of the process: arguments, environment, signals, exit code. Only here the object graph is begun.
 * What shows the version must stay instant, so everything else is imported after that.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AppError } from './base/errors.ts';
import type { Edge } from './cli.ts';

const EXIT_INTERRUPTED = 130;

const manifest = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const [first, second] = process.argv.slice(2);

if ((first === '--version' || first === '-V') && second === undefined) process.stdout.write(`holdfast ${version}\n`);
else await main();

async function main(): Promise<void> {
  const [{ reportCrash, runProgram }, { AppError }] = await Promise.all([
    import('./cli.ts'),
    import('./base/errors.ts'),
  ]);
  const controller = new AbortController();
  const hangups: (() => void)[] = [];
  const edge = edgeOf(controller, hangups);
  const crash = (error: unknown): never => process.exit(reportCrash(edge, error));
  process.on('uncaughtException', crash);
  // Without this, a command that waits for something that can no longer come would end like one that succeeded.
  process.on('beforeExit', () => crash(new Error('the command waits for nothing')));
  onSignals({
    interrupt: () => edge.stop(new AppError('interrupted')),
    hangUp: () => {
      for (const listener of hangups) listener();
    },
  });
  process.exit(await runProgram(edge));
}

function edgeOf(controller: AbortController, hangups: (() => void)[]): Edge {
  return {
    argv: process.argv.slice(2),
    environment: process.env,
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
    stop: (reason: AppError) => controller.abort(reason),
    onHangup: (listener) => void hangups.push(listener),
    version,
    // From the launcher; without it, the one that lies beside us.
    program: process.env['HOLDFAST_PROGRAM'] || fileURLToPath(new URL('bin/holdfast', manifest)),
    loadClock: async () => (await import('./host.ts')).systemClock,
  };
}

/** The first SIGINT or SIGTERM lets the command clean up, the second ends at once. */
function onSignals({ interrupt, hangUp }: { interrupt: () => void; hangUp: () => void }): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(EXIT_INTERRUPTED);
    isStopping = true;
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[KStopping; once more stops at once.\n');
    interrupt();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Asks the daemon for its new configuration. restic sends it too, to find out whether the holder of a lock is alive: most
  // commands do nothing, where the default would kill us.
  process.on('SIGHUP', hangUp);
  // A reader or a terminal that goes away is noticed where something is written.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}
