/** Runs: begun, ended, found lost, looked up, forgotten. */
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import type { Database, Value } from './database.ts';
import type { Ledger, NewRun, PointRecord, Run, RunKind, RunOutcome, RunQuery } from './model.ts';
import { FIGURE_ASSIGNMENTS, figureValues, type RunRow, runOf } from './rows.ts';

type Runs = Pick<
  Ledger,
  | 'beginRun'
  | 'endRun'
  | 'markTold'
  | 'untold'
  | 'run'
  | 'runs'
  | 'points'
  | 'sweepLost'
  | 'settledUntil'
  | 'settle'
  | 'forgetRuns'
>;

const SELECT = 'SELECT run.*, point.sequence FROM run LEFT JOIN point ON point.run_id = run.id';

export function runsIn(database: Database): Runs {
  return {
    beginRun: (run) => beginRun(database, run),
    endRun: (id, outcome) => database.write(() => endRun(database, id, outcome)),
    markTold: (id) => {
      database.change('UPDATE run SET is_told = 1 WHERE id = ? AND is_told = 0', id);
    },
    untold: () =>
      database.all<RunRow>(`${SELECT} WHERE run.is_told = 0 AND run.status <> 'running' ORDER BY run.id`).map(runOf),
    run: (id) => findRun(database, id),
    runs: (query) => findRuns(database, query),
    points: (plan) => pointsOf(database, plan),
    sweepLost: (isAlive, nowMs) => sweepLost(database, isAlive, nowMs),
    settledUntil: (kind, subject) => settledUntil(database, kind, subject),
    settle: (kind, subject, untilMs) => {
      database.change(
        `INSERT INTO settled (kind, subject, until_ms) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)`,
        ...[kind, subject, untilMs],
      );
    },
    forgetRuns: (beforeMs) => forgetRuns(database, beforeMs),
  };
}

function beginRun(database: Database, run: NewRun): Run {
  return database.write(() => {
    if (run.dueMs !== undefined) expectNotDone(database, run, run.dueMs);
    expectIdle(database, run);
    const { id } = database.get<{ id: number }>(
      `INSERT INTO run (kind, subject, trigger, due_ms, started_ms, status, process, log_file, notes, is_told)
       VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, 0) RETURNING id`,
      ...[run.kind, run.subject, run.trigger, run.dueMs ?? null, run.startedMs, run.process, run.logFile ?? null],
      JSON.stringify(run.notes ?? []),
    )!;
    return knownRun(database, id);
  });
}

function expectNotDone(database: Database, { kind, subject }: NewRun, dueMs: number): void {
  const other = database.get<{ id: number; status: string }>(
    `SELECT id, status FROM run WHERE kind = ? AND subject = ? AND due_ms = ? AND status NOT IN ('lost', 'interrupted')`,
    ...[kind, subject, dueMs],
  );
  if (other === undefined) return;
  const detail = `${kind} of ${subject} due ${new Date(dueMs).toISOString()} is run ${other.id} (${other.status})`;
  throw new AppError('run-exists', { detail });
}

function expectIdle(database: Database, { kind, subject }: NewRun): void {
  const other = database.get<{ id: number; started_ms: number; process: string }>(
    `SELECT id, started_ms, process FROM run WHERE kind = ? AND subject = ? AND status = 'running'`,
    ...[kind, subject],
  );
  if (other === undefined) return;
  const since = new Date(other.started_ms).toISOString();
  const detail = `${kind} of ${subject} is under way since ${since}: run ${other.id} of process ${other.process}`;
  throw new AppError('plan-busy', { detail });
}

function endRun(database: Database, id: number, outcome: RunOutcome): Run {
  const { status, endedMs, figures = {}, snapshotId, errorCode, errorText, notes = [] } = outcome;
  const changed = database.change(
    `UPDATE run SET status = ?, ended_ms = ?, snapshot_id = ?, error_code = ?, error_text = ?, notes = ?,
     ${FIGURE_ASSIGNMENTS} WHERE id = ? AND status = 'running'`,
    ...[status, endedMs, snapshotId ?? null, errorCode ?? null, errorText ?? null, JSON.stringify(notes)],
    ...[...figureValues(figures), id],
  );
  if (changed === 0) throw notRunning(database, id);
  const run = knownRun(database, id);
  if (!isPoint(run)) return run;
  database.change(
    `INSERT INTO point (plan, sequence, snapshot_id, run_id, is_good)
     VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM point WHERE plan = ?), ?, ?, ?)`,
    ...[run.subject, run.subject, run.snapshotId!, id, status === 'success' ? 1 : 0],
  );
  return knownRun(database, id);
}

function isPoint({ kind, snapshotId }: Run): boolean {
  return kind === 'backup' && snapshotId !== undefined;
}

function notRunning(database: Database, id: number): AppError {
  const run = findRun(database, id);
  const detail = run === undefined ? `run ${id}` : `run ${id} is not running any more: ${run.status}`;
  return new AppError('run-missing', { detail });
}

function findRun(database: Database, id: number): Run | undefined {
  const row = database.get<RunRow>(`${SELECT} WHERE run.id = ?`, id);
  return row && runOf(row);
}

/** A run this transaction has written. */
function knownRun(database: Database, id: number): Run {
  const run = findRun(database, id);
  assert(run !== undefined, `run ${id} was written but is not there`);
  return run;
}

/** In the order they began, which is that of their numbers even when the clock was set back. */
function findRuns(database: Database, query: RunQuery): Run[] {
  const { kind, subject, statuses, dueMs, sinceMs, limit } = query;
  const wanted: { term: string; values: Value[] }[] = [];
  const want = (term: string, ...values: Value[]) => wanted.push({ term, values });
  if (kind !== undefined) want('run.kind = ?', kind);
  if (subject !== undefined) want('run.subject = ?', subject);
  if (statuses !== undefined) want('run.status IN (SELECT value FROM json_each(?))', JSON.stringify(statuses));
  if (dueMs !== undefined) want('run.due_ms = ?', dueMs);
  if (sinceMs !== undefined) want('run.started_ms >= ?', sinceMs);
  const where = wanted.length === 0 ? '' : ` WHERE ${wanted.map(({ term }) => term).join(' AND ')}`;
  const values = wanted.flatMap((each) => each.values);
  // -1 is no limit.
  return database.all<RunRow>(`${SELECT}${where} ORDER BY run.id DESC LIMIT ?`, ...values, limit ?? -1).map(runOf);
}

function pointsOf(database: Database, plan: string): Map<string, PointRecord> {
  const rows = database.all<{ snapshot_id: string; sequence: number; is_good: number }>(
    'SELECT snapshot_id, sequence, is_good FROM point WHERE plan = ? ORDER BY sequence',
    plan,
  );
  return new Map(rows.map((row) => [row.snapshot_id, { sequence: row.sequence, isGood: row.is_good === 1 }]));
}

/** Processes are asked after outside of the transaction; one that ends its run meanwhile is left alone. */
function sweepLost(database: Database, isAlive: (process: string) => boolean, nowMs: number): Run[] {
  const gone = findRuns(database, { statuses: ['running'] }).filter((run) => !isAlive(run.process));
  if (gone.length === 0) return [];
  return database.write(() => {
    const lost = gone.filter(
      ({ id }) =>
        database.change(`UPDATE run SET status = 'lost', ended_ms = ? WHERE id = ? AND status = 'running'`, nowMs, id) >
        0,
    );
    return lost.map(({ id }) => knownRun(database, id));
  });
}

function settledUntil(database: Database, kind: RunKind, subject: string): number | undefined {
  const sql = 'SELECT until_ms FROM settled WHERE kind = ? AND subject = ?';
  return database.get<{ until_ms: number }>(sql, kind, subject)?.until_ms;
}

/**
 * Keeps of each subject its newest run, its newest success and what is running; and all of a plan of which something is
 * held: how far back one would have to go lies before that.
 */
function forgetRuns(database: Database, beforeMs: number): string[] {
  return database.write(() => {
    database.change('DELETE FROM sent_notice WHERE sent_ms < ?', beforeMs);
    const rows = database.all<{ log_file: string | null }>(
      `DELETE FROM run WHERE started_ms < ? AND status <> 'running'
         AND id NOT IN (SELECT max(id) FROM run GROUP BY kind, subject)
         AND id NOT IN (SELECT max(id) FROM run WHERE status = 'success' GROUP BY kind, subject)
         AND NOT (kind = 'backup' AND subject IN (SELECT plan FROM hold WHERE released_ms IS NULL))
       RETURNING log_file`,
      beforeMs,
    );
    return rows.flatMap((row) => row.log_file ?? []);
  });
}
