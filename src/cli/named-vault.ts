/** Vaults by their names in the configuration: `-r main` is the vault `main`, with the password that stands there. */
import { existsSync } from 'node:fs';
import type { VaultConfig } from '../config.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface VaultNames {
  configFile: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The vault of the configuration that is meant; undefined where the address is a path or a URL. What exists in the working
 * directory is meant before what is only a name, so that a configuration changes nothing for who uses paths.
 * @throws {AppError} `config` when the configuration is wrong
 */
export async function namedVault(
  given: string,
  { configFile, environment }: VaultNames,
): Promise<VaultConfig | undefined> {
  if (!NAME.test(given) || existsSync(given) || !existsSync(configFile)) return undefined;
  const { loadConfig } = await import('../config.ts');
  const { config } = await loadConfig({ file: configFile, environment });
  return config.vaults[given];
}

/** The password that the configuration has for it. @throws {AppError} `secret-missing` */
export async function configuredPassword(
  { password }: VaultConfig,
  { environment, signal }: { environment: VaultNames['environment']; signal: AbortSignal },
): Promise<string> {
  const [{ readSecret }, { systemProcesses }] = await Promise.all([import('../config.ts'), import('../host.ts')]);
  return await readSecret(password, { environment, processes: systemProcesses, signal });
}
