/** The world of the configuration: for commands that run plans or look at the ledger. */
import { createRunner, openRunWorld, type Runner, type RunWorld } from '../daemon.ts';
import { systemClock, systemIdentity, systemProcesses } from '../host.ts';
import type { Context } from './context.ts';

export interface OpenedWorld extends AsyncDisposable {
  world: RunWorld;
  runner: Runner;
}

/**
 * Loads the configuration and opens the ledger.
 * @throws {AppError} `config`; `ledger-failed`
 */
export async function openWorld(
  context: Context,
  { readOnly, isLedgerOptional = false }: { readOnly: boolean; isLedgerOptional?: boolean },
): Promise<OpenedWorld> {
  const { environment, configFile, version, output } = context;
  const opened = await openRunWorld({
    configFile,
    environment,
    version,
    readOnly,
    isLedgerOptional,
    clock: systemClock,
    identity: systemIdentity(),
    processes: systemProcesses,
    onProblem: (text) => output.warn(text),
  });
  const { world } = opened;
  return { world, runner: createRunner(() => world), [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}
