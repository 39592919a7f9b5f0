/** What paths of fencing proved: of each the newest success and the newest failure. */
import { assert } from '../base/assert.ts';
import type { Database } from './database.ts';
import type { FencingPath, Ledger, PathProof } from './model.ts';

type Fencing = Pick<Ledger, 'savePathProofs' | 'pathProofs'>;

export function fencingIn(database: Database): Fencing {
  return {
    savePathProofs: (cluster, proofs, paths) => savePathProofs(database, { cluster, proofs, paths }),
    pathProofs: (cluster) => pathProofsOf(database, cluster),
  };
}

interface Saving {
  cluster: string;
  proofs: readonly PathProof[];
  paths: readonly FencingPath[] | undefined;
}

function savePathProofs(database: Database, { cluster, proofs, paths }: Saving): void {
  database.write(() => {
    for (const proof of proofs) {
      assert(proof.cluster === cluster, `a proof of ${proof.cluster} among those of ${cluster}`);
      database.change(
        'INSERT OR REPLACE INTO fencing_proof (cluster, node, path, is_proven, at_ms, text) VALUES (?, ?, ?, ?, ?, ?)',
        ...[cluster, proof.node, proof.by, Number(proof.isProven), proof.atMs, proof.text],
      );
    }
    if (paths === undefined) return;
    const known = JSON.stringify(paths.map(({ node, by }) => [node, by]));
    database.change(
      `DELETE FROM fencing_proof WHERE cluster = ? AND NOT EXISTS (
         SELECT 1 FROM json_each(?) AS known
         WHERE known.value ->> 0 = fencing_proof.node AND known.value ->> 1 = fencing_proof.path)`,
      ...[cluster, known],
    );
  });
}

interface ProofRow {
  node: string;
  path: string;
  is_proven: number;
  at_ms: number;
  text: string;
}

function pathProofsOf(database: Database, cluster: string): PathProof[] {
  const rows = database.all<ProofRow>(
    'SELECT * FROM fencing_proof WHERE cluster = ? ORDER BY node, path, at_ms DESC, is_proven',
    cluster,
  );
  return rows.map(({ node, path, is_proven, at_ms, text }) => {
    return { cluster, node, by: path, isProven: is_proven === 1, atMs: at_ms, text };
  });
}
