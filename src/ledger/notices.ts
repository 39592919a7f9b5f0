/** What was told to whom, and what is known to be wrong. */
import type { Database, Value } from './database.ts';
import type { Ledger, OwedNotice, SentNotice } from './model.ts';

type Notices = Pick<
  Ledger,
  | 'noteSent'
  | 'owe'
  | 'owed'
  | 'claimOwed'
  | 'settleOwed'
  | 'sent'
  | 'openTrouble'
  | 'closeTrouble'
  | 'troubles'
  | 'expectWritable'
>;

export function noticesIn(database: Database): Notices {
  return {
    noteSent: ({ target, key, sentMs, isDelivered }) => {
      database.change(
        'INSERT INTO sent_notice (target, key, sent_ms, is_delivered) VALUES (?, ?, ?, ?)',
        ...[target, key, sentMs, Number(isDelivered)],
      );
    },
    owe: ({ target, notice, owedMs, triedMs, attempts }) => {
      const sql =
        'INSERT INTO owed_notice (target, notice, owed_ms, tried_ms, attempts) VALUES (?, ?, ?, ?, ?) RETURNING id';
      return database.write(() => database.get<{ id: number }>(sql, target, notice, owedMs, triedMs, attempts)!.id);
    },
    owed: () => owedIn(database),
    claimOwed: ({ id, triedMs }, nowMs) => {
      const sql = 'UPDATE owed_notice SET tried_ms = ?, attempts = attempts + 1 WHERE id = ? AND tried_ms = ?';
      return database.change(sql, nowMs, id, triedMs) === 1;
    },
    settleOwed: (ids) => {
      const sql = 'DELETE FROM owed_notice WHERE id IN (SELECT value FROM json_each(?))';
      database.change(sql, JSON.stringify(ids));
    },
    sent: (query) => sentIn(database, query),
    openTrouble: (key, sinceMs) => {
      database.change('INSERT INTO trouble (key, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING', key, sinceMs);
    },
    closeTrouble: (key) => closeTrouble(database, key),
    troubles: () => {
      const rows = database.all<{ key: string; since_ms: number }>('SELECT * FROM trouble ORDER BY since_ms, key');
      return new Map(rows.map((row) => [row.key, row.since_ms]));
    },
    expectWritable: () => database.expectWritable(),
  };
}

function owedIn(database: Database): OwedNotice[] {
  const rows = database.all<{
    id: number;
    target: string;
    notice: string;
    owed_ms: number;
    tried_ms: number;
    attempts: number;
  }>('SELECT * FROM owed_notice ORDER BY id');
  return rows.map(({ owed_ms, tried_ms, ...row }) => ({ ...row, owedMs: owed_ms, triedMs: tried_ms }));
}

function sentIn(database: Database, query: { target?: string; key?: string; sinceMs: number }): SentNotice[] {
  const terms = ['sent_ms >= ?'];
  const values: Value[] = [query.sinceMs];
  for (const column of ['target', 'key'] as const) {
    const wanted = query[column];
    if (wanted === undefined) continue;
    terms.push(`${column} = ?`);
    values.push(wanted);
  }
  const rows = database.all<{ target: string; key: string; sent_ms: number; is_delivered: number }>(
    `SELECT target, key, sent_ms, is_delivered FROM sent_notice WHERE ${terms.join(' AND ')} ORDER BY id`,
    ...values,
  );
  return rows.map(({ target, key, sent_ms, is_delivered }) => ({
    target,
    key,
    sentMs: sent_ms,
    isDelivered: is_delivered === 1,
  }));
}

/** Read and removed as one, so that of two processes only one tells of the recovery. */
function closeTrouble(database: Database, key: string): number | undefined {
  return database.write(
    () => database.get<{ since_ms: number }>('DELETE FROM trouble WHERE key = ? RETURNING since_ms', key)?.since_ms,
  );
}
