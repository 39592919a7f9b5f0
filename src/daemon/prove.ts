/** Reading back what runs stored, and what that proves. */
import { availableParallelism } from 'node:os';
import { AppError } from '../base/errors.ts';
import { CLOCK_SKEW_MS_MAX, VERIFIED_BATCH } from '../base/limits.ts';
import type { Snapshot, Vault } from '../vault.ts';
import { executeReading, type Judgement, type PackSize, packSizes, proveSnapshots } from '../verification.ts';
import { originOf } from './points.ts';
import type { Task } from './task.ts';

export interface ProofPlace {
  vault: Vault;
  signal: AbortSignal;
  /** Its name in the configuration. */
  vaultName: string;
}

/**
 * Reads back every pack that the new snapshot needs and that was not read lately: what the run stored, and on a first run
 * what was there. Then takes down what is proven.
 * @throws {AppError} `file-damaged`, `file-missing` when what is in the vault is not what was stored
 */
export async function proveNew(task: Task, place: ProofPlace): Promise<void> {
  const { findings, emit } = task;
  const { vault, signal } = place;
  vault.dropIndex();
  const snapshot = (await vault.listSnapshots(signal)).find(({ id }) => id === findings.snapshotId);
  if (snapshot === undefined)
    throw new AppError('file-missing', {
      detail: `snapshot ${findings.snapshotId} is not in the vault after it was stored`,
    });
  emit({ kind: 'phase', text: 'reading back' });
  const sizes = await packSizes(vault, signal);
  findings.figures.vaultBytes = bytesOf(sizes);
  const [before] = await judgeAll(task, place, [snapshot]);
  await read(task, place, unreadOf(task, place, { needed: before!.needed, sizes }));
  const [after] = await judgeAll(task, place, [snapshot]);
  keepProofs(task, place, { snapshots: [snapshot], judgements: [after!] });
  if (!after!.isProven) throw new AppError('file-damaged', { detail: `snapshot ${snapshot.id}: ${after!.reason}` });
}

/** What was never read, was read too long ago or by a clock that was ahead, or is not there as the index has it. */
function unreadOf(
  { world }: Task,
  { vault, vaultName }: ProofPlace,
  { needed, sizes }: { needed: Iterable<string>; sizes: readonly PackSize[] },
): string[] {
  const verified = world.ledger.verifiedPacks(vault.config.id);
  const whole = new Set(sizes.filter(({ isWhole }) => isWhole !== false).map(({ name }) => name));
  const nowMs = world.clock.nowMs();
  const sinceMs = nowMs - world.config.vaults[vaultName]!.verify.provenFor;
  return [...needed].filter((pack) => {
    const atMs = verified.get(pack);
    return atMs === undefined || atMs < sinceMs || atMs > nowMs + CLOCK_SKEW_MS_MAX || !whole.has(pack);
  });
}

/**
 * Reads packs from the vault and takes down which are right, as it goes: what was read counts though the run is stopped.
 * @throws {AppError} `file-damaged` when any is not right, after all were read and every proof that rested on it is withdrawn
 */
export async function read(task: Task, place: ProofPlace, packs: readonly string[]): Promise<void> {
  const { world, emit, findings } = task;
  const { vault, signal } = place;
  const { id } = vault.config;
  let right: string[] = [];
  const takeDown = (): void => {
    world.ledger.markVerified(id, right, world.clock.nowMs());
    right = [];
  };
  using _rest = { [Symbol.dispose]: takeDown };
  const result = await executeReading(vault, packs, {
    threads: availableParallelism(),
    signal,
    onVerified: (pack) => {
      right.push(pack);
      if (right.length >= VERIFIED_BATCH) takeDown();
    },
    onProgress: ({ bytesDone, done }) => emit({ kind: 'progress', files: done, bytes: bytesDone, current: '' }),
  });
  takeDown();
  findings.figures.bytesVerified = (findings.figures.bytesVerified ?? 0) + result.bytes;
  const [first] = result.damaged;
  if (first === undefined) return;
  const damaged = result.damaged.map(({ pack }) => pack);
  world.ledger.unmarkVerified(id, damaged);
  for (const { pack, reason } of result.damaged)
    emit({ kind: 'line', level: 'error', text: `pack ${pack}: ${reason}` });
  const snapshots = await vault.listSnapshots(signal);
  keepProofs(task, place, { snapshots, judgements: await judgeAll(task, place, snapshots) });
  const count = damaged.length === 1 ? '' : ` and ${damaged.length - 1} more`;
  throw new AppError('file-damaged', { detail: `pack ${first.pack}${count}: ${first.reason}` });
}

export function bytesOf(packs: readonly PackSize[]): number {
  return packs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Which of the snapshots are proven by what was read so far. */
export async function judgeAll(
  { world }: Task,
  { vault, signal, vaultName }: ProofPlace,
  snapshots: Parameters<typeof proveSnapshots>[1],
): Promise<Judgement[]> {
  return await proveSnapshots(vault, snapshots, {
    verifiedMs: world.ledger.verifiedPacks(vault.config.id),
    nowMs: world.clock.nowMs(),
    provenForMs: world.config.vaults[vaultName]!.verify.provenFor,
    threads: availableParallelism(),
    signal,
  });
}

export interface Judged {
  snapshots: readonly Snapshot[];
  judgements: readonly Judgement[];
}

export function keepProofs({ world }: Task, { vault, vaultName }: ProofPlace, { snapshots, judgements }: Judged): void {
  const origins = new Map(snapshots.map((snapshot) => [snapshot.id as string, originOf(snapshot)]));
  for (const { snapshotId, isProven, provenMs } of judgements) {
    const originId = origins.get(snapshotId) ?? snapshotId;
    const proof = { vault: vaultName, vaultId: vault.config.id, snapshotId, originId };
    if (isProven && provenMs !== undefined) world.ledger.saveProof({ ...proof, provenMs });
    else world.ledger.removeProof(vaultName, snapshotId);
  }
}

/** Proofs of snapshots that are not in the vault any more, or of another vault that had its name, prove nothing. */
export function dropStaleProofs({ world }: Task, vaultName: string, listed: readonly { id: string }[]): void {
  const present = new Set(listed.map(({ id }) => id));
  for (const { snapshotId } of world.ledger.proofs(vaultName))
    if (!present.has(snapshotId)) world.ledger.removeProof(vaultName, snapshotId);
}
