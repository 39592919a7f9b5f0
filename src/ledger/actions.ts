/** What people did to a cluster through Holdfast, and what was known when they did. Never forgotten. */
import { AppError } from '../base/errors.ts';
import type { Database } from './database.ts';
import type { ActionOutcome, Ledger, NewAction, OperatorAction } from './model.ts';

type Actions = Pick<Ledger, 'beginAction' | 'endAction' | 'actions'>;

export function actionsIn(database: Database): Actions {
  return {
    beginAction: (action) => beginAction(database, action),
    endAction: (id, outcome) => endAction(database, id, outcome),
    actions: (query = {}) => actionsOf(database, query),
  };
}

function beginAction(database: Database, action: NewAction): number {
  const { command, target, who, startedMs, verdict, override } = action;
  return database.write(
    () =>
      database.get<{ id: number }>(
        `INSERT INTO operator_action (command, target, who, started_ms, verdict, override)
         VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
        ...[command, target, who, startedMs, JSON.stringify(verdict), override ?? null],
      )!.id,
  );
}

function endAction(database: Database, id: number, { outcome, endedMs, text, verdict }: ActionOutcome): void {
  const changed = database.change(
    `UPDATE operator_action SET outcome = ?, ended_ms = ?, text = ?, verdict = coalesce(?, verdict)
     WHERE id = ? AND outcome IS NULL`,
    ...[outcome, endedMs, text ?? null, verdict === undefined ? null : JSON.stringify(verdict), id],
  );
  if (changed === 0) throw new AppError('run-missing', { detail: `action ${id} is not under way` });
}

interface ActionRow {
  id: number;
  command: string;
  target: string;
  who: string;
  started_ms: number;
  ended_ms: number | null;
  verdict: string;
  override: string | null;
  outcome: ActionOutcome['outcome'] | null;
  text: string | null;
}

function actionsOf(database: Database, { sinceMs, limit }: { sinceMs?: number; limit?: number }): OperatorAction[] {
  // -1 is no limit.
  const rows = database.all<ActionRow>(
    'SELECT * FROM operator_action WHERE started_ms >= ? ORDER BY id DESC LIMIT ?',
    ...[sinceMs ?? 0, limit ?? -1],
  );
  return rows.map((row) => ({
    id: row.id,
    command: row.command,
    target: row.target,
    who: row.who,
    startedMs: row.started_ms,
    endedMs: row.ended_ms ?? undefined,
    verdict: JSON.parse(row.verdict) as string[],
    override: row.override ?? undefined,
    outcome: row.outcome ?? undefined,
    text: row.text ?? undefined,
  }));
}
