/** What was read back: packs, snapshots; and unusual runs that wait for a person. */

import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { idBytes, isId } from '../base/ids.ts';
import type { Database } from './database.ts';
import type { Hold, Ledger, Proof } from './model.ts';

type Evidence = Pick<
  Ledger,
  | 'markVerified'
  | 'verifiedPacks'
  | 'unmarkVerified'
  | 'saveProof'
  | 'removeProof'
  | 'withdrawProofs'
  | 'moveProof'
  | 'proofs'
  | 'hold'
  | 'holds'
  | 'release'
  | 'reject'
>;

export function evidenceIn(database: Database): Evidence {
  return {
    markVerified: (vaultId, packs, atMs) => markVerified(database, { vaultId, packs, atMs }),
    verifiedPacks: (vaultId) => verifiedPacks(database, vaultId),
    unmarkVerified: (vaultId, packs) => unmarkVerified(database, vaultId, packs),
    saveProof: ({ vault, vaultId, snapshotId, originId, provenMs }) => {
      database.change(
        'INSERT OR REPLACE INTO proof (vault, vault_id, snapshot_id, origin_id, proven_ms) VALUES (?, ?, ?, ?, ?)',
        ...[vault, vaultId, snapshotId, originId, provenMs],
      );
    },
    removeProof: (vault, snapshotId) => {
      database.change('DELETE FROM proof WHERE vault = ? AND snapshot_id = ?', vault, snapshotId);
    },
    // Of proofs from before they knew their vault it is not sure that they are of another.
    withdrawProofs: (vaultId, snapshots) =>
      snapshots === 'all'
        ? database.change("DELETE FROM proof WHERE vault_id IN (?, '')", vaultId)
        : database.change(
            "DELETE FROM proof WHERE vault_id IN (?, '') AND snapshot_id IN (SELECT value FROM json_each(?))",
            ...[vaultId, JSON.stringify(snapshots)],
          ),
    moveProof: (vaultId, from, to) => {
      const sql = "UPDATE OR REPLACE proof SET snapshot_id = ? WHERE vault_id IN (?, '') AND snapshot_id = ?";
      database.change(sql, to, vaultId, from);
    },
    proofs: (vault) => proofsOf(database, vault),
    hold: (hold) => addHold(database, hold),
    holds: (plan) => holdsOf(database, plan),
    release: (runId, by, atMs) => release(database, { runId, by, atMs, isWrong: false }),
    reject: (runId, by, atMs) => release(database, { runId, by, atMs, isWrong: true }),
  };
}

/** In the order of the ids, so that a million packs fill the table from left to right. */
function markVerified(
  database: Database,
  { vaultId, packs, atMs }: { vaultId: string; packs: readonly string[]; atMs: number },
): void {
  const sorted = sortedIds(packs);
  database.write(() => {
    database.change('INSERT INTO vault (name) VALUES (?) ON CONFLICT DO NOTHING', vaultId);
    const vault = vaultNumber(database, vaultId)!;
    const sql =
      'INSERT INTO verified_pack (vault, pack, verified_ms) VALUES (?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET verified_ms = excluded.verified_ms';
    for (const pack of sorted) database.change(sql, vault, idBytes(pack), atMs);
  });
}

function verifiedPacks(database: Database, vaultId: string): Map<string, number> {
  const packs = new Map<string, number>();
  const vault = vaultNumber(database, vaultId);
  if (vault === undefined) return packs;
  // SQLite writes ids in hex twice as fast as a buffer of each would be made and read here.
  const sql = 'SELECT lower(hex(pack)), verified_ms FROM verified_pack WHERE vault = ?';
  for (const [pack, verifiedMs] of database.each<[string, number]>(sql, vault)) packs.set(pack, verifiedMs);
  return packs;
}

function unmarkVerified(database: Database, vaultId: string, packs: readonly string[]): void {
  const sorted = sortedIds(packs);
  database.write(() => {
    const vault = vaultNumber(database, vaultId);
    if (vault === undefined) return;
    for (const pack of sorted)
      database.change('DELETE FROM verified_pack WHERE vault = ? AND pack = ?', vault, idBytes(pack));
  });
}

function sortedIds(packs: readonly string[]): string[] {
  for (const pack of packs) assert(isId(pack), `not a pack id: ${pack}`);
  return [...packs].sort();
}

function vaultNumber(database: Database, vaultId: string): number | undefined {
  return database.get<{ id: number }>('SELECT id FROM vault WHERE name = ?', vaultId)?.id;
}

function proofsOf(database: Database, vault: string): Proof[] {
  return database
    .all<{ vault_id: string; snapshot_id: string; origin_id: string; proven_ms: number }>(
      'SELECT vault_id, snapshot_id, origin_id, proven_ms FROM proof WHERE vault = ? ORDER BY proven_ms DESC, snapshot_id',
      vault,
    )
    .map((row) => ({
      vault,
      vaultId: row.vault_id,
      snapshotId: row.snapshot_id,
      originId: row.origin_id,
      provenMs: row.proven_ms,
    }));
}

function addHold(database: Database, hold: Parameters<Ledger['hold']>[0]): void {
  const { runId, plan, snapshotId, reasons, heldMs } = hold;
  database.write(() => {
    const run = database.get('SELECT id FROM run WHERE id = ?', runId);
    if (run === undefined) throw new AppError('run-missing', { detail: `run ${runId} cannot be held` });
    database.change(
      `INSERT INTO hold (run_id, plan, snapshot_id, reasons, held_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[runId, plan, snapshotId, JSON.stringify(reasons), heldMs],
    );
  });
}

interface HoldRow {
  run_id: number;
  plan: string;
  snapshot_id: string;
  reasons: string;
  held_ms: number;
  released_ms: number | null;
  released_by: string | null;
  is_wrong: number;
}

function holdsOf(database: Database, plan: string): Hold[] {
  const rows = database.all<HoldRow>('SELECT * FROM hold WHERE plan = ? ORDER BY run_id DESC, snapshot_id', plan);
  return rows.map((row) => ({
    runId: row.run_id,
    plan: row.plan,
    snapshotId: row.snapshot_id,
    reasons: JSON.parse(row.reasons) as string[],
    heldMs: row.held_ms,
    releasedMs: row.released_ms ?? undefined,
    releasedBy: row.released_by ?? undefined,
    isWrong: row.is_wrong === 1,
  }));
}

interface Release {
  runId: number;
  by: string;
  atMs: number;
  isWrong: boolean;
}

function release(database: Database, { runId, by, atMs, isWrong }: Release): void {
  const released = database.change(
    'UPDATE hold SET released_ms = ?, released_by = ?, is_wrong = ? WHERE run_id = ? AND released_ms IS NULL',
    ...[atMs, by, Number(isWrong), runId],
  );
  if (released === 0) throw new AppError('run-missing', { detail: `nothing of run ${runId} is held` });
}
