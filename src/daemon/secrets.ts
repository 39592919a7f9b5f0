/** Secrets of the configuration, read for one run and kept out of what it writes. */
import { type Config, readSecret, type Secret } from '../config.ts';
import type { Processes } from '../host.ts';
import type { Redactor } from './redact.ts';

export interface SecretParts {
  environment: Readonly<Record<string, string | undefined>>;
  processes: Processes;
  redactor: Redactor;
  signal: AbortSignal;
}

/** @throws {AppError} `secret-missing` naming where it should have come from */
export async function revealSecret(secret: Secret, { redactor, ...parts }: SecretParts): Promise<string> {
  return redactor.hide(await readSecret(secret, parts));
}

/** @throws {AppError} as `revealSecret` */
export async function revealAll(
  secrets: Readonly<Record<string, Secret>>,
  parts: SecretParts,
): Promise<Record<string, string>> {
  const entries = Object.entries(secrets).map(
    async ([key, secret]) => [key, await revealSecret(secret, parts)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** @throws {AppError} as `revealSecret` */
export async function vaultPassword(config: Config, vault: string, parts: SecretParts): Promise<string> {
  return await revealSecret(config.vaults[vault]!.password, parts);
}
