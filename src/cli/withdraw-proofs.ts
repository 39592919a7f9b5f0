/** What the ledger says of snapshots must not outlive what was done to them by hand. */
import { join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Context } from './context.ts';
import { configIfAny } from './named-vault.ts';
import { counted } from './text.ts';

/** Snapshots that are gone; or `all` of the vault, when what they rest on was written anew and has not been read back. */
type Withdrawn = readonly string[] | 'all';

/**
 * Takes back the proofs that the ledger has, when there is a configuration with a ledger. What was done to the vault is
 * done: a ledger that cannot be changed is told as a warning, as the next run or verification puts it right.
 */
export async function withdrawProofs(context: Context, which: Withdrawn): Promise<void> {
  const { output } = context;
  if (which.length === 0) return;
  try {
    const { count, vault } = await withdraw(context, which);
    if (count === 0 || which !== 'all') return;
    const what = counted(count, 'snapshot');
    output.line(`${what} not proven any more until the next verification: holdfast run --verify ${vault}`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const until = 'The next run or verification puts it right';
    output.warn(`the ledger still says what was proven before: ${error.message}. ${until}`);
  }
}

async function withdraw(context: Context, which: Withdrawn): Promise<{ count: number; vault: string }> {
  const config = await configIfAny(context);
  const url = resolve(await context.storageUrl());
  const [vault] = Object.entries(config?.vaults ?? {}).find(([, each]) => resolve(each.url) === url) ?? [];
  if (config === undefined || vault === undefined) return { count: 0, vault: '' };
  const { openLedger } = await import('../ledger.ts');
  const file = join(config.stateDirectory, 'ledger.sqlite');
  const isMeant = ({ snapshotId }: { snapshotId: string }): boolean => which === 'all' || which.includes(snapshotId);
  {
    // Looked at first: one that is not there is not to be made, and nobody is kept waiting for nothing.
    using ledger = await openLedger({ file, readOnly: true });
    if (!ledger.proofs(vault).some(isMeant)) return { count: 0, vault };
  }
  using ledger = await openLedger({ file });
  const meant = ledger.proofs(vault).filter(isMeant);
  for (const { snapshotId } of meant) ledger.removeProof(vault, snapshotId);
  return { count: meant.length, vault };
}
