/** Opening a vault of the configuration for a run, with its lock. */
import { join } from 'node:path';
import type { VaultConfig } from '../config.ts';
import { type Clock, directoryCache, type Identity, systemRandom } from '../host.ts';
import { openStorage } from '../storage.ts';
import { openVault, type Vault } from '../vault.ts';

export interface OpenParts {
  vault: VaultConfig;
  password: string;
  stateDirectory: string;
  clock: Clock;
  identity: Identity;
  signal: AbortSignal;
  onWait: (text: string) => void;
}

export interface LockedVault extends AsyncDisposable {
  vault: Vault;
  /** Aborted when the run shall stop or the lock was lost. */
  signal: AbortSignal;
}

/** @throws {AppError} what opening a vault and taking its lock throw; `vault-locked` after waiting for `waitMs` */
export async function openLocked(
  parts: OpenParts,
  { exclusive, waitMs }: { exclusive: boolean; waitMs: number },
): Promise<LockedVault> {
  const { clock, identity, signal, stateDirectory } = parts;
  const storage = await openStorage(parts.vault.url, {
    retry: {
      nowMs: () => clock.monotonicMs(),
      pause: (ms, inner) => clock.sleep(ms, inner),
      random: () => systemRandom.int(2 ** 32) / 2 ** 32,
      onRetry: ({ error }) => parts.onWait(`${error.message}; trying again`),
    },
  });
  await using opening = new AsyncDisposableStack();
  const vault = opening.use(
    await openVault(storage, {
      password: parts.password,
      signal,
      clock,
      identity,
      // What must be alone with the vault looks at the vault itself.
      cacheOf: exclusive ? undefined : (vaultId) => directoryCache(join(stateDirectory, 'cache', 'vaults', vaultId)),
    }),
  );
  const lock = opening.use(await vault.lock({ exclusive, waitMs, signal, meanwhile: undefined }));
  const held = opening.move();
  return { vault, signal: AbortSignal.any([signal, lock.signal]), [Symbol.asyncDispose]: () => held.disposeAsync() };
}
