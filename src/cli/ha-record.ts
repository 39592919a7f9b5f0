/** Whatever a person does to a cluster stands in the ledger, with what was known before it. */
import { AppError, textOf } from '../base/errors.ts';
import { systemIdentity } from '../host.ts';
import type { NewAction } from '../ledger.ts';
import type { Context } from './context.ts';
import { configIfAny } from './named-vault.ts';

/** Where the configuration says nothing: there may be none on a cluster's node. */
const STATE_DIRECTORY = '/var/lib/holdfast';

export type Recorded = Pick<NewAction, 'command' | 'target' | 'verdict' | 'override'>;

/**
 * Takes down that something is about to be done, does it, and takes down what came of it. Who acts against the verdict has
 * to be on record: without a ledger that is refused. What goes by the verdict is done all the same, with a warning.
 * @param work is given what takes down a line of what is found in its course
 * @throws what `work` throws, after that was taken down; {AppError} `refused`
 */
export async function recorded<Result>(
  context: Context,
  action: Recorded,
  work: (find: (line: string) => void) => Promise<Result>,
): Promise<Result> {
  const { clock, output, signal } = context;
  const found: string[] = [];
  const find = (line: string): void => void found.push(line);
  const ledger = await ledgerFor(context, action);
  if (ledger === undefined) return await work(find);
  using _ledger = ledger;
  const { username, hostname, uid } = systemIdentity();
  const who = `${username || `uid ${uid}`} on ${hostname}`;
  const id = ledger.beginAction({ ...action, who, startedMs: clock.nowMs() });
  try {
    const result = await work(find);
    ledger.endAction(id, { outcome: 'done', endedMs: clock.nowMs(), ...verdictOf(found) });
    return result;
  } catch (error) {
    const isRefused = error instanceof AppError && error.exitCode === REFUSED_EXIT;
    const outcome = isRefused ? 'refused' : signal.aborted ? 'interrupted' : 'failed';
    endQuietly(
      () => ledger.endAction(id, { outcome, endedMs: clock.nowMs(), text: textOf(error), ...verdictOf(found) }),
      output,
    );
    throw error;
  }
}

function verdictOf(found: readonly string[]): { verdict?: readonly string[] } {
  return found.length === 0 ? {} : { verdict: found };
}

/** Exit code of gates and safety rules (product, exit codes). */
const REFUSED_EXIT = 20;

async function ledgerFor(
  context: Context,
  { override }: Recorded,
): Promise<Awaited<ReturnType<typeof import('../ledger.ts')['openLedger']>> | undefined> {
  try {
    const directory = (await configIfAny(context))?.stateDirectory ?? STATE_DIRECTORY;
    const { openLedger } = await import('../ledger.ts');
    return await openLedger({ directory });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (override !== undefined)
      throw new AppError('refused', {
        detail: `an override has to be recorded, and the ledger cannot be opened: ${error.message}`,
        hint: error.hint,
        cause: error,
      });
    context.output.warn(`this action is not recorded: ${error.message}`);
    return undefined;
  }
}

/** The failure of the work says more than that it could not be written down. */
function endQuietly(end: () => void, output: Context['output']): void {
  try {
    end();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    output.warn(`what came of it is not recorded: ${error.message}`);
  }
}
