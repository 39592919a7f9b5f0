/** Vaults by their names in the configuration: `-r main` is the vault `main`, with the password that stands there. */
import { existsSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import type { Config, VaultConfig } from '../config.ts';
import { suggestion } from './suggest.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface VaultNames {
  configFile: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/** The configuration, for commands that also work without; undefined where there is none. @throws {AppError} `config` when it is wrong */
export async function configIfAny({ configFile, environment }: VaultNames): Promise<Config | undefined> {
  if (!existsSync(configFile)) return undefined;
  const { loadConfig } = await import('../config.ts');
  return (await loadConfig({ file: configFile, environment })).config;
}

/**
 * The vault of the configuration that is meant; undefined where the address is a path or a URL. What exists in the working
 * directory is meant before what is only a name, so that a configuration changes nothing for who uses paths.
 * @throws {AppError} `config` when the configuration is wrong
 */
export async function namedVault(given: string, names: VaultNames): Promise<VaultConfig | undefined> {
  return isName(given) ? (await configIfAny(names))?.vaults[given] : undefined;
}

/**
 * What looks like a name is one of the configuration, when there is no such directory.
 * @throws {AppError} `vault-missing` saying which there are
 */
export async function expectNamed(given: string, names: VaultNames): Promise<void> {
  const config = isName(given) ? await configIfAny(names) : undefined;
  if (config === undefined || given in config.vaults) return;
  const known = Object.keys(config.vaults);
  throw new AppError('vault-missing', {
    detail: `${given}: neither a directory here nor a vault of ${names.configFile}`,
    hint: suggestion(given, known) ?? `Vaults there: ${known.join(', ') || 'none'}.`,
  });
}

function isName(given: string): boolean {
  return NAME.test(given) && !existsSync(given);
}

/** The password that the configuration has for it. @throws {AppError} `secret-missing` */
export async function configuredPassword(
  { password }: VaultConfig,
  { environment, signal }: { environment: VaultNames['environment']; signal: AbortSignal },
): Promise<string> {
  const [{ readSecret }, { systemProcesses }] = await Promise.all([import('../config.ts'), import('../host.ts')]);
  return await readSecret(password, { environment, processes: systemProcesses, signal });
}
