/** What the ledger says of snapshots must not outlive what was done to them by hand. */
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Ledger } from '../ledger.ts';
import type { Context } from './context.ts';
import { configIfAny } from './named-vault.ts';
import { counted } from './text.ts';

/**
 * Takes back the proofs of snapshots that are gone; or `all` of the vault, before what they rest on is written anew and has
 * to be read back again. Without a configuration with a ledger there is nothing to take back.
 * @param vaultId the vault's own, whatever way led to it
 */
export async function withdrawProofs(
  context: Context,
  vaultId: string,
  which: readonly string[] | 'all',
): Promise<void> {
  if (which.length === 0) return;
  await withLedger(context, (ledger) => {
    const count = ledger.withdrawProofs(vaultId, which);
    if (count === 0 || which !== 'all') return;
    const what = counted(count, 'snapshot');
    context.output.line(`${what} not proven any more until the next verification: holdfast run --verify VAULT`);
  });
}

/** A snapshot has the same content under another id. */
export async function moveProof(context: Context, vaultId: string, ids: { from: string; to: string }): Promise<void> {
  await withLedger(context, (ledger) => ledger.moveProof(vaultId, ids.from, ids.to));
}

/**
 * A ledger that cannot be changed is told as a warning and stops nobody: the next run or verification puts it right.
 */
async function withLedger(context: Context, change: (ledger: Ledger) => void): Promise<void> {
  try {
    const config = await configIfAny(context);
    if (config === undefined) return;
    const { openLedger } = await import('../ledger.ts');
    const file = join(config.stateDirectory, 'ledger.sqlite');
    {
      // Looked at first: one that is not there is not to be made, and nobody is kept waiting for nothing.
      using ledger = await openLedger({ file, readOnly: true });
      if (Object.keys(config.vaults).every((vault) => ledger.proofs(vault).length === 0)) return;
    }
    using ledger = await openLedger({ file });
    change(ledger);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const until = 'The next run or verification puts it right';
    context.output.warn(`the ledger still says what was proven before: ${error.message}. ${until}`);
  }
}
