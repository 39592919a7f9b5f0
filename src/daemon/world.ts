/** From a configuration to the world that runs live in. */
import { join } from 'node:path';
import { AppError, hasCode } from '../base/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Clock, type Identity, isProcessAlive, type Processes, processIdentity, ssh } from '../host.ts';
import { type Ledger, openLedger } from '../ledger.ts';
import type { RunWorld } from './model.ts';
import { createTeller } from './tell.ts';

export interface WorldOptions {
  configFile: string;
  environment: Readonly<Record<string, string | undefined>>;
  version: string;
  /** For looking only: works without the right to write. */
  readOnly: boolean;
  /** Where the ledger cannot be opened, goes on with an empty one: for those who say themselves what is wrong with it. */
  isLedgerOptional?: boolean;
  clock: Clock;
  identity: Identity;
  processes: Processes;
  /** A notification that could not be delivered. */
  onProblem: (text: string) => void;
}

export interface OpenedRunWorld extends AsyncDisposable {
  world: RunWorld;
  /** The world with the configuration as the file has it now. @throws {AppError} `config`: the old one then still holds */
  reload(): Promise<RunWorld>;
}

/** @throws {AppError} `config`, `ledger-failed` */
export async function openRunWorld(options: WorldOptions): Promise<OpenedRunWorld> {
  const { environment, version, clock, identity } = options;
  const load = async (): Promise<Config> => (await loadConfig({ file: options.configFile, environment })).config;
  const config = await load();
  const { stateDirectory } = config;
  const ledger = await ledgerOf({ ...options, file: join(stateDirectory, 'ledger.sqlite') });
  const worldOf = (current: Config): RunWorld => ({
    config: current,
    ledger,
    clock,
    identity,
    environment,
    version,
    process: processIdentity(),
    isAlive: isProcessAlive,
    processesOf: (host) => processesOf(options.processes, current, host),
    ...createTeller({ ...options, config: current, ledger }),
  });
  const reload = async (): Promise<RunWorld> => {
    const next = await load();
    if (next.stateDirectory !== stateDirectory)
      throw new AppError('config', {
        detail: `stateDirectory changed from ${stateDirectory} to ${next.stateDirectory}`,
        hint: 'Stop the daemon, move the directory, and start it again.',
      });
    return worldOf(next);
  };
  return { world: worldOf(config), reload, [Symbol.asyncDispose]: async () => ledger[Symbol.dispose]() };
}

async function ledgerOf({
  file,
  readOnly,
  isLedgerOptional = false,
}: Pick<WorldOptions, 'readOnly' | 'isLedgerOptional'> & { file: string }): Promise<Ledger> {
  try {
    return await openLedger({ file, readOnly });
  } catch (error) {
    if (!isLedgerOptional || !hasCode(error, 'ledger-failed', 'storage-full')) throw error;
    return await openLedger({ file: ':memory:' });
  }
}

/** @throws {AppError} `config` for a host that is not there, which the configuration's own check forbids */
function processesOf(local: Processes, { hosts }: Config, name: string): Processes {
  if (name === 'local') return local;
  const host = hosts[name];
  if (host === undefined) throw new AppError('config', { detail: `no host ${name}` });
  const { address, user, port, identityFile, configFile, knownHostsFile, connectTimeout } = host;
  return ssh.sshProcesses(local, {
    name,
    address,
    user,
    port,
    identityFile,
    configFile,
    knownHostsFile,
    connectTimeoutMs: connectTimeout,
  });
}
