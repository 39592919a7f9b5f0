/** Whether a vault can be opened, locked and written to, tonight. */
import { AppError } from '../../base/errors.ts';
import { CLOCK_SKEW_MS_MAX, LOCK_STALE_MS } from '../../base/limits.ts';
import type { Run } from '../../ledger.ts';
import { inspect, type Vault } from '../../vault.ts';
import type { RunWorld } from '../model.ts';
import { openLocked } from '../open.ts';
import { type SecretParts, vaultPassword } from '../secrets.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';
import { freeBytesAt } from './free-space.ts';
import { judgeSpace } from './space.ts';

const DAYS_LOOKED_BACK_MS = 30 * 24 * 60 * 60 * 1000;

/** Opens the vault and takes a shared lock, which is written to it and removed again: the one proof that a run can. */
export async function examineVault(world: RunWorld, name: string, secrets: SecretParts): Promise<Finding[]> {
  const { config, clock, identity } = world;
  const vault = config.vaults[name]!;
  const { signal } = secrets;
  try {
    const password = await vaultPassword(config, name, secrets);
    const parts = { vault, password, stateDirectory: config.stateDirectory, clock, identity, signal };
    await using opened = await openLocked({ ...parts, onWait: () => {} }, { exclusive: false, waitMs: 0 });
    return [
      fine('vault', name, `${vault.url} opens, and takes a lock`),
      ...(await examineLocks(world, name, { vault: opened.vault, signal })),
      ...(await examineNewest(world, name, { vault: opened.vault, signal })),
    ];
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error;
    const remedy = error.code === 'vault-missing' ? `Create it: holdfast init -r ${vault.url}` : error.hint;
    return [wrong('vault', name, { text: error.message, remedy })];
  }
}

export async function examineSpace(world: RunWorld, name: string): Promise<Finding[]> {
  const freeBytes = await freeBytesAt(world.config.vaults[name]!.url);
  return [judgeSpace(name, { freeBytes, runs: runsOf(world, name), nowMs: world.clock.nowMs() })];
}

interface Opened {
  vault: Vault;
  signal: AbortSignal;
}

/** What a lock of the format has (format description, "Locks"), as far as it is told. */
interface Lock {
  time: string;
  exclusive: boolean;
  hostname: string;
  username: string;
  pid: number;
}

/** Retention and prune need the vault for themselves: whether they would get it now. */
async function examineLocks(world: RunWorld, name: string, { vault, signal }: Opened): Promise<Finding[]> {
  const { identity } = world;
  const others: Lock[] = [];
  for (const id of await vault.documents.list('lock', signal)) {
    const lock = JSON.parse(
      Buffer.from(await inspect.loadObject(vault, { kind: 'lock', id, signal })).toString(),
    ) as Lock;
    if (lock.pid !== identity.pid || lock.hostname !== identity.hostname) others.push(lock);
  }
  if (others.length === 0)
    return [fine('vault', name, 'nobody else has a lock: retention and prune could have it alone')];
  return others.map((lock) => judgeLock(world, name, lock));
}

function judgeLock({ clock, identity }: RunWorld, name: string, lock: Lock): Finding {
  const ageMs = clock.nowMs() - Date.parse(lock.time);
  const isGone = lock.hostname === identity.hostname && !identity.isProcessAlive(lock.pid);
  const kind = lock.exclusive ? 'exclusive' : 'shared';
  const who = `${kind} lock of ${lock.username}@${lock.hostname}, process ${lock.pid}, renewed ${minutesOf(ageMs)} ago`;
  if (isGone || ageMs > LOCK_STALE_MS)
    return doubtful('vault', name, {
      text: `a stale ${who}: retention and prune wait for it in vain`,
      remedy: 'Remove it with: holdfast unlock',
    });
  return fine('vault', name, `${who}: retention and prune have to wait until it is gone`);
}

function minutesOf(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

async function examineNewest({ clock }: RunWorld, name: string, { vault, signal }: Opened): Promise<Finding[]> {
  const newest = (await vault.listSnapshots(signal)).at(-1);
  if (newest === undefined) return [];
  const aheadMs = newest.timeMs - clock.nowMs();
  if (aheadMs <= CLOCK_SKEW_MS_MAX) return [];
  return [
    doubtful('clock', name, {
      text: `its newest snapshot is ${Math.round(aheadMs / 1000)} s ahead of this machine's clock`,
      remedy: 'One of the clocks is wrong: check date here and on the machine that made it.',
    }),
  ];
}

function runsOf({ config, ledger, clock }: RunWorld, vault: string): Run[] {
  const sinceMs = clock.nowMs() - DAYS_LOOKED_BACK_MS;
  const plans = Object.entries(config.plans).filter(([, plan]) => plan.vault === vault);
  return plans.flatMap(([subject]) => ledger.runs({ kind: 'backup', subject, sinceMs }));
}
